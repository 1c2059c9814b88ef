// A graph over tasks that is known: Omega is its Laplacian, sum over edges of weight (e_a - e_b)(e_a - e_b)',
// so that 1/2 tr(W Omega W') is half the weighted sum of ||w_a - w_b||^2 over the edges (math.md 5).
#include "native/graph_kernel.hpp"
#include "native/omega/relationship.hpp"

namespace fedmtl {
namespace {

class Graph final : public Relationship {
  public:
    explicit Graph(GraphKernel kernel) : kernel_(std::move(kernel)) {}
    const TaskKernel& kernel() const override { return kernel_; }

  private:
    GraphKernel kernel_;
};

}  // namespace

std::unique_ptr<Relationship> makeGraph(std::size_t tasks, Regularization weights, GraphEdges edges) {
    return std::make_unique<Graph>(GraphKernel(tasks, weights.lambda1, weights.lambda2, std::move(edges)));
}

}  // namespace fedmtl
