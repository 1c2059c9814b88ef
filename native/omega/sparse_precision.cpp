// Sparse precision: most pairs of tasks are conditionally independent, and which ones are not is learned
// (math.md 5). The columns of W are seen as d draws of m correlated numbers with precision Omega.
//
// Problem of the Omega step, W held: over positive definite Omega, lower
//     1/2 tr(W (lambda1 Omega + lambda2 I) W') + g(Omega),
//     g(Omega) = lambda1 d/2 (rho sum_st |Omega_st| - log det Omega),
// a graphical lasso of S = W'W / d (graphical_lasso.hpp), solved from the Omega in force. Every Sigma_tt is
// at least rho, so Omega stays below 1/rho and the objective bounded, even where W has rank < m or is 0. With
// Omega eliminated the regulariser is concave in W'W, so that the joint problem is not convex: there is no
// joint certificate, and where training ends can depend on where it begins.
// K = (lambda1 Omega + lambda2 I)^-1 is dense, hence a limit on m.
// Reference: Smith et al., "Federated Multi-Task Learning", NIPS 2017, section 3.1 and appendix B.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "native/blas.hpp"
#include "native/blocks.hpp"
#include "native/dense_kernel.hpp"
#include "native/kernels/kernels.hpp"
#include "native/omega/graphical_lasso.hpp"
#include "native/omega/relationship.hpp"
#include "native/status.hpp"

namespace fedmtl {
namespace {

/// a Omega + b I, m x m, both triangles.
std::vector<double> writtenOut(const PrecisionMatrix& omega, double a, double b) {
    const std::size_t m = omega.size();
    std::vector<double> matrix(m * m);
    for (std::size_t t = 0; t < m; ++t) {
        matrix[t * m + t] = a * omega.diagonal[t] + b;
    }
    for (std::size_t e = 0; e < omega.values.size(); ++e) {
        const auto s = static_cast<std::size_t>(omega.from[e]);
        const auto t = static_cast<std::size_t>(omega.to[e]);
        matrix[s * m + t] = a * omega.values[e];
        matrix[t * m + s] = a * omega.values[e];
    }
    return matrix;
}

void factorise(std::vector<double>& matrix, std::size_t m) {
    if (!blas::cholesky(matrix, m)) {
        throw Error(ErrorCode::Numerical,
                    "the learned precision over tasks is not positive definite within rounding; give a "
                    "larger rho");
    }
}

DenseKernel kernelOf(const PrecisionMatrix& omega, Regularization weights) {
    std::vector<double> K = writtenOut(omega, weights.lambda1, weights.lambda2);
    factorise(K, omega.size());
    blas::invertCholesky(K, omega.size());
    return DenseKernel(omega.size(), std::move(K));
}

/// rho sum_st |Omega_st| - log det Omega
double penaltyOf(const PrecisionMatrix& omega, double rho) {
    const std::size_t m = omega.size();
    std::vector<double> factor = writtenOut(omega, 1.0, 0.0);
    factorise(factor, m);
    double value = 0.0;
    for (std::size_t t = 0; t < m; ++t) {
        value += rho * omega.diagonal[t] - 2.0 * std::log(factor[t * m + t]);
    }
    for (const double entry : omega.values) {
        value += 2.0 * rho * std::abs(entry);
    }
    return value;
}

/// S = W'W / d, both triangles alike.
std::vector<double> covarianceOf(std::size_t m, std::size_t cols, std::span<const double> W,
                                 ThreadPool& threads) {
    constexpr std::size_t kBlock = 128;
    std::vector<double> S(m * m);
    forBlocks(m, kBlock, threads, [&](std::size_t, std::size_t begin, std::size_t count) {
        blas::gemm({.transposeA = blas::Transpose::Yes, .rows = m, .cols = count, .inner = cols},
                   1.0 / static_cast<double>(cols), W.data(), cols, W.data() + begin * cols, cols, 0.0,
                   S.data() + begin * m, m);
    });
    for (std::size_t s = 0; s < m; ++s) {
        for (std::size_t t = s + 1; t < m; ++t) {
            S[t * m + s] = S[s * m + t];
        }
    }
    return S;
}

void requireOver(std::size_t tasks, const PrecisionMatrix& omega) {
    const std::size_t edges = omega.values.size();
    bool fits = omega.size() == tasks && omega.from.size() == edges && omega.to.size() == edges;
    for (std::size_t e = 0; fits && e < edges; ++e) {
        const auto [s, t] = std::pair(omega.from[e], omega.to[e]);
        fits = 0 <= s && s < t && static_cast<std::size_t>(t) < tasks;
    }
    if (!fits) {
        throw Error(ErrorCode::BadInput, "the precision given is not one over its tasks");
    }
}

/// Newton steps in an Omega step. Most take fewer; where rho is tiny beside S the next one goes on.
constexpr std::size_t kStepsAtOnce = 20;

class SparsePrecision final : public Relationship {
  public:
    SparsePrecision(PrecisionMatrix start, Regularization weights, double rho)
        : weights_(weights),
          rho_(rho),
          omega_(std::move(start)),
          kernel_(kernelOf(omega_, weights)),
          penalty_(penaltyOf(omega_, rho)) {}

