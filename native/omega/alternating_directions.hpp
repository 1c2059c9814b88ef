// The way to the graphical lasso of one component (proximal_newton.hpp): from anywhere to near the minimum,
// with the zeros and signs of the minimum.
//
// Problem: over symmetric positive definite X, p x p, minimise
//     f(X) = tr(S X) - log det X + sum_ij r_i r_j |X_ij|,    S_ii + r_i^2 = 1, r_i > 0.
// Input: S, r, and an X to begin with. Output: Z, p x p, symmetric with exact zeros, its relative distance to
// the minimum about 1e-8 times the condition of the problem. It need not be positive definite. Method:
// alternating direction method of multipliers (Boyd, Parikh, Chu, Peleato & Eckstein, "Distributed
// optimization and statistical learning via the alternating direction method of multipliers", 2011, sections
// 3.4.1, 3.4.3 and 6.5; Scheinberg, Ma & Goldfarb, "Sparse inverse covariance selection via alternating
// linearization methods", NIPS 2010): X minimises the smooth part and a proximal term by its eigenvalues, Z
// the rest entry by entry, over-relaxed, both in the scale in which Z has a diagonal of ones. An iteration is
// an eigendecomposition; a singular S or a small penalty costs more of them, but no less certain ones.
#pragma once

#include "native/omega/newton_direction.hpp"

namespace fedmtl {

/// @param X where to begin, p x p, both triangles, positive definite
/// @returns Z, p x p, both triangles
std::vector<double> nearMinimum(const LassoComponent& component, std::vector<double> X);

}  // namespace fedmtl
