#include "native/low_rank_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "native/blas.hpp"
#include "native/block_products.hpp"

namespace fedmtl {
namespace {

constexpr std::size_t kRowSumBlock = 64;  // tasks

}  // namespace

LowRankKernel::LowRankKernel(std::size_t tasks, std::vector<double> basis, std::vector<double> r,
                             double delta)
    : basis_(std::move(basis)), r_(std::move(r)), delta_(delta), diagonal_(tasks) {
    const std::size_t k = rank();
    for (std::size_t t = 0; t < tasks; ++t) {
        double sum = delta;
        for (std::size_t j = 0; j < k; ++j) {
            const double u = basis_[t * k + j];
            sum += r_[j] * u * u;
        }
        diagonal_[t] = sum;
    }
}

void LowRankKernel::apply(std::size_t cols, std::span<const double> V, std::span<double> W,
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

double LowRankKernel::inverseQuadratic(std::size_t cols, std::span<const double> W,
                                       ThreadPool& threads) const {
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

std::vector<double> LowRankKernel::absoluteRowSums(ThreadPool& threads) const {
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
        std::vector<double> columns(m * count);
        if (k > 0) {
            blas::gemm({.transposeA = blas::Transpose::Yes, .rows = m, .cols = count, .inner = k}, 1.0,
                       scaled.data(), k, basis_.data() + begin * k, k, 0.0, columns.data(), m);
        }
        for (std::size_t c = 0; c < count; ++c) {
            columns[c * m + begin + c] += delta_;
            for (std::size_t t = 0; t < m; ++t) {
                sums[begin + c] += std::abs(columns[c * m + t]);
            }
        }
    });
    return sums;
}

std::vector<double> LowRankKernel::writtenOut(ThreadPool& /*threads*/) const {
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

std::optional<std::vector<double>> LowRankKernel::scalingOfManyTasks(ThreadPool& threads) const {
    if (rank() > 0 && tasks() <= kLargestExactTasks) {
        return std::nullopt;
    }
    const std::size_t m = tasks();
    const std::size_t k = rank();
    std::vector<double> S(m, delta_);
    if (k == 0) {
        return S;
    }
    const auto weighted = [&](std::size_t begin, std::size_t count, std::vector<double>& columns) {
        columns.resize(count * k);
        for (std::size_t t = 0; t < count; ++t) {
            const double* u = basis_.data() + (begin + t) * k;
            const double L = diagonal_[begin + t] - delta_;
            for (std::size_t j = 0; j < k; ++j) {
                columns[t * k + j] = L > 0.0 ? u[j] * r_[j] / L : 0.0;
            }
        }
        return static_cast<const double*>(columns.data());
    };
    // weighted' carries r_j; the symmetric form needs sqrt(r_i r_j).
    std::vector<double> inner = sumOfProducts(m, k, weighted, k, StoredColumns(basis_, k), threads);
    for (std::size_t column = 0; column < k; ++column) {
        for (std::size_t row = 0; row < k; ++row) {
            const double r = r_[row];
            inner[column * k + row] *= r > 0.0 ? std::sqrt(r_[column] / r) : 0.0;
        }
    }
    constexpr double kUlp = 2.3e-16;
    const double l =
        blas::largestEigenvalue(std::move(inner), k) * (1.0 + 8.0 * static_cast<double>(m) * kUlp);
    for (std::size_t t = 0; t < m; ++t) {
        S[t] += l * (diagonal_[t] - delta_);
    }
    return S;
}

std::size_t LowRankKernel::bytes() const {
    return (basis_.size() + r_.size() + diagonal_.size()) * sizeof(double);
}

void LowRankKernel::save(StateWriter& state, const std::string& name) const {
    state.write(name + ".basis", basis_);
    state.write(name + ".r", r_);
    state.write(name + ".delta", delta_);
}

LowRankKernel LowRankKernel::restore(const StateReader& state, const std::string& name, std::size_t tasks) {
    const auto basis = state.read(name + ".basis");
    const auto r = state.read(name + ".r");
    if (basis.size() != tasks * r.size()) {
        throw Error(ErrorCode::BadInput, "the state's " + name + ".basis does not fit its " + name + ".r");
    }
    return {tasks, {basis.begin(), basis.end()}, {r.begin(), r.end()}, state.readNumber(name + ".delta")};
}

std::vector<double> projectOnBasis(std::size_t cols, std::span<const double> A, std::span<const double> basis,
                                   std::size_t rank, ThreadPool& threads) {
    return sumOfProducts(basis.size() / rank, cols, StoredColumns(A, cols), rank, StoredColumns(basis, rank),
                         threads);
}

}  // namespace fedmtl
