// How tasks relate: each family of math.md 5 behind one small interface. A family owns Omega in whatever form
// suits it and hands the server its kernel K; learned families take Omega steps from the current W.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <span>

#include "native/graph_kernel.hpp"
#include "native/omega/precision_matrix.hpp"
#include "native/state.hpp"
#include "native/task_kernel.hpp"

namespace fedmtl {

/// The weights of the objective: M = lambda1 Omega + lambda2 I.
struct Regularization {
    double lambda1 = 1.0;
    double lambda2 = 0.0;
};

class Relationship {
  public:
    virtual ~Relationship() = default;

    /// K for the Omega in force.
    virtual const TaskKernel& kernel() const = 0;

    /// Omega itself where it is learned entry by entry.
    virtual const PrecisionMatrix* precision() const { return nullptr; }

    /// Whether Omega steps change Omega.
    virtual bool learned() const { return false; }

    /// g(Omega) for the Omega in force; NaN while a default that it needs has not been fixed.
    virtual double penalty() const { return 0.0; }

    /// Fixes what depends on the first W step's result (trace-norm's epsilon; the d of sparse-precision's g).
    /// W: m x d task-major.
    virtual void fixDefaults(std::size_t /*cols*/, std::span<const double> /*W*/, ThreadPool& /*threads*/) {}

    /// The Omega step: Omega (hence K) from W, m x d task-major. The regularizer at W must not rise. A step
    /// that may take seconds gives up soon after `cancelled` is set, and then changes nothing.
    /// @returns whether the step was taken
    virtual bool update(std::size_t /*cols*/, std::span<const double> /*W*/, ThreadPool& /*threads*/,
                        const std::atomic<bool>& /*cancelled*/) {
        return true;
    }

    /// Learned families: 1/2 tr(W M W') + g(Omega) at any W, m x d, for the Omega in force.
    virtual double regularizer(std::size_t /*cols*/, std::span<const double> /*W*/,
                               ThreadPool& /*threads*/) const {
        return std::numeric_limits<double>::quiet_NaN();
    }

    /// Learned families: the first Omega, from the W of a model that was trained before, m x d. `epsilon` is
    /// the floor where none was given.
    virtual void startAt(std::size_t /*cols*/, std::span<const double> /*W*/,
                         std::optional<double> /*epsilon*/, ThreadPool& /*threads*/) {}

    /// By how much, relatively, cutting the spectrum has raised what the last Omega step lowers, at most
    /// (spectrum_cut.hpp).
    virtual double cutBound() const { return 0.0; }

    /// No Omega step will follow: what only those need may go.
    virtual void finish() {}

    /// Memory held.
    virtual std::size_t bytes() const { return kernel().bytes(); }

    /// False while Omega steps still follow a schedule, so that a small change says nothing about
    /// convergence.
    virtual bool settled() const { return true; }

    /// R*(V), for families whose joint problem in (W, Omega) is convex: every alpha bounds the joint optimum
    /// from below by - sum q loss*(-alpha) - R*(V). V: m x d task-major.
    virtual std::optional<double> jointConjugate(std::size_t /*cols*/, std::span<const double> /*V*/,
                                                 ThreadPool& /*threads*/) const {
        return std::nullopt;
    }

    /// What a learned family has to keep besides its options.
    virtual void save(StateWriter& /*state*/) const {}
    virtual void restore(const StateReader& /*state*/) {}

    /// The trace-norm floor in force, if the family has one and it is fixed.
    virtual std::optional<double> epsilon() const { return std::nullopt; }
};

/// Omega = I: local models, K = I / (lambda1 + lambda2).
std::unique_ptr<Relationship> makeIndependent(std::size_t tasks, Regularization weights);

/// Omega = I - 11'/m: models are drawn to their mean (Evgeniou & Pontil, KDD 2004). Needs lambda2 > 0.
std::unique_ptr<Relationship> makeMean(std::size_t tasks, Regularization weights);

/// One model for all tasks, K = 11' / (lambda1 + lambda2): the pooled problem, solved where the data are
/// (CoCoA).
std::unique_ptr<Relationship> makeGlobal(std::size_t tasks, Regularization weights);

/// The Laplacian of a given graph over tasks. Needs lambda2 > 0.
std::unique_ptr<Relationship> makeGraph(std::size_t tasks, Regularization weights, GraphEdges edges);

/// A given Omega or Sigma (m x m, symmetric positive semi-definite; Sigma may be singular).
enum class FixedMatrix { Omega, Sigma };
std::unique_ptr<Relationship> makeFixed(std::size_t tasks, Regularization weights, FixedMatrix kind,
                                        std::vector<double> matrix);

struct TraceNormOptions {
    std::optional<double> epsilon;  // > 0; absent: (0.1 ||W||_* / m)^2 after the first W step
    std::size_t sinkingSteps = 30;  // Omega steps over which the floor sinks to epsilon, >= 1
    double cutTolerance = 0.0;      // relative rise that cutting the spectrum may cost (spectrum_cut.hpp)
};

/// Three quarters of the Omega steps allowed, so that the last ones work on the true problem; more than 32
/// bring little (docs/rounds.md).
std::size_t traceNormSinkingSteps(double omegaSteps);

/// The probabilistic prior (Zhang & Yeung, UAI 2010): Omega = Sigma^-1, tr Sigma = 1, learned.
std::unique_ptr<Relationship> makeTraceNorm(std::size_t tasks, Regularization weights,
                                            TraceNormOptions options);

struct ClusteredOptions {
    std::size_t k = 1;  // clusters, 1 .. m
    double eta = 1.0;   // > 0; Omega's eigenvalues lie between eta (inside the span of clusters) and 1 + eta
};

/// The convex relaxation of clustered tasks (Zhou, Chen & Ye, NIPS 2011), learned.
std::unique_ptr<Relationship> makeClustered(std::size_t tasks, Regularization weights,
                                            ClusteredOptions options);

/// K is a dense matrix, and the graphical lasso takes O(m^3) a step.
constexpr std::size_t kMostTasksOfSparsePrecision = 2000;

/// A sparse precision over tasks, learned by the graphical lasso with penalty rho > 0, from `start` or I.
/// @throws Error InvalidArgument for too many tasks; BadInput where `start` is not a precision over them
std::unique_ptr<Relationship> makeSparsePrecision(std::size_t tasks, Regularization weights, double rho,
                                                  std::optional<PrecisionMatrix> start = std::nullopt);

}  // namespace fedmtl
