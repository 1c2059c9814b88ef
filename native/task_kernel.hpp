// K = (lambda1 Omega + lambda2 I)^-1, the kernel over tasks: W = V K (math.md 1 and 5).
//
// Two forms behind one class. Low rank + identity, K = U diag(r) U' + delta I, serves the families whose
// spectrum has at most min(d, m) distinguished directions: nothing of size m x m exists on that path. Dense
// serves given matrices. V and W are task-major: task t's d numbers are contiguous at t d.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "native/thread_pool.hpp"

namespace fedmtl {

class TaskKernel {
  public:
    /// `basis`: U' column-major, rank x tasks (task t's k numbers contiguous), rows orthonormal; `r`: rank.
    static TaskKernel lowRank(std::size_t tasks, std::vector<double> basis, std::vector<double> r,
                              double delta);
    /// `matrix`: tasks x tasks, symmetric positive semi-definite.
    static TaskKernel dense(std::size_t tasks, std::vector<double> matrix);

    std::size_t tasks() const { return diagonal_.size(); }
    bool isDense() const { return !matrix_.empty(); }
    std::span<const double> diagonal() const { return diagonal_; }  // m, K_tt

    std::size_t rank() const { return r_.size(); }
    std::span<const double> basis() const { return basis_; }
    std::span<const double> r() const { return r_; }
    double delta() const { return delta_; }
    std::span<const double> matrix() const { return matrix_; }

    /// W = V K; V and W m x d task-major, not overlapping. Same bits at any thread count.
    void apply(std::size_t cols, std::span<const double> V, std::span<double> W, ThreadPool& threads) const;

    /// tr(W K^-1 W') for low rank + identity with K positive definite.
    double inverseQuadratic(std::size_t cols, std::span<const double> W, ThreadPool& threads) const;

    /// m: sum_t' |K_tt'|.
    std::vector<double> absoluteRowSums(ThreadPool& threads) const;

    /// K written out, m x m column-major; for small m (spectral bound, reports).
    std::vector<double> writtenOut() const;

    std::size_t bytes() const;

  private:
    void applyLowRank(std::size_t cols, std::span<const double> V, std::span<double> W,
                      ThreadPool& threads) const;

    std::vector<double> basis_;
    std::vector<double> r_;
    double delta_ = 0.0;
    std::vector<double> matrix_;
    std::vector<double> diagonal_;
};

/// A U for task-major A (m x d) and U' (k x m): d x k column-major, summed over fixed blocks of tasks in
/// order.
std::vector<double> projectOnBasis(std::size_t cols, std::span<const double> A, std::span<const double> basis,
                                   std::size_t rank, ThreadPool& threads);

}  // namespace fedmtl
