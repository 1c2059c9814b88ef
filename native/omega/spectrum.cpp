#include "native/omega/spectrum.hpp"

#include <algorithm>
#include <cmath>

#include "native/blas.hpp"
#include "native/block_products.hpp"

namespace fedmtl {
namespace {

// Below it a singular value is lost in the rounding of the Gram matrix, which squares it.
constexpr double kRelativeCut = 1e-6;

/// W W' (d x d) where d <= m, else W'W (m x m); the lower triangle.
std::vector<double> smallerGram(std::size_t cols, const ExtrapolatedW& W, ThreadPool& threads) {
    const std::size_t m = W.W.size() / cols;
    if (cols > m) {
        std::vector<double> scratch;
        const double* all = W.numbers(0, W.W.size(), scratch);
        std::vector<double> gram(m * m);
        blas::gemm({.transposeA = blas::Transpose::Yes, .rows = m, .cols = m, .inner = cols}, 1.0, all, cols,
                   all, cols, 0.0, gram.data(), m);
        return gram;
    }
    const auto columns = [&](std::size_t begin, std::size_t count, std::vector<double>& scratch) {
        return W.numbers(begin * cols, count * cols, scratch);
    };
    return gramOfColumns(m, cols, columns, threads);
}

}  // namespace

const double* ExtrapolatedW::numbers(std::size_t begin, std::size_t count,
                                     std::vector<double>& scratch) const {
    if (momentum == 0.0) {
        return W.data() + begin;
    }
    scratch.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        scratch[i] = W[begin + i] + momentum * (W[begin + i] - previousW[begin + i]);
    }
    return scratch.data();
}

GramSpectrum gramSpectrum(std::size_t cols, const ExtrapolatedW& W, ThreadPool& threads) {
    const std::size_t n = std::min(cols, W.W.size() / cols);
    const blas::SymmetricEigen eigen = blas::symmetricEigen(smallerGram(cols, W, threads), n);
    GramSpectrum spectrum;
    const double largest = std::sqrt(std::max(0.0, eigen.values[n - 1]));
    for (std::size_t j = n; j-- > 0;) {
        const double square = std::max(0.0, eigen.values[j]);
        if (std::sqrt(square) <= kRelativeCut * largest) {
            spectrum.left += square;
            continue;
        }
        spectrum.s.push_back(std::sqrt(square));
        const auto column = eigen.vectors.begin() + static_cast<std::ptrdiff_t>(j * n);
        spectrum.vectors.insert(spectrum.vectors.end(), column, column + static_cast<std::ptrdiff_t>(n));
    }
    return spectrum;
}

std::vector<double> rightBasis(std::size_t cols, const ExtrapolatedW& W, const GramSpectrum& spectrum,
                               std::size_t rank, ThreadPool& threads) {
    const std::size_t m = W.W.size() / cols;
    std::vector<double> basis(rank * m);
    if (cols > m) {
        for (std::size_t t = 0; t < m; ++t) {
            for (std::size_t j = 0; j < rank; ++j) {
                basis[t * rank + j] = spectrum.vectors[j * m + t];
            }
        }
        return basis;
    }
    // W W' = Q S^2 Q', then U' = S^-1 Q' W.
    std::vector<double> scaled(spectrum.vectors.begin(),
                               spectrum.vectors.begin() + static_cast<std::ptrdiff_t>(rank * cols));
    for (std::size_t i = 0; i < scaled.size(); ++i) {
        scaled[i] /= spectrum.s[i / cols];
    }
    forBlocks(m, kTaskBlock, threads, [&](std::size_t, std::size_t begin, std::size_t count) {
        std::vector<double> scratch;
        if (rank > 0) {
            blas::gemm({.transposeA = blas::Transpose::Yes, .rows = rank, .cols = count, .inner = cols}, 1.0,
                       scaled.data(), cols, W.numbers(begin * cols, count * cols, scratch), cols, 0.0,
                       basis.data() + begin * rank, rank);
        }
    });
    return basis;
}

Spectrum rightSpectrum(std::size_t cols, std::span<const double> W, ThreadPool& threads) {
    GramSpectrum spectrum = gramSpectrum(cols, {W}, threads);
    std::vector<double> basis = rightBasis(cols, {W}, spectrum, spectrum.s.size(), threads);
    return {std::move(spectrum.s), std::move(basis)};
}

}  // namespace fedmtl
