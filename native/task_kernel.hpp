// K = (lambda1 Omega + lambda2 I)^-1, the kernel over tasks: W = V K (math.md 1 and 5).
//
// One interface, a form for each kind of relationship: low rank + identity (low_rank_kernel.hpp), dense
// (dense_kernel.hpp) and the inverse of a sparse matrix (graph_kernel.hpp). V and W are task-major: task t's
// d numbers are contiguous at t d.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "native/thread_pool.hpp"

namespace fedmtl {

class LowRankKernel;

class TaskKernel {
  public:
    virtual ~TaskKernel() = default;

    /// Itself where it is low rank + identity, of which single columns of W are cheap (task_weights.hpp).
    virtual const LowRankKernel* asLowRank() const { return nullptr; }

    virtual std::size_t tasks() const = 0;

    /// W = V K; V and W m x d task-major, not overlapping. Same bits at any thread count.
    virtual void apply(std::size_t cols, std::span<const double> V, std::span<double> W,
                       ThreadPool& threads) const = 0;

    /// m: K_tt.
    virtual std::vector<double> diagonal(ThreadPool& threads) const = 0;

    /// m: sum_t' |K_tt'|.
    virtual std::vector<double> absoluteRowSums(ThreadPool& threads) const = 0;

    /// K written out, m x m column-major; for small m (spectral bound, reports).
    virtual std::vector<double> writtenOut(ThreadPool& threads) const = 0;

    /// m: S_t with diag(S) - K positive semi-definite, where m is so large that this shall take the place of
    /// all exact sums and eigenvalues (math.md 4); nothing where those are affordable.
    virtual std::optional<std::vector<double>> scalingOfManyTasks(ThreadPool& /*threads*/) const {
        return std::nullopt;
    }

    virtual std::size_t bytes() const = 0;
};

}  // namespace fedmtl
