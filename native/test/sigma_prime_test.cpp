// The law of every sigma' rule: diag(S) - K is positive semi-definite, so that whole steps are safe.
#include "native/sigma_prime.hpp"

#include <gtest/gtest.h>

#include "native/dense_kernel.hpp"
#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

constexpr SigmaPrimeRule kRules[] = {SigmaPrimeRule::Paper, SigmaPrimeRule::Row, SigmaPrimeRule::Spectral};

/// Least eigenvalue of diag(S) - K.
double leastSlack(const TaskKernel& kernel, const std::vector<double>& S) {
    ThreadPool threads(1);
    std::vector<double> slack = kernel.writtenOut(threads);
    for (double& value : slack) {
        value = -value;
    }
    for (std::size_t t = 0; t < S.size(); ++t) {
        slack[t * S.size() + t] += S[t];
    }
    return blas::symmetricEigen(std::move(slack), S.size()).values.front();
}

std::vector<std::unique_ptr<TaskKernel>> kernels() {
    std::vector<std::unique_ptr<TaskKernel>> result;
    const auto add = [&](auto kernel) {
        result.push_back(std::make_unique<decltype(kernel)>(std::move(kernel)));
    };
    add(LowRankKernel(5, {}, {}, 0.4));
    add(randomLowRank(7, {3.0}, 0.2, 1));
    add(randomLowRank(30, {10.0, 2.0, 1e-3}, 1e-6, 2));
    add(randomLowRank(12, {1.0, 0.5}, 0.0, 3));
    add(LowRankKernel(6, std::vector<double>(6, 1.0 / std::sqrt(6.0)), {2.0}, 0.5));
    for (const std::size_t rank : {1u, 3u, 9u}) {
        std::vector<double> matrix = randomSemidefinite(9, rank, rank);
        // A task without prior variance: its row and column are 0.
        for (std::size_t t = 0; t < 9; ++t) {
            matrix[4 * 9 + t] = 0.0;
            matrix[t * 9 + 4] = 0.0;
        }
        add(DenseKernel(9, std::move(matrix)));
    }
    return result;
}

TEST(SigmaPrime, DiagonalMinusKernelIsPositiveSemidefinite) {
    ThreadPool threads(2);
    for (const auto& owned : kernels()) {
        const TaskKernel& kernel = *owned;
        for (const SigmaPrimeRule rule : kRules) {
            SCOPED_TRACE(::testing::Message() << kernel.tasks() << " tasks, rule " << static_cast<int>(rule));
            const std::vector<double> S = safeScaling(kernel, rule, threads);
            ASSERT_EQ(S.size(), kernel.tasks());
            EXPECT_GE(leastSlack(kernel, S), -1e-14 * largest(S));
        }
    }
}

TEST(SigmaPrime, SharedFactorsAreTheSameForAllTasksAndRowIsTheLeastPerTask) {
    ThreadPool threads(1);
    for (const auto& owned : kernels()) {
        const TaskKernel& kernel = *owned;
        const std::vector<double> paper = safeScaling(kernel, SigmaPrimeRule::Paper, threads);
        const std::vector<double> row = safeScaling(kernel, SigmaPrimeRule::Row, threads);
        const std::vector<double> spectral = safeScaling(kernel, SigmaPrimeRule::Spectral, threads);
        const std::vector<double> sums = kernel.absoluteRowSums(threads);
        const std::vector<double> diagonal = kernel.diagonal(threads);
        const double factor = paper[0] / diagonal[0];
        const double spectralFactor = spectral[0] / diagonal[0];
        for (std::size_t t = 0; t < kernel.tasks(); ++t) {
            EXPECT_NEAR(paper[t], factor * diagonal[t], 1e-12 * largest(paper));
            EXPECT_NEAR(spectral[t], spectralFactor * diagonal[t], 1e-12 * largest(spectral));
            EXPECT_NEAR(row[t], sums[t], 1e-12 * largest(row));
            EXPECT_LE(row[t], paper[t] * (1.0 + 1e-12));
            EXPECT_LE(spectral[t], paper[t] * (1.0 + 1e-12));
        }
    }
}

TEST(SigmaPrime, SpectralFactorIsTheLeastSafeOne) {
    ThreadPool threads(1);
    const DenseKernel kernel(8, randomSemidefinite(8, 8, 21));
    std::vector<double> S = safeScaling(kernel, SigmaPrimeRule::Spectral, threads);
    for (double& value : S) {
        value *= 1.0 - 1e-6;
    }
    EXPECT_LT(leastSlack(kernel, S), 0.0);
}

/// Above kLargestExactTasks nothing of size m x m can be checked: with D = diag(S) - delta I,
/// diag(S) - K >= 0 means that the eigenvalues of r^1/2 U' D^-1 U r^1/2 (k x k) are at most 1.
TEST(SigmaPrime, BoundForVeryManyTasksIsSafeAndTight) {
    ThreadPool threads(2);
    const std::size_t m = kLargestExactTasks + 1;
    const std::vector<double> r = {40.0, 7.0, 0.5};
    const std::size_t k = r.size();
    const double delta = 0.3;
    const LowRankKernel kernel = randomLowRank(m, r, delta, 31);
    for (const SigmaPrimeRule rule : kRules) {
        const std::vector<double> S = safeScaling(kernel, rule, threads);
        std::vector<double> inner(k * k);
        for (std::size_t t = 0; t < m; ++t) {
            ASSERT_GT(S[t], delta);
            for (std::size_t i = 0; i < k * k; ++i) {
                inner[i] += kernel.basis()[t * k + i % k] * kernel.basis()[t * k + i / k] / (S[t] - delta);
            }
        }
        for (std::size_t i = 0; i < k * k; ++i) {
            inner[i] *= std::sqrt(r[i % k] * r[i / k]);
        }
        const double top = blas::symmetricEigen(inner, k).values.back();
        EXPECT_LE(top, 1.0);
        EXPECT_GT(top, 1.0 - 1e-6);
    }
    // Directions the bound was not made from.
    const std::vector<double> S = safeScaling(kernel, SigmaPrimeRule::Row, threads);
    Numbers numbers(32);
    for (int trial = 0; trial < 20; ++trial) {
        const std::vector<double> x = numbers.normals(m);
        std::vector<double> Kx(m);
        kernel.apply(1, x, Kx, threads);
        double bound = 0.0;
        for (std::size_t t = 0; t < m; ++t) {
            bound += S[t] * x[t] * x[t];
        }
        EXPECT_LE(dot(x, Kx), bound);
    }
}

}  // namespace
}  // namespace fedmtl::testing
