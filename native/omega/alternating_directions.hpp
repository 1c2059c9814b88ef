// The way to the graphical lasso of one component (proximal_newton.hpp): from anywhere to near the minimum,
// as a rule with its zeros and signs.
//
// Problem: over symmetric positive definite X, p x p, minimise
//     f(X) = tr(S X) - log det X + sum_ij r_i r_j |X_ij|,    S_ii + r_i^2 = 1, r_i > 0.
// Input: S, r, and an X to begin with. Output: Z, p x p, symmetric with exact zeros; X = Z and the minimum
// are met to a relative 1e-8, or as far as 500 iterations come. Where such a Z is not positive definite (r^2
// below 1e-4 or so) the output is X, which is, and has no zeros.
//
// Method: alternating direction method of multipliers (Boyd, Parikh, Chu, Peleato & Eckstein, "Distributed
// optimization and statistical learning via the alternating direction method of multipliers", 2011, sections
// 3.4.1, 3.4.3 and 6.5; Scheinberg, Ma & Goldfarb, "Sparse inverse covariance selection via alternating
// linearization methods", NIPS 2010): X minimises the smooth part and a proximal term by its eigenvalues, Z
// the rest entry by entry, over-relaxed, both in the scale in which Z has a diagonal of ones. An iteration is
// an eigendecomposition.
#pragma once

#include "native/omega/newton_direction.hpp"

namespace fedmtl {

/// @param X where to begin, p x p, both triangles, positive definite
/// @returns positive definite, p x p, both triangles; once cancelled, what there is by then
std::vector<double> nearMinimum(const LassoComponent& component, std::vector<double> X,
                                const LassoEffort& effort);

}  // namespace fedmtl
