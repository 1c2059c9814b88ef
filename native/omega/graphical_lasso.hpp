// The graphical lasso: a sparse precision matrix from a covariance.
//
// Problem: over symmetric positive definite Omega, m x m, minimise
//     f(Omega) = tr(S Omega) - log det Omega + rho sum_st |Omega_st|,    the diagonal penalised too.
// Input: S >= 0, which may be singular, and rho > 0 (rho = 0 where S is regular). Output: Omega. At the
// minimum Sigma = Omega^-1 has Sigma_st = S_st + rho sign(Omega_st) where Omega_st is not 0, within rho of
// S_st elsewhere; so Sigma_tt = S_tt + rho.
// References: Friedman, Hastie & Tibshirani, "Sparse inverse covariance estimation with the graphical lasso",
// Biostatistics 2008 (the problem); Witten, Friedman & Simon, JCGS 2011, and Mazumder & Hastie, JMLR 2012
// (screening: tasks s, t with |S_st| > rho are joined, and Omega is block diagonal over the connected
// components of that graph, exactly); Hsieh, Sustik, Dhillon & Ravikumar, "QUIC", JMLR 2014 (each component).
#pragma once

#include <atomic>
#include <span>

#include "native/omega/precision_matrix.hpp"
#include "native/thread_pool.hpp"

namespace fedmtl {

enum class Screening { On, Off };

struct GraphicalLassoOptions {
    const PrecisionMatrix* start = nullptr;  // where to begin; it does not decide where it ends
    Screening screening = Screening::On;
    std::size_t mostSteps = 50;  // of each component
    // Once set, the result is whatever there is by then.
    const std::atomic<bool>* cancelled = nullptr;
};

struct GraphicalLasso {
    PrecisionMatrix omega;
    // The largest entry of the least subgradient of f, entry (s, t) relative to the root of Sigma_ss
    // Sigma_tt.
    double residual = 0.0;
    bool finished = true;         // the residual is at most 1e-9, or f falls by no more than rounding
    double objective = 0.0;       // f(Omega)
    std::size_t components = 0;   // that screening finds
    std::size_t newtonSteps = 0;  // of all components
};

/// @param S m x m, both triangles set alike
/// Same bits at any thread count.
/// @throws Error Numerical where S + rho I is not positive on its diagonal
GraphicalLasso graphicalLasso(std::size_t m, std::span<const double> S, double rho, ThreadPool& threads,
                              const GraphicalLassoOptions& options = {});

}  // namespace fedmtl
