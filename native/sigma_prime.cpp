#include "native/sigma_prime.hpp"

#include <algorithm>
#include <cmath>

#include "native/blas.hpp"

namespace fedmtl {
namespace {

std::vector<double> scaled(std::vector<double> diagonal, double sigmaPrime) {
    for (double& value : diagonal) {
        value *= sigmaPrime;
    }
    return diagonal;
}

double paperSigmaPrime(const std::vector<double>& diagonal, const std::vector<double>& rowSums) {
    double sigmaPrime = 1.0;
    for (std::size_t t = 0; t < rowSums.size(); ++t) {
        if (diagonal[t] > 0.0) {
            sigmaPrime = std::max(sigmaPrime, rowSums[t] / diagonal[t]);
        }
    }
    return sigmaPrime;
}

/// By a dense eigensolver: power iteration approaches the eigenvalue from below, which is the unsafe side.
double spectralSigmaPrime(std::vector<double> K, const std::vector<double>& diagonal) {
    const std::size_t m = diagonal.size();
    std::vector<double> inverseRoot(m);
    for (std::size_t t = 0; t < m; ++t) {
        inverseRoot[t] = diagonal[t] > 0.0 ? 1.0 / std::sqrt(diagonal[t]) : 0.0;
    }
    for (std::size_t column = 0; column < m; ++column) {
        for (std::size_t row = 0; row < m; ++row) {
            K[column * m + row] *= inverseRoot[row] * inverseRoot[column];
        }
    }
    // The eigenvalue carries an error of a few m ulps: rounded up, or the bound would not be safe.
    constexpr double kUlp = 2.3e-16;
    return blas::largestEigenvalue(std::move(K), m) * (1.0 + 8.0 * static_cast<double>(m) * kUlp);
}

}  // namespace

std::vector<double> safeScaling(const TaskKernel& kernel, SigmaPrimeRule rule, ThreadPool& threads) {
    if (auto S = kernel.scalingOfManyTasks(threads)) {
        return *std::move(S);
    }
    if (rule == SigmaPrimeRule::Row) {
        return kernel.absoluteRowSums(threads);  // sigmaPrime_t K_tt = sum_t' |K_tt'|
    }
    const std::vector<double> diagonal = kernel.diagonal(threads);
    const double sigmaPrime = rule == SigmaPrimeRule::Paper
                                  ? paperSigmaPrime(diagonal, kernel.absoluteRowSums(threads))
                                  : spectralSigmaPrime(kernel.writtenOut(threads), diagonal);
    return scaled(diagonal, sigmaPrime);
}

}  // namespace fedmtl
