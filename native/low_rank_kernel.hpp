// K = U diag(r) U' + delta I, for the families whose spectrum has at most min(d, m) distinguished directions:
// nothing of size m x m exists on this path.
#pragma once

#include <string>

#include "native/state.hpp"
#include "native/task_kernel.hpp"

namespace fedmtl {

/// Sums of |K_tt'| cost O(m^2 k): up to here they are affordable once an Omega step.
constexpr std::size_t kLargestExactTasks = 20000;

class LowRankKernel final : public TaskKernel {
  public:
    /// `basis`: U' column-major, rank x tasks (task t's k numbers contiguous), rows orthonormal; `r`: rank.
    LowRankKernel(std::size_t tasks, std::vector<double> basis, std::vector<double> r, double delta);

    std::size_t rank() const { return r_.size(); }
    std::span<const double> basis() const { return basis_; }
    std::span<const double> r() const { return r_; }
    double delta() const { return delta_; }

    const LowRankKernel* asLowRank() const override { return this; }
    std::size_t tasks() const override { return diagonal_.size(); }
    void apply(std::size_t cols, std::span<const double> V, std::span<double> W,
               ThreadPool& threads) const override;
    std::vector<double> diagonal(ThreadPool& /*threads*/) const override { return diagonal_; }
    std::vector<double> absoluteRowSums(ThreadPool& threads) const override;
    std::vector<double> writtenOut(ThreadPool& threads) const override;
    /// S_t = delta + l L_tt with L = U diag(r) U' and l = lambda_max(diag(r)^1/2 U' diag(L_tt)^-1 U
    /// diag(r)^1/2): O(m k^2).
    std::optional<std::vector<double>> scalingOfManyTasks(ThreadPool& threads) const override;
    std::size_t bytes() const override;

    /// tr(W K^-1 W'), where K is positive definite.
    double inverseQuadratic(std::size_t cols, std::span<const double> W, ThreadPool& threads) const;

    /// As NAME.basis, NAME.r, NAME.delta.
    void save(StateWriter& state, const std::string& name) const;
    static LowRankKernel restore(const StateReader& state, const std::string& name, std::size_t tasks);

  private:
    std::vector<double> basis_;
    std::vector<double> r_;
    double delta_;
    std::vector<double> diagonal_;
};

/// A U for task-major A (m x d) and U' (k x m): d x k column-major, summed over fixed blocks of tasks in
/// order.
std::vector<double> projectOnBasis(std::size_t cols, std::span<const double> A, std::span<const double> basis,
                                   std::size_t rank, ThreadPool& threads);

}  // namespace fedmtl
