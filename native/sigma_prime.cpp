#include "native/sigma_prime.hpp"

#include <algorithm>
#include <cmath>

#include "native/blas.hpp"
#include "native/block_products.hpp"

namespace fedmtl {
namespace {

std::vector<double> scaledDiagonal(const TaskKernel& kernel, double sigmaPrime) {
    std::vector<double> S(kernel.diagonal().begin(), kernel.diagonal().end());
    for (double& value : S) {
        value *= sigmaPrime;
    }
    return S;
}

double paperSigmaPrime(const TaskKernel& kernel, const std::vector<double>& rowSums) {
    double sigmaPrime = 1.0;
    for (std::size_t t = 0; t < rowSums.size(); ++t) {
        const double diagonal = kernel.diagonal()[t];
        if (diagonal > 0.0) {
            sigmaPrime = std::max(sigmaPrime, rowSums[t] / diagonal);
        }
    }
    return sigmaPrime;
}

/// By a dense eigensolver: power iteration approaches the eigenvalue from below, which is the unsafe side.
double spectralSigmaPrime(const TaskKernel& kernel) {
    const std::size_t m = kernel.tasks();
    std::vector<double> normalised = kernel.writtenOut();
    std::vector<double> inverseRoot(m);
    for (std::size_t t = 0; t < m; ++t) {
        const double diagonal = kernel.diagonal()[t];
        inverseRoot[t] = diagonal > 0.0 ? 1.0 / std::sqrt(diagonal) : 0.0;
    }
    for (std::size_t column = 0; column < m; ++column) {
        for (std::size_t row = 0; row < m; ++row) {
            normalised[column * m + row] *= inverseRoot[row] * inverseRoot[column];
        }
    }
    // The eigenvalue carries an error of a few m ulps: rounded up, or the bound would not be safe.
    constexpr double kUlp = 2.3e-16;
    return blas::largestEigenvalue(std::move(normalised), m) * (1.0 + 8.0 * static_cast<double>(m) * kUlp);
}

/// S_t = delta + l L_tt with L = U diag(r) U' and l = lambda_max(diag(r)^1/2 U' diag(L_tt)^-1 U diag(r)^1/2):
/// O(m k^2).
std::vector<double> lowRankScaling(const TaskKernel& kernel, ThreadPool& threads) {
    const std::size_t m = kernel.tasks();
    const std::size_t k = kernel.rank();
    std::vector<double> S(m, kernel.delta());
    if (k == 0) {
        return S;
    }
    const auto weighted = [&](std::size_t begin, std::size_t count, std::vector<double>& columns) {
        columns.resize(count * k);
        for (std::size_t t = 0; t < count; ++t) {
            const double* u = kernel.basis().data() + (begin + t) * k;
            const double L = kernel.diagonal()[begin + t] - kernel.delta();
            for (std::size_t j = 0; j < k; ++j) {
                columns[t * k + j] = L > 0.0 ? u[j] * kernel.r()[j] / L : 0.0;
            }
        }
        return static_cast<const double*>(columns.data());
    };
    // weighted' carries r_j; the symmetric form needs sqrt(r_i r_j).
    std::vector<double> inner = sumOfProducts(m, k, weighted, k, StoredColumns(kernel.basis(), k), threads);
    for (std::size_t column = 0; column < k; ++column) {
        for (std::size_t row = 0; row < k; ++row) {
            const double r = kernel.r()[row];
            inner[column * k + row] *= r > 0.0 ? std::sqrt(kernel.r()[column] / r) : 0.0;
        }
    }
    constexpr double kUlp = 2.3e-16;
    const double l =
        blas::largestEigenvalue(std::move(inner), k) * (1.0 + 8.0 * static_cast<double>(m) * kUlp);
    for (std::size_t t = 0; t < m; ++t) {
        S[t] += l * (kernel.diagonal()[t] - kernel.delta());
    }
    return S;
}

}  // namespace

std::vector<double> safeScaling(const TaskKernel& kernel, SigmaPrimeRule rule, ThreadPool& threads) {
    if (!kernel.isDense() && (kernel.rank() == 0 || kernel.tasks() > kLargestExactTasks)) {
        return lowRankScaling(kernel, threads);
    }
    switch (rule) {
        case SigmaPrimeRule::Paper:
            return scaledDiagonal(kernel, paperSigmaPrime(kernel, kernel.absoluteRowSums(threads)));
        case SigmaPrimeRule::Row:
            return kernel.absoluteRowSums(threads);  // sigmaPrime_t K_tt = sum_t' |K_tt'|
        case SigmaPrimeRule::Spectral:
            return scaledDiagonal(kernel, spectralSigmaPrime(kernel));
    }
    return {};
}

}  // namespace fedmtl
