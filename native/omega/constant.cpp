// The families whose Omega is fixed by a formula: independent, mean, global (math.md 5).
#include <cmath>

#include "native/low_rank_kernel.hpp"
#include "native/omega/relationship.hpp"
#include "native/status.hpp"

namespace fedmtl {
namespace {

class Constant final : public Relationship {
  public:
    explicit Constant(LowRankKernel kernel) : kernel_(std::move(kernel)) {}
    const TaskKernel& kernel() const override { return kernel_; }

  private:
    LowRankKernel kernel_;
};

/// K = delta I + (kappa - delta) 11'/m: eigenvalue kappa along the mean, delta across it.
std::unique_ptr<Relationship> meanDirection(std::size_t tasks, double kappa, double delta) {
    std::vector<double> basis(tasks, 1.0 / std::sqrt(static_cast<double>(tasks)));
    return std::make_unique<Constant>(LowRankKernel(tasks, std::move(basis), {kappa - delta}, delta));
}

}  // namespace

std::unique_ptr<Relationship> makeIndependent(std::size_t tasks, Regularization weights) {
    return std::make_unique<Constant>(
        LowRankKernel(tasks, {}, {}, 1.0 / (weights.lambda1 + weights.lambda2)));
}

std::unique_ptr<Relationship> makeMean(std::size_t tasks, Regularization weights) {
    if (!(weights.lambda2 > 0.0)) {
        throw Error(
            ErrorCode::InvalidArgument,
            "relationship \"mean\" leaves the mean model unpenalised when lambda2 is 0; give lambda2 > 0");
    }
    return meanDirection(tasks, 1.0 / weights.lambda2, 1.0 / (weights.lambda1 + weights.lambda2));
}

std::unique_ptr<Relationship> makeGlobal(std::size_t tasks, Regularization weights) {
    return meanDirection(tasks, static_cast<double>(tasks) / (weights.lambda1 + weights.lambda2), 0.0);
}

}  // namespace fedmtl
