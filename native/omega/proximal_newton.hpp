// The graphical lasso of one component, scaled so that Sigma has a diagonal of ones.
//
// Problem: over symmetric positive definite X, p x p, minimise
//     f(X) = tr(S X) - log det X + sum_ij r_i r_j |X_ij|,    S_ii + r_i^2 = 1.
// Input: S, r, and an X to begin with. Output: X, p x p, with exact zeros.
// Method: proximal Newton (Hsieh, Sustik, Dhillon & Ravikumar, "QUIC: Quadratic Approximation for Sparse
// Inverse Covariance Estimation", JMLR 2014, Algorithm 1). A step minimises a quadratic model over the pairs
// that are free (X_ij is not 0, or |S_ij - (X^-1)_ij| > r_i r_j; newton_direction.hpp); a backtracking search
// along it keeps X positive definite and lets f fall. Where many pairs are free at first, the steps begin
// where alternating directions end (alternating_directions.hpp), as a rule with its zeros, and are few.
#pragma once

#include "native/omega/newton_direction.hpp"

namespace fedmtl {

struct LassoSolution {
    std::vector<double> X;  // p x p, both triangles
    double residual = 0.0;  // largest entry of the least subgradient
    double objective = 0.0;
    std::size_t steps = 0;
    bool finished = false;  // rather than out of steps
};

/// Ends at a residual of 1e-9, where rounding allows no more, after `mostSteps`, or soon after it is
/// cancelled.
/// @param X where to begin, p x p; X = I, the best diagonal matrix, is tried too
LassoSolution solveComponent(const LassoComponent& component, std::vector<double> X,
                             const LassoEffort& effort);

}  // namespace fedmtl
