#include "native/task_weights.hpp"

#include <algorithm>

#include "native/blas.hpp"
#include "native/blocks.hpp"
#include "native/kernels/kernels.hpp"
#include "native/low_rank_kernel.hpp"

namespace fedmtl {
namespace {

// A quarter of the smallest second-level cache of today's server processors (1 MB), beside a task's data.
constexpr std::size_t kLargestCore = 32768;  // numbers

bool hasSmallCore(const LowRankKernel* K, std::size_t cols) {
    return K != nullptr && 2 * K->rank() <= K->tasks() && K->rank() * cols <= kLargestCore;
}

double dot(std::span<const double> x, std::span<const double> y) {
    return kernels().float64.dot(x.data(), y.data(), x.size());
}

void subtract(std::span<const double> x, std::span<const double> y, std::span<double> difference) {
    std::ranges::transform(x, y, difference.begin(), std::minus{});
}

}  // namespace

void TaskWeights::compute(const TaskKernel& K, std::size_t cols, std::span<const double> V,
                          ThreadPool& threads) {
    cols_ = cols;
    writtenOut_ = !hasSmallCore(K.asLowRank(), cols);
    if (writtenOut_) {
        values_.resize(V.size());
        K.apply(cols, V, values_, threads);
        return;
    }
    const LowRankKernel& L = *K.asLowRank();
    values_ = L.rank() > 0 ? projectOnBasis(cols, V, L.basis(), L.rank(), threads) : std::vector<double>{};
    for (std::size_t i = 0; i < values_.size(); ++i) {
        values_[i] *= L.r()[i / cols];
    }
}

void TaskWeights::extrapolate(const TaskWeights& W, const TaskWeights& previous, double beta,
                              ThreadPool& threads) {
    cols_ = W.cols_;
    writtenOut_ = W.writtenOut_;
    values_.resize(W.values_.size());
    constexpr std::size_t kBlock = 16384;
    forBlocks(values_.size(), kBlock, threads, [&](std::size_t, std::size_t begin, std::size_t count) {
        for (std::size_t i = begin; i < begin + count; ++i) {
            values_[i] = W.values_[i] + beta * (W.values_[i] - previous.values_[i]);
        }
    });
}

void TaskWeights::column(const TaskKernel& K, std::size_t task, std::span<const double> v,
                         std::span<double> w) const {
    if (writtenOut_) {
        std::ranges::copy(columnOf(task), w.begin());
        return;
    }
    const LowRankKernel& L = *K.asLowRank();
    std::ranges::transform(v, w.begin(), [&](double value) { return L.delta() * value; });
    if (L.rank() > 0) {
        blas::gemv(cols_, L.rank(), values_.data(), L.basis().data() + task * L.rank(), w.data());
    }
}

std::vector<double> TaskWeights::all(const TaskKernel& K, std::span<const double> V,
                                     ThreadPool& threads) const {
    if (writtenOut_) {
        return values_;
    }
    std::vector<double> W(V.size());
    forTasks(K.tasks(), threads, [&](std::size_t t) {
        column(K, t, V.subspan(t * cols_, cols_), std::span(W).subspan(t * cols_, cols_));
    });
    return W;
}

double TaskWeights::quadratic(const TaskKernel& K, std::span<const double> V, ThreadPool& threads) const {
    return moveTo(*this, K, V, V, threads).there;
}

KernelMove TaskWeights::moveTo(const TaskWeights& other, const TaskKernel& K, std::span<const double> V,
                               std::span<const double> otherV, ThreadPool& threads) const {
    const auto ofBlock = [&](std::size_t begin, std::size_t count) {
        std::vector<double> scratch(2 * cols_);
        KernelMove sum;
        for (std::size_t t = begin; t < begin + count; ++t) {
            sum = sum + moveOfTask(other, K, t, V.subspan(t * cols_, cols_), otherV.subspan(t * cols_, cols_),
                                   scratch);
        }
        return sum;
    };
    KernelMove move = sumOverBlocks<KernelMove>(K.tasks(), threads, ofBlock);
    if (writtenOut_) {
        return move;
    }
    // The part of K in the directions of U, by the cores: tr(A U diag(r) U' B') = sum_j c_j' d_j / r_j.
    const LowRankKernel& L = *K.asLowRank();
    std::vector<double> delta(cols_);
    for (std::size_t j = 0; j < L.rank(); ++j) {
        const double r = L.r()[j];
        if (r == 0.0) {
            continue;
        }
        const auto here = std::span(values_).subspan(j * cols_, cols_);
        const auto there = std::span(other.values_).subspan(j * cols_, cols_);
        subtract(there, here, delta);
        move = move + KernelMove{dot(here, delta) / r, dot(delta, delta) / r, dot(there, there) / r};
    }
    return move;
}

/// A task's share: the whole one where W is written out, else that of K's multiple of I.
KernelMove TaskWeights::moveOfTask(const TaskWeights& other, const TaskKernel& K, std::size_t task,
                                   std::span<const double> v, std::span<const double> otherV,
                                   std::span<double> scratch) const {
    const auto delta = scratch.first(cols_);
    subtract(otherV, v, delta);
    if (!writtenOut_) {
        const double scale = K.asLowRank()->delta();
        return {scale * dot(v, delta), scale * dot(delta, delta), scale * dot(otherV, otherV)};
    }
    const auto deltaW = scratch.last(cols_);
    subtract(other.columnOf(task), columnOf(task), deltaW);
    return {dot(columnOf(task), delta), dot(delta, deltaW), dot(otherV, other.columnOf(task))};
}

}  // namespace fedmtl