    const TaskKernel& kernel() const override { return kernel_; }
    const PrecisionMatrix* precision() const override { return &omega_; }
    bool learned() const override { return true; }
    bool settled() const override { return settled_; }
    double penalty() const override {
        return cols_ == 0 ? std::numeric_limits<double>::quiet_NaN() : scale() * penalty_;
    }

    /// g knows d from here on.
    void fixDefaults(std::size_t cols, std::span<const double> /*W*/, ThreadPool& /*threads*/) override {
        cols_ = cols;
    }

    double regularizer(std::size_t cols, std::span<const double> W, ThreadPool& /*threads*/) const override {
        return 0.5 * quadratic(omega_, cols, W) + scale() * penalty_;
    }

    /// The minimiser; where it could only be told from the Omega in force by rounding, that stays.
    bool update(std::size_t cols, std::span<const double> W, ThreadPool& threads,
                const std::atomic<bool>& cancelled) override {
        cols_ = cols;
        const std::vector<double> S = covarianceOf(omega_.size(), cols, W, threads);
        GraphicalLasso found =
            graphicalLasso(omega_.size(), S, rho_, threads,
                           {.start = &omega_, .mostSteps = kStepsAtOnce, .cancelled = &cancelled});
        if (cancelled.load(std::memory_order_relaxed)) {
            return false;
        }
        const double penalty = penaltyOf(found.omega, rho_);
        if (0.5 * quadratic(found.omega, cols, W) + scale() * penalty <= regularizer(cols, W, threads)) {
            take(std::move(found.omega), penalty);
        }
        settled_ = found.finished;
        return true;
    }

    void startAt(std::size_t cols, std::span<const double> W, std::optional<double> /*epsilon*/,
                 ThreadPool& threads) override {
        const std::atomic<bool> never{false};
        update(cols, W, threads, never);
    }

    std::size_t bytes() const override { return kernel_.bytes() + omega_.bytes(); }

    void save(StateWriter& state) const override {
        state.write("sparsePrecision.cols", static_cast<double>(cols_));
        state.write("sparsePrecision.settled", settled_ ? 1.0 : 0.0);
        state.write("sparsePrecision.diagonal", omega_.diagonal);
        state.writeWhole("sparsePrecision.from", std::span<const std::int32_t>(omega_.from));
        state.writeWhole("sparsePrecision.to", std::span<const std::int32_t>(omega_.to));
        state.write("sparsePrecision.values", omega_.values);
    }

    void restore(const StateReader& state) override {
        cols_ = static_cast<std::size_t>(state.readNumber("sparsePrecision.cols"));
        settled_ = state.readNumber("sparsePrecision.settled") != 0.0;
        PrecisionMatrix omega = omega_;
        state.readInto("sparsePrecision.diagonal", omega.diagonal);
        const auto values = state.read("sparsePrecision.values");
        omega.values.assign(values.begin(), values.end());
        omega.from.resize(values.size());
        omega.to.resize(values.size());
        state.readWhole("sparsePrecision.from", std::span(omega.from));
        state.readWhole("sparsePrecision.to", std::span(omega.to));
        requireOver(omega_.size(), omega);
        const double penalty = penaltyOf(omega, rho_);
        take(std::move(omega), penalty);
    }

  private:
    double scale() const { return 0.5 * weights_.lambda1 * static_cast<double>(cols_); }

    void take(PrecisionMatrix omega, double penalty) {
        kernel_ = kernelOf(omega, weights_);
        omega_ = std::move(omega);
        penalty_ = penalty;
    }

    /// tr(W (lambda1 Omega + lambda2 I) W')
    double quadratic(const PrecisionMatrix& omega, std::size_t cols, std::span<const double> W) const {
        const auto product = [&](std::size_t s, std::size_t t) {
            return kernels().float64.dot(&W[s * cols], &W[t * cols], cols);
        };
        double sum = 0.0;
        for (std::size_t t = 0; t < omega.size(); ++t) {
            sum += (weights_.lambda1 * omega.diagonal[t] + weights_.lambda2) * product(t, t);
        }
        for (std::size_t e = 0; e < omega.values.size(); ++e) {
            sum += 2.0 * weights_.lambda1 * omega.values[e] *
                   product(static_cast<std::size_t>(omega.from[e]), static_cast<std::size_t>(omega.to[e]));
        }
        return sum;
    }

    Regularization weights_;
    double rho_;
    std::size_t cols_ = 0;  // d; 0 until the first W is seen
    bool settled_ = true;
    PrecisionMatrix omega_;
    DenseKernel kernel_;
    double penalty_;  // g / (lambda1 d/2)
};

}  // namespace

std::unique_ptr<Relationship> makeSparsePrecision(std::size_t tasks, Regularization weights, double rho,
                                                  std::optional<PrecisionMatrix> start) {
    if (tasks > kMostTasksOfSparsePrecision) {
        throw Error(
            ErrorCode::InvalidArgument,
            "relationship \"sparse-precision\" holds a matrix over pairs of tasks: " + std::to_string(tasks) +
                " tasks are too many, it takes up to " + std::to_string(kMostTasksOfSparsePrecision));
    }
    if (!start) {
        start = {.diagonal = std::vector<double>(tasks, 1.0), .from = {}, .to = {}, .values = {}};
    }
    requireOver(tasks, *start);
    return std::make_unique<SparsePrecision>(*std::move(start), weights, rho);
}

}  // namespace fedmtl
