#include "native/omega/newton_direction.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "native/blas.hpp"
#include "native/blocks.hpp"
#include "native/omega/soft_threshold.hpp"

namespace fedmtl {
namespace {

constexpr std::size_t kRowBlock = 32;
constexpr std::size_t kColumnBlock = 128;

double inner(const std::vector<double>& a, const std::vector<double>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// a += c b
void add(std::vector<double>& a, double c, const std::vector<double>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        a[i] += c * b[i];
    }
}

std::vector<double> transposed(const std::vector<double>& A, std::size_t p) {
    std::vector<double> result(p * p);
    for (std::size_t i = 0; i < p; ++i) {
        for (std::size_t j = 0; j < p; ++j) {
            result[j * p + i] = A[i * p + j];
        }
    }
    return result;
}

}  // namespace

NewtonDirection::NewtonDirection(const LassoComponent& component, const std::vector<double>& X,
                                 const std::vector<double>& W, const FreePairs& free,
                                 const LassoEffort& effort)
    : problem_(component),
      X_(X),
      W_(W),
      free_(free),
      effort_(effort),
      kernels_(kernels().of<double>()),
      p_(component.p),
      Y_(X),
      DW_(p_ * p_) {}

std::vector<double> NewtonDirection::solve(double accuracy) {
    constexpr int kMostCycles = 10;
    constexpr int kSweeps = 3;
    double first = 0.0;
    for (int cycle = 0; cycle < kMostCycles && !effort_.isCancelled(); ++cycle) {
        for (int i = 0; i < kSweeps; ++i) {
            const double won = sweep();
            first = std::max(first, won);
            if (won <= accuracy * accuracy * first) {
                return std::move(Y_);
            }
        }
        polish(accuracy);
    }
    return std::move(Y_);
}

/// Every free pair once. Returns twice what it won: the sum of curvature times change^2.
double NewtonDirection::sweep() {
    double won = 0.0;
    std::vector<double> u(p_);
    for (std::size_t i = 0; i < p_; ++i) {
        for (std::size_t k = 0; k < p_; ++k) {
            u[k] = DW_[k * p_ + i];
        }
        for (const std::int32_t j : free_[i]) {
            won += minimisePair(i, static_cast<std::size_t>(j), u);
        }
    }
    return won;
}

/// Pair (i, j), j <= i, exactly, with u = D w_i; keeps D W and u.
double NewtonDirection::minimisePair(std::size_t i, std::size_t j, std::vector<double>& u) {
    const double* wi = &W_[i * p_];
    const double* wj = &W_[j * p_];
    const double curvature = i == j ? wi[i] * wi[i] : wi[j] * wi[j] + wi[i] * wj[j];
    const double slope = problem_.S[i * p_ + j] - wi[j] + kernels_.dot(wj, u.data(), p_);
    const double old = Y_[i * p_ + j];
    const double next = softThreshold(old - slope / curvature, problem_.weight(i, j) / curvature);
    const double change = next - old;
    if (change == 0.0) {
        return 0.0;
    }
    Y_[i * p_ + j] = next;
    Y_[j * p_ + i] = next;
    u[j] += change * wi[i];
    kernels_.axpy(change, wi, &DW_[j * p_], p_);
    if (i != j) {
        u[i] += change * wj[i];
        kernels_.axpy(change, wj, &DW_[i * p_], p_);
    }
    return curvature * change * change;
}

void NewtonDirection::polish(double accuracy) {
    support_.assign(p_, {});
    std::size_t pairs = 0;
    for (std::size_t i = 0; i < p_; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            if (Y_[i * p_ + j] != 0.0) {
                support_[i].push_back(static_cast<std::int32_t>(j));
            }
        }
        pairs += support_[i].size();
    }
    supportIsDense_ = 8 * pairs > p_ * p_;  // from there on two dense products take less time
    takeWhatFalls(conjugateGradients(residualOnSupport(), accuracy));
}

/// Minus the slope of q where Y is not 0.
std::vector<double> NewtonDirection::residualOnSupport() const {
    std::vector<double> R = onSupport(DW_, W_);
    for (std::size_t i = 0; i < p_; ++i) {
        for (const std::int32_t column : support_[i]) {
            const auto j = static_cast<std::size_t>(column);
            const std::size_t ij = i * p_ + j;
            R[ij] = W_[ij] - problem_.S[ij] - std::copysign(problem_.weight(i, j), Y_[ij]) - R[ij];
            R[j * p_ + i] = R[ij];
        }
    }
    return R;
}

