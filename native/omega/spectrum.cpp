#include "native/omega/spectrum.hpp"

#include <algorithm>
#include <cmath>

#include "native/blas.hpp"
#include "native/low_rank_kernel.hpp"

namespace fedmtl {
namespace {

constexpr double kRelativeCut = 1e-6;
constexpr std::size_t kBlock = 256;

/// Eigenpairs of the Gram matrix in falling order, cut where s_j <= 1e-6 s_1.
struct Leading {
    std::vector<double> s;        // k
    std::vector<double> vectors;  // n x k column-major
};

Leading leadingPairs(std::vector<double> gram, std::size_t n) {
    blas::SymmetricEigen eigen = blas::symmetricEigen(std::move(gram), n);
    Leading leading;
    const double largest = std::sqrt(std::max(0.0, eigen.values[n - 1]));
    for (std::size_t j = n; j-- > 0;) {
        const double s = std::sqrt(std::max(0.0, eigen.values[j]));
        if (s <= kRelativeCut * largest) {
            break;
        }
        leading.s.push_back(s);
        const auto column = eigen.vectors.begin() + static_cast<std::ptrdiff_t>(j * n);
        leading.vectors.insert(leading.vectors.end(), column, column + static_cast<std::ptrdiff_t>(n));
    }
    return leading;
}

/// d <= m: G = W W' = Q S^2 Q', then U' = S^-1 Q' W.
Spectrum fromFeatureGram(std::size_t cols, std::span<const double> W, ThreadPool& threads) {
    const std::size_t m = W.size() / cols;
    Leading leading = leadingPairs(projectOnBasis(cols, W, W, cols, threads), cols);
    const std::size_t k = leading.s.size();
    Spectrum spectrum{std::move(leading.s), std::vector<double>(k * m)};
    if (k == 0) {
        return spectrum;
    }
    for (std::size_t j = 0; j < k; ++j) {
        for (std::size_t row = 0; row < cols; ++row) {
            leading.vectors[j * cols + row] /= spectrum.s[j];
        }
    }
    threads.parallelFor((m + kBlock - 1) / kBlock, [&](std::size_t block, std::size_t) {
        const std::size_t begin = block * kBlock;
        const std::size_t count = std::min(kBlock, m - begin);
        blas::gemm({.transposeA = blas::Transpose::Yes, .rows = k, .cols = count, .inner = cols}, 1.0,
                   leading.vectors.data(), cols, W.data() + begin * cols, cols, 0.0,
                   spectrum.basis.data() + begin * k, k);
    });
    return spectrum;
}

/// d > m: G = W'W, whose eigenvectors are the right singular vectors themselves.
Spectrum fromTaskGram(std::size_t cols, std::span<const double> W) {
    const std::size_t m = W.size() / cols;
    std::vector<double> gram(m * m);
    blas::gemm({.transposeA = blas::Transpose::Yes, .rows = m, .cols = m, .inner = cols}, 1.0, W.data(), cols,
               W.data(), cols, 0.0, gram.data(), m);
    Leading leading = leadingPairs(std::move(gram), m);
    const std::size_t k = leading.s.size();
    Spectrum spectrum{std::move(leading.s), std::vector<double>(k * m)};
    for (std::size_t t = 0; t < m; ++t) {
        for (std::size_t j = 0; j < k; ++j) {
            spectrum.basis[t * k + j] = leading.vectors[j * m + t];
        }
    }
    return spectrum;
}

}  // namespace

Spectrum rightSpectrum(std::size_t cols, std::span<const double> W, ThreadPool& threads) {
    return cols <= W.size() / cols ? fromFeatureGram(cols, W, threads) : fromTaskGram(cols, W);
}

}  // namespace fedmtl
