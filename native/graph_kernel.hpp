// K = (lambda1 L + lambda2 I)^-1 with L the Laplacian of a graph over tasks: a sparse precision, never
// inverted.
//
// K has no negative entry and its rows sum to 1/lambda2, since L 1 = 0: diag(1/lambda2) - K is positive
// semi-definite, whatever the graph.
#pragma once

#include "native/sparse_solver.hpp"
#include "native/task_kernel.hpp"

namespace fedmtl {

/// Undirected edges, each listed once, between the tasks from[e] and to[e], with weights[e] >= 0.
struct GraphEdges {
    std::vector<std::int32_t> from;
    std::vector<std::int32_t> to;
    std::vector<double> weights;
};

class GraphKernel final : public TaskKernel {
  public:
    /// @throws Error InvalidArgument for a lambda2 that is not above 0, an edge beyond the tasks or from a
    /// task
    ///   to itself, or a weight below 0
    GraphKernel(std::size_t tasks, double lambda1, double lambda2, GraphEdges edges);

    const GraphEdges& edges() const { return edges_; }
    double lambda1() const { return lambda1_; }
    double lambda2() const { return lambda2_; }

    std::size_t tasks() const override { return tasks_; }
    void apply(std::size_t cols, std::span<const double> V, std::span<double> W,
               ThreadPool& threads) const override;
    std::vector<double> diagonal(ThreadPool& threads) const override;
    std::vector<double> absoluteRowSums(ThreadPool& threads) const override;
    std::vector<double> writtenOut(ThreadPool& threads) const override;
    /// 1/lambda2 for every task.
    std::optional<std::vector<double>> scalingOfManyTasks(ThreadPool& threads) const override;
    std::size_t bytes() const override;

    /// K_st for s and t among the given tasks, p x p. @throws Error InvalidArgument for a position beyond
    /// them
    std::vector<double> entries(std::span<const std::int32_t> positions, ThreadPool& threads) const;

  private:
    std::size_t tasks_;
    double lambda1_;
    double lambda2_;
    GraphEdges edges_;
    std::unique_ptr<SparseSolver> solver_;
};

}  // namespace fedmtl
