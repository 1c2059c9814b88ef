#include "native/dense_kernel.hpp"

#include <cmath>

#include "native/blas.hpp"
#include "native/blocks.hpp"

namespace fedmtl {
namespace {

constexpr std::size_t kRowSumBlock = 64;  // tasks

}  // namespace

void DenseKernel::apply(std::size_t cols, std::span<const double> V, std::span<double> W,
                        ThreadPool& threads) const {
    forBlocks(tasks_, kTaskBlock, threads, [&](std::size_t, std::size_t begin, std::size_t count) {
        blas::gemm({.rows = cols, .cols = count, .inner = tasks_}, 1.0, V.data(), cols,
                   matrix_.data() + begin * tasks_, tasks_, 0.0, W.data() + begin * cols, cols);
    });
}

std::vector<double> DenseKernel::diagonal(ThreadPool& /*threads*/) const {
    std::vector<double> diagonal(tasks_);
    for (std::size_t t = 0; t < tasks_; ++t) {
        diagonal[t] = matrix_[t * tasks_ + t];
    }
    return diagonal;
}

std::vector<double> DenseKernel::absoluteRowSums(ThreadPool& threads) const {
    std::vector<double> sums(tasks_);
    forBlocks(tasks_, kRowSumBlock, threads, [&](std::size_t, std::size_t begin, std::size_t count) {
        for (std::size_t t = begin; t < begin + count; ++t) {
            for (std::size_t other = 0; other < tasks_; ++other) {
                sums[t] += std::abs(matrix_[t * tasks_ + other]);
            }
        }
    });
    return sums;
}

}  // namespace fedmtl
