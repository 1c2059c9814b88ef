#include "native/task_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "native/blas.hpp"
#include "native/block_products.hpp"

namespace fedmtl {
namespace {

constexpr std::size_t kRowSumBlock = 64;  // tasks

}  // namespace

TaskKernel TaskKernel::lowRank(std::size_t tasks, std::vector<double> basis, std::vector<double> r,
                               double delta) {
    TaskKernel kernel;
    kernel.basis_ = std::move(basis);
    kernel.r_ = std::move(r);
    kernel.delta_ = delta;
    kernel.diagonal_.resize(tasks);
    const std::size_t k = kernel.r_.size();
    for (std::size_t t = 0; t < tasks; ++t) {
        double sum = delta;
        for (std::size_t j = 0; j < k; ++j) {
            const double u = kernel.basis_[t * k + j];
            sum += kernel.r_[j] * u * u;
        }
        kernel.diagonal_[t] = sum;
    }
    return kernel;
}

TaskKernel TaskKernel::dense(std::size_t tasks, std::vector<double> matrix) {
    TaskKernel kernel;
    kernel.matrix_ = std::move(matrix);
    kernel.diagonal_.resize(tasks);
    for (std::size_t t = 0; t < tasks; ++t) {
        kernel.diagonal_[t] = kernel.matrix_[t * tasks + t];
    }
    return kernel;
}

void TaskKernel::apply(std::size_t cols, std::span<const double> V, std::span<double> W,
                       ThreadPool& threads) const {
    if (!isDense()) {
        applyLowRank(cols, V, W, threads);
        return;
    }
    const std::size_t m = tasks();
    forBlocks(m, kTaskBlock, threads, [&](std::size_t, std::size_t begin, std::size_t count) {
        blas::gemm({.rows = cols, .cols = count, .inner = m}, 1.0, V.data(), cols, matrix_.data() + begin * m,
                   m, 0.0, W.data() + begin * cols, cols);
    });
}

void TaskKernel::applyLowRank(std::size_t cols, std::span<const double> V, std::span<double> W,
                              ThreadPool& threads) const {
    const std::size_t k = rank();
    std::vector<double> projected =
        k > 0 ? projectOnBasis(cols, V, basis_, k, threads) : std::vector<double>{};
    for (std::size_t j = 0; j < k; ++j) {
        for (std::size_t row = 0; row < cols; ++row) {
            projected[j * cols + row] *= r_[j];
        }
    }
    forBlocks(tasks(), kTaskBlock, threads, [&](std::size_t, std::size_t begin, std::size_t count) {
        const std::size_t first = begin * cols;
        for (std::size_t i = first; i < first + count * cols; ++i) {
            W[i] = delta_ * V[i];
        }
        if (k > 0) {
            blas::gemm({.rows = cols, .cols = count, .inner = k}, 1.0, projected.data(), cols,
                       basis_.data() + begin * k, k, 1.0, W.data() + first, cols);
        }
    });
}

double TaskKernel::inverseQuadratic(std::size_t cols, std::span<const double> W, ThreadPool& threads) const {
    const std::size_t k = rank();
    const std::vector<double> projected =
        k > 0 ? projectOnBasis(cols, W, basis_, k, threads) : std::vector<double>{};
    double sum = 0.0;
    for (std::size_t j = 0; j < k; ++j) {
        const auto column = std::span(projected).subspan(j * cols, cols);
        sum += std::inner_product(column.begin(), column.end(), column.begin(), 0.0) / (delta_ + r_[j]);
    }
    // ||W - (WU)U'||^2 from the residual itself: ||W||^2 - ||WU||^2 would cancel, and delta may be tiny.
    std::vector<double> residuals(blockCount(tasks(), kTaskBlock));
    forBlocks(tasks(), kTaskBlock, threads, [&](std::size_t index, std::size_t begin, std::size_t count) {
        const auto block = W.subspan(begin * cols, count * cols);
        std::vector<double> residual(block.begin(), block.end());
        if (k > 0) {
            blas::gemm({.rows = cols, .cols = count, .inner = k}, -1.0, projected.data(), cols,
                       basis_.data() + begin * k, k, 1.0, residual.data(), cols);
        }
        residuals[index] = std::inner_product(residual.begin(), residual.end(), residual.begin(), 0.0);
    });
    return sum + std::accumulate(residuals.begin(), residuals.end(), 0.0) / delta_;
}

std::vector<double> TaskKernel::absoluteRowSums(ThreadPool& threads) const {
    const std::size_t m = tasks();
    const std::size_t k = rank();
    std::vector<double> sums(m);
    std::vector<double> scaled(basis_);
    for (std::size_t t = 0; k > 0 && t < m; ++t) {
        for (std::size_t j = 0; j < k; ++j) {
            scaled[t * k + j] *= r_[j];
        }
    }
    forBlocks(m, kRowSumBlock, threads, [&](std::size_t, std::size_t begin, std::size_t count) {
        std::vector<double> columns;
        const double* K = matrix_.data() + begin * m;
        if (!isDense()) {
            columns.assign(m * count, 0.0);
            if (k > 0) {
                blas::gemm({.transposeA = blas::Transpose::Yes, .rows = m, .cols = count, .inner = k}, 1.0,
                           scaled.data(), k, basis_.data() + begin * k, k, 0.0, columns.data(), m);
            }
            for (std::size_t c = 0; c < count; ++c) {
                columns[c * m + begin + c] += delta_;
            }
            K = columns.data();
        }
        for (std::size_t c = 0; c < count; ++c) {
            for (std::size_t t = 0; t < m; ++t) {
                sums[begin + c] += std::abs(K[c * m + t]);
            }
        }
    });
    return sums;
}

std::vector<double> TaskKernel::writtenOut() const {
    if (isDense()) {
        return matrix_;
    }
    const std::size_t m = tasks();
    const std::size_t k = rank();
    std::vector<double> K(m * m);
    for (std::size_t column = 0; column < m; ++column) {
        for (std::size_t row = 0; row < m; ++row) {
            double sum = row == column ? delta_ : 0.0;
            for (std::size_t j = 0; j < k; ++j) {
                sum += basis_[row * k + j] * r_[j] * basis_[column * k + j];
            }
            K[column * m + row] = sum;
        }
    }
    return K;
}

std::size_t TaskKernel::bytes() const {
    return (basis_.size() + r_.size() + matrix_.size() + diagonal_.size()) * sizeof(double);
}

std::vector<double> projectOnBasis(std::size_t cols, std::span<const double> A, std::span<const double> basis,
                                   std::size_t rank, ThreadPool& threads) {
    return sumOfProducts(basis.size() / rank, cols, StoredColumns(A, cols), rank, StoredColumns(basis, rank),
                         threads);
}

}  // namespace fedmtl
