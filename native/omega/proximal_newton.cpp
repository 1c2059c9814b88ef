#include "native/omega/proximal_newton.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "native/blas.hpp"
#include "native/omega/alternating_directions.hpp"

namespace fedmtl {
namespace {

/// Enough, and what is gone on for as long as a step leaves a tenth of the residual at most.
constexpr double kTarget = 1e-9;
constexpr double kBest = 1e-11;

/// From here on Newton steps alone take few steps.
constexpr double kNear = 1e-6;

/// Where more pairs than these can be free, Newton steps alone take many iterations of conjugate gradients to
/// find the zeros, each as long as an eigendecomposition. Measured, m = 500, S of rank 30, Newton steps alone
/// and after alternating directions: 0.27 of the pairs 2 and 3 s, 0.40 6 and 4 s, 0.81 49 and 11 s.
constexpr double kDenseShare = 1.0 / 3.0;

/// Of the pairs, those with |S_ij| > r_i r_j: the ones that are free at X = I.
double shareFreeAtStart(const LassoComponent& problem) {
    std::size_t pairs = 0;
    for (std::size_t i = 0; i < problem.p; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            pairs += std::abs(problem.S[i * problem.p + j]) > problem.weight(i, j) ? 1 : 0;
        }
    }
    return 2.0 * static_cast<double>(pairs) / static_cast<double>(problem.p * problem.p);
}

/// A positive definite X with what the method needs of it.
struct Point {
    std::vector<double> X;  // p x p
    std::vector<double> W;  // X^-1
    double f = 0.0;
};

class ProximalNewton {
  public:
    ProximalNewton(const LassoComponent& problem, std::vector<double> X, const LassoEffort& effort)
        : problem_(problem), p_(problem.p), effort_(effort), free_(p_) {
        std::vector<double> identity(p_ * p_);
        for (std::size_t i = 0; i < p_; ++i) {
            identity[i * p_ + i] = 1.0;
        }
        moveTo(*factorised(std::move(identity)));
        takeIfLower(std::move(X));
        const bool penalised = problem_.r[0] > 0.0;  // all or none
        if (penalised && shareFreeAtStart(problem_) > kDenseShare && findFree() > kNear) {
            takeIfLower(nearMinimum(problem_, now_.X, effort_));
        }
    }

    LassoSolution solve() {
        double residual = findFree();
        std::size_t steps = 0;
        bool finished = residual <= kBest;
        for (int idle = 0; !finished && steps < effort_.mostSteps && !effort_.isCancelled(); ++steps) {
            const double before = now_.f;
            // A step as exact as what it starts from, and no more: convergence stays faster than linear.
            const double accuracy = std::clamp(residual, 1e-4, 0.1);
            if (!search(NewtonDirection(problem_, now_.X, now_.W, free_, effort_).solve(accuracy))) {
                finished = true;
                break;
            }
            const double left = findFree();
            // Near the limit of rounding f stands still while the residual may still fall.
            idle = before - now_.f > rounding() || left < 0.5 * residual ? 0 : idle + 1;
            finished = left <= kBest || (left <= kTarget && left > 0.1 * residual) || idle == 3;
            residual = left;
        }
        return {std::move(now_.X), residual, now_.f, steps, finished};
    }

  private:
    /// Differences of f below this are rounding.
    double rounding() const { return 1e-14 * (std::abs(now_.f) + static_cast<double>(p_)); }

    /// The point at X, with W still the Cholesky factor of X; nothing if X is not positive definite.
    std::optional<Point> factorised(std::vector<double> X) const {
        Point point{.X = std::move(X), .W = {}};
        point.W = point.X;
        if (!blas::cholesky(point.W, p_)) {
            return std::nullopt;
        }
        for (std::size_t i = 0; i < p_; ++i) {
            point.f -= 2.0 * std::log(point.W[i * p_ + i]);
            for (std::size_t j = 0; j < p_; ++j) {
                const double x = point.X[i * p_ + j];
                point.f += problem_.S[i * p_ + j] * x + problem_.weight(i, j) * std::abs(x);
            }
        }
        return point;
    }

    void moveTo(Point factorised) {
        now_ = std::move(factorised);
        blas::invertCholesky(now_.W, p_);
    }

    void takeIfLower(std::vector<double> X) {
        std::optional<Point> point = factorised(std::move(X));
        if (point && point->f < now_.f) {
            moveTo(*std::move(point));
        }
    }

    /// The pairs that a step may change. Returns the residual.
    double findFree() {
        double residual = 0.0;
        for (std::size_t i = 0; i < p_; ++i) {
            free_[i].clear();
            for (std::size_t j = 0; j <= i; ++j) {
                const double x = now_.X[i * p_ + j];
                const double slope = problem_.S[i * p_ + j] - now_.W[i * p_ + j];
                const double bound = problem_.weight(i, j);
                const double left =
                    x != 0.0 ? std::abs(slope + std::copysign(bound, x)) : std::abs(slope) - bound;
                residual = std::max(residual, left);
                if (x != 0.0 || left > 0.0) {
                    free_[i].push_back(static_cast<std::int32_t>(j));
                }
            }
        }
        return residual;
    }

    /// Moves towards Y as far as X stays positive definite and f falls as it should. Returns whether it
    /// moved.
    bool search(const std::vector<double>& Y) {
        constexpr double kShare = 1e-3;  // of the fall that the slope promises
        constexpr int kMostHalvings = 40;
        const double promised = slopeTowards(Y);
        double step = 1.0;
        for (int halving = 0; halving < kMostHalvings; ++halving, step *= 0.5) {
            std::optional<Point> next = factorised(between(Y, step));
            if (next && next->f <= now_.f + kShare * step * promised + rounding()) {
                moveTo(*std::move(next));
                return true;
            }
        }
        return false;
    }

    /// tr((S - W)(Y - X)) + sum r_i r_j (|Y_ij| - |X_ij|) <= 0
    double slopeTowards(const std::vector<double>& Y) const {
        double slope = 0.0;
        for (std::size_t i = 0; i < p_; ++i) {
            for (std::size_t j = 0; j < p_; ++j) {
                const std::size_t ij = i * p_ + j;
                slope += (problem_.S[ij] - now_.W[ij]) * (Y[ij] - now_.X[ij]) +
                         problem_.weight(i, j) * (std::abs(Y[ij]) - std::abs(now_.X[ij]));
            }
        }
        return slope;
    }

    std::vector<double> between(const std::vector<double>& Y, double step) const {
        if (step == 1.0) {
            return Y;  // with its exact zeros
        }
        std::vector<double> X = now_.X;
        for (std::size_t ij = 0; ij < X.size(); ++ij) {
            X[ij] += step * (Y[ij] - X[ij]);
        }
        return X;
    }

    const LassoComponent& problem_;
    std::size_t p_;
    const LassoEffort& effort_;
    FreePairs free_;
    Point now_;
};

}  // namespace

LassoSolution solveComponent(const LassoComponent& component, std::vector<double> X,
                             const LassoEffort& effort) {
    return ProximalNewton(component, std::move(X), effort).solve();
}

}  // namespace fedmtl
