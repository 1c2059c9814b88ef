// K as a dense m x m matrix, for relationships between any two tasks that are given or learned one by one.
#pragma once

#include "native/task_kernel.hpp"

namespace fedmtl {

class DenseKernel final : public TaskKernel {
  public:
    /// `matrix`: tasks x tasks, symmetric positive semi-definite.
    DenseKernel(std::size_t tasks, std::vector<double> matrix) : tasks_(tasks), matrix_(std::move(matrix)) {}

    std::span<const double> matrix() const { return matrix_; }

    std::size_t tasks() const override { return tasks_; }
    void apply(std::size_t cols, std::span<const double> V, std::span<double> W,
               ThreadPool& threads) const override;
    std::vector<double> diagonal(ThreadPool& threads) const override;
    std::vector<double> absoluteRowSums(ThreadPool& threads) const override;
    std::vector<double> writtenOut(ThreadPool& /*threads*/) const override { return matrix_; }
    std::size_t bytes() const override { return matrix_.size() * sizeof(double); }

  private:
    std::size_t tasks_;
    std::vector<double> matrix_;
};

}  // namespace fedmtl
