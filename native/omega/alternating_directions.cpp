#include "native/omega/alternating_directions.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "native/blas.hpp"
#include "native/omega/soft_threshold.hpp"

namespace fedmtl {
namespace {

constexpr double kAccuracy = 1e-8;  // of X = Z and of Z at rest, relative
constexpr double kRelaxation = 1.6;
constexpr double kBeta = 3.0;  // to begin with, where Z has a diagonal of ones
constexpr std::size_t kMostIterations = 500;
constexpr std::size_t kTuned = 400;  // iterations after which beta stays: else convergence is not certain
constexpr std::size_t kScaled = 30;  // iterations after which the scale stays
constexpr std::size_t kEvery = 10;   // iterations from a look at the residuals to the next

double norm(const std::vector<double>& A) {
    double sum = 0.0;
    for (const double a : A) {
        sum += a * a;
    }
    return std::sqrt(sum);
}

class AlternatingDirections {
  public:
    AlternatingDirections(const LassoComponent& problem, std::vector<double> X)
        : p_(problem.p), S_(problem.S), r_(problem.r), scale_(p_, 1.0), Z_(std::move(X)), Y_(p_ * p_) {
        startMultipliers();
        rescale();
    }

    std::vector<double> solve(const LassoEffort& effort) {
        for (std::size_t k = 1; k <= kMostIterations && !effort.isCancelled(); ++k) {
            step();
            if (k % kEvery != 0) {
                continue;
            }
            const double primal = apart_ / norm(Z_);
            const double dual = beta_ * moved_ / norm(Y_);
            if (std::max(primal, dual) < kAccuracy) {
                break;
            }
            if (k <= kScaled) {
                rescale();
            } else if (k <= kTuned) {
                balance(std::sqrt(primal / dual));
            }
        }
        std::vector<double> Z = unscaled(Z_);
        std::vector<double> factor = Z;
        return blas::cholesky(factor, p_) ? Z : unscaled(smoothMinimum());
    }

  private:
    /// At the minimum Y = X^-1 - S, within r_i r_j.
    void startMultipliers() {
        std::vector<double> W = Z_;
        blas::cholesky(W, p_);
        blas::invertCholesky(W, p_);
        for (std::size_t i = 0; i < p_; ++i) {
            for (std::size_t j = 0; j < p_; ++j) {
                const double bound = r_[i] * r_[j];
                Y_[i * p_ + j] = std::clamp(W[i * p_ + j] - S_[i * p_ + j], -bound, bound);
            }
        }
    }

    /// Z gets a diagonal of ones, X and Z their scale, S, Y and r the inverse. Where tasks with and without
    /// neighbours stand side by side their diagonals are a hundred times apart, and one beta cannot suit
    /// both: in a prototype, computers at rho 0.01, 4e-8 instead of 5e-5 after 400 iterations.
    void rescale() {
        std::vector<double> e(p_);
        for (std::size_t i = 0; i < p_; ++i) {
            const double z = Z_[i * p_ + i];  // not above 0 is rare, and passes
            e[i] = z > 0.0 ? 1.0 / std::sqrt(z) : 1.0;
            scale_[i] *= e[i];
            r_[i] /= e[i];
        }
        for (std::size_t i = 0; i < p_; ++i) {
            for (std::size_t j = 0; j < p_; ++j) {
                const double both = e[i] * e[j];
                Z_[i * p_ + j] *= both;
                Y_[i * p_ + j] /= both;
                S_[i * p_ + j] /= both;
            }
        }
        beta_ = kBeta;
    }

    /// Both triangles, from the upper one.
    std::vector<double> unscaled(const std::vector<double>& A) const {
        std::vector<double> X(p_ * p_);
        for (std::size_t i = 0; i < p_; ++i) {
            for (std::size_t j = i; j < p_; ++j) {
                X[i * p_ + j] = A[i * p_ + j] / (scale_[i] * scale_[j]);
                X[j * p_ + i] = X[i * p_ + j];
            }
        }
        return X;
    }

    void step() {
        const std::vector<double> X = smoothMinimum();
        apart_ = 0.0;
        moved_ = 0.0;
        for (std::size_t i = 0; i < p_; ++i) {
            for (std::size_t j = i; j < p_; ++j) {
                updatePair(i, j, X[i * p_ + j]);
            }
        }
        apart_ = std::sqrt(apart_);
        moved_ = std::sqrt(moved_);
    }

    /// argmin_X tr(S X) - log det X + tr(Y (X - Z)) + beta/2 |X - Z|^2, its upper triangle row after row.
    /// From the eigenvalues a of Z - (S + Y) / beta: beta x - 1/x = beta a.
    std::vector<double> smoothMinimum() const {
        std::vector<double> A(p_ * p_);
        for (std::size_t ij = 0; ij < A.size(); ++ij) {
            A[ij] = Z_[ij] - (S_[ij] + Y_[ij]) / beta_;
        }
        blas::SymmetricEigen eigen = blas::symmetricEigen(std::move(A), p_);
        for (std::size_t k = 0; k < p_; ++k) {
            const double a = eigen.values[k];
            const double root = std::sqrt(a * a + 4.0 / beta_);
            const double x = a > 0.0 ? 0.5 * (a + root) : 2.0 / (beta_ * (root - a));  // nothing cancels
            for (std::size_t i = 0; i < p_; ++i) {
                eigen.vectors[k * p_ + i] *= std::sqrt(x);
            }
        }
        std::vector<double> X(p_ * p_);
        blas::gram(p_, p_, eigen.vectors.data(), X.data());
        return X;
    }

    void updatePair(std::size_t i, std::size_t j, double x) {
        const std::size_t ij = i * p_ + j;
        const double times = i == j ? 1.0 : 2.0;
        const double target = kRelaxation * x + (1.0 - kRelaxation) * Z_[ij] + Y_[ij] / beta_;
        const double z = softThreshold(target, r_[i] * r_[j] / beta_);
        apart_ += times * (x - z) * (x - z);
        moved_ += times * (z - Z_[ij]) * (z - Z_[ij]);
        Z_[ij] = z;
        Z_[j * p_ + i] = z;
        Y_[ij] = beta_ * (target - z);
        Y_[j * p_ + i] = Y_[ij];
    }

    /// Draws the residuals together.
    void balance(double ratio) {
        if (ratio > 2.0) {
            beta_ *= 2.0;
        } else if (ratio < 0.5) {
            beta_ *= 0.5;
        }
    }

    std::size_t p_;
    std::vector<double> S_;      // p x p, scaled as Z: divided by scale_i scale_j
    std::vector<double> r_;      // p, divided by scale_i
    std::vector<double> scale_;  // p: Z_ij = scale_i scale_j X_ij
    std::vector<double> Z_;
    std::vector<double> Y_;  // multipliers of X = Z
    double beta_ = 1.0;
    double apart_ = 0.0;  // |X - Z|
    double moved_ = 0.0;  // of Z, in the last iteration
};

}  // namespace

std::vector<double> nearMinimum(const LassoComponent& component, std::vector<double> X,
                                const LassoEffort& effort) {
    return AlternatingDirections(component, std::move(X)).solve(effort);
}

}  // namespace fedmtl