/// E with W E W = R where Y is not 0, and E = 0 elsewhere.
std::vector<double> NewtonDirection::conjugateGradients(std::vector<double> R, double accuracy) const {
    constexpr int kMostIterations = 50;
    std::vector<double> E(p_ * p_);
    std::vector<double> Z = onSupport(rowsOf(R, X_), X_);
    std::vector<double> Q = Z;
    double size = inner(R, Z);
    const double goal = accuracy * accuracy * size;
    for (int k = 0; k < kMostIterations && size > goal && !effort_.isCancelled(); ++k) {
        const std::vector<double> H = onSupport(rowsOf(Q, W_), W_);
        const double step = size / inner(Q, H);
        add(E, step, Q);
        add(R, -step, H);
        Z = onSupport(rowsOf(R, X_), X_);
        const double next = inner(R, Z);
        std::vector<double> direction = Z;
        add(direction, next / size, Q);
        Q = std::move(direction);
        size = next;
    }
    return E;
}

/// Y moves along E: the whole way where no entry would change its sign, for there q falls, and near its
/// minimum differences of q are all rounding. (Where rounding spoils E itself, the search along Y notices.)
/// An entry that would change its sign becomes 0, and then q must fall.
void NewtonDirection::takeWhatFalls(const std::vector<double>& E) {
    constexpr int kMostTrials = 6;
    const double before = model();
    const std::vector<double> Y = Y_;
    std::vector<double> DW = DW_;
    double step = 1.0;
    for (int trial = 0; trial < kMostTrials; ++trial, step *= 0.4) {
        bool crossed = false;
        for (std::size_t ij = 0; ij < Y.size(); ++ij) {
            const double next = Y[ij] + step * E[ij];
            const bool crosses = !(next * Y[ij] >= 0.0);  // NaN too
            Y_[ij] = crosses ? 0.0 : next;
            crossed = crossed || crosses;
        }
        std::vector<double> D = Y_;
        add(D, -1.0, X_);
        DW_ = rowsOf(D, W_);
        if (!crossed || model() < before) {
            return;
        }
    }
    Y_ = Y;
    DW_ = std::move(DW);
}

/// q(D)
double NewtonDirection::model() const {
    double value = 0.0;
    for (std::size_t i = 0; i < p_; ++i) {
        for (std::size_t j = 0; j < p_; ++j) {
            const std::size_t ij = i * p_ + j;
            value += (problem_.S[ij] - W_[ij]) * (Y_[ij] - X_[ij]) + 0.5 * DW_[ij] * DW_[j * p_ + i] +
                     problem_.weight(i, j) * std::abs(Y_[ij]);
        }
    }
    return value;
}

/// E A, row after row; E and A symmetric.
std::vector<double> NewtonDirection::rowsOf(const std::vector<double>& E,
                                            const std::vector<double>& A) const {
    const std::size_t size = p_ * p_;
    const auto zeros = static_cast<std::size_t>(std::ranges::count(E, 0.0));
    std::vector<double> EA(size);
    if (4 * (size - zeros) > size) {  // from there on a dense product takes less time; its columns are A E's
        forBlocks(p_, kColumnBlock, effort_.threads, [&](std::size_t, std::size_t begin, std::size_t count) {
            blas::gemm({.rows = p_, .cols = count, .inner = p_}, 1.0, A.data(), p_, E.data() + begin * p_, p_,
                       0.0, EA.data() + begin * p_, p_);
        });
        return EA;
    }
    forBlocks(p_, kRowBlock, effort_.threads, [&](std::size_t, std::size_t begin, std::size_t count) {
        for (std::size_t i = begin; i < begin + count; ++i) {
            for (std::size_t j = 0; j < p_; ++j) {
                if (E[i * p_ + j] != 0.0) {
                    kernels_.axpy(E[i * p_ + j], &A[j * p_], &EA[i * p_], p_);
                }
            }
        }
    });
    return EA;
}

/// A (E A) where Y is not 0, else 0, from the rows of E A; A and A E A symmetric.
std::vector<double> NewtonDirection::onSupport(const std::vector<double>& EA,
                                               const std::vector<double>& A) const {
    const std::vector<double> AE = transposed(EA, p_);  // row after row
    std::vector<double> AEA;
    if (supportIsDense_) {
        AEA.resize(p_ * p_);
        forBlocks(p_, kColumnBlock, effort_.threads, [&](std::size_t, std::size_t begin, std::size_t count) {
            blas::gemm({.rows = p_, .cols = count, .inner = p_}, 1.0, A.data(), p_, AE.data() + begin * p_,
                       p_, 0.0, AEA.data() + begin * p_, p_);
        });
    }
    std::vector<double> result(p_ * p_);
    forBlocks(p_, kRowBlock, effort_.threads, [&](std::size_t, std::size_t begin, std::size_t count) {
        for (std::size_t i = begin; i < begin + count; ++i) {
            for (const std::int32_t column : support_[i]) {
                const auto j = static_cast<std::size_t>(column);
                result[i * p_ + j] = supportIsDense_ ? 0.5 * (AEA[i * p_ + j] + AEA[j * p_ + i])
                                                     : kernels_.dot(&A[j * p_], &AE[i * p_], p_);
                result[j * p_ + i] = result[i * p_ + j];
            }
        }
    });
    return result;
}

}  // namespace fedmtl
