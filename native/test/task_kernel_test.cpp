// Laws of the kernel over tasks: low rank + identity is what its dense form is, at any thread count.
#include "native/dense_kernel.hpp"

#include <gtest/gtest.h>

#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

/// Column-major products of what is written out.
std::vector<double> timesKernel(std::size_t cols, std::span<const double> V, std::span<const double> K) {
    const std::size_t m = V.size() / cols;
    std::vector<double> W(V.size());
    for (std::size_t t = 0; t < m; ++t) {
        for (std::size_t s = 0; s < m; ++s) {
            for (std::size_t j = 0; j < cols; ++j) {
                W[t * cols + j] += V[s * cols + j] * K[t * m + s];
            }
        }
    }
    return W;
}

struct Shape {
    std::size_t tasks;
    std::size_t cols;
    std::vector<double> r;
    double delta;
};

const std::vector<Shape> kShapes = {
    {1, 3, {}, 0.7},
    {5, 2, {2.0}, 0.5},
    {9, 4, {3.0, 0.1, 1e-6}, 0.2},
    {40, 3, {1.0}, 0.0},
    {300, 6, {5.0, 1.0, 0.3, 0.3}, 1e-3},
    {270, 2, {1e-9, 1e3}, 1e-8},
};

TEST(TaskKernel, LowRankPlusIdentityEqualsItsWrittenOutForm) {
    ThreadPool threads(2);
    for (const Shape& shape : kShapes) {
        SCOPED_TRACE(shape.tasks);
        Numbers numbers(3);
        const LowRankKernel lowRank = randomLowRank(shape.tasks, shape.r, shape.delta, 11);
        const std::vector<double> K = lowRank.writtenOut(threads);
        const DenseKernel dense(shape.tasks, K);
        expectNear(lowRank.diagonal(threads), dense.diagonal(threads), 1e-13);
        expectNear(lowRank.absoluteRowSums(threads), dense.absoluteRowSums(threads), 1e-13);

        const std::vector<double> V = numbers.normals(shape.tasks * shape.cols);
        std::vector<double> W(V.size());
        lowRank.apply(shape.cols, V, W, threads);
        expectNear(W, timesKernel(shape.cols, V, K), 1e-12);
        std::vector<double> fromDense(V.size());
        dense.apply(shape.cols, V, fromDense, threads);
        expectNear(W, fromDense, 1e-12);
    }
}

TEST(TaskKernel, InverseQuadraticUndoesApply) {
    ThreadPool threads(1);
    for (const Shape& shape : kShapes) {
        if (shape.delta == 0.0) {
            continue;
        }
        SCOPED_TRACE(shape.tasks);
        Numbers numbers(5);
        const LowRankKernel kernel = randomLowRank(shape.tasks, shape.r, shape.delta, 12);
        const std::vector<double> V = numbers.normals(shape.tasks * shape.cols);
        std::vector<double> W(V.size());
        kernel.apply(shape.cols, V, W, threads);
        // tr(W K^-1 W') = tr(V K V') = sum(V o W)
        const double expected = dot(V, W);
        const double condition = (shape.delta + largest(shape.r)) / shape.delta;
        EXPECT_NEAR(kernel.inverseQuadratic(shape.cols, W, threads), expected, 1e-14 * condition * expected);
    }
}

TEST(TaskKernel, ApplyGivesTheSameBitsAtAnyThreadCountOverManyBlocks) {
    constexpr std::size_t kTasks = 10000;
    constexpr std::size_t kCols = 7;
    Numbers numbers(6);
    // Columns of unit length are enough here: nothing below needs them orthogonal.
    std::vector<double> basis = numbers.normals(3 * kTasks);
    for (double& value : basis) {
        value /= 100.0;
    }
    const LowRankKernel kernel(kTasks, basis, {3.0, 1.0, 0.2}, 0.1);
    const std::vector<double> V = numbers.normals(kTasks * kCols);
    ThreadPool one(1);
    std::vector<double> expected(V.size());
    kernel.apply(kCols, V, expected, one);
    const double quadratic = kernel.inverseQuadratic(kCols, V, one);
    for (const std::size_t count : {2u, 4u}) {
        ThreadPool threads(count);
        std::vector<double> W(V.size());
        kernel.apply(kCols, V, W, threads);
        EXPECT_EQ(W, expected);
        EXPECT_EQ(kernel.inverseQuadratic(kCols, V, threads), quadratic);
    }
    // The blocks are one sum after all: V U diag(r) U' + delta V, entry by entry.
    std::vector<double> projected(3 * kCols);
    for (std::size_t t = 0; t < kTasks; ++t) {
        for (std::size_t j = 0; j < 3 * kCols; ++j) {
            projected[j] += V[t * kCols + j % kCols] * basis[t * 3 + j / kCols];
        }
    }
    const double r[] = {3.0, 1.0, 0.2};
    std::vector<double> plain(V.size());
    for (std::size_t t = 0; t < kTasks; ++t) {
        for (std::size_t j = 0; j < kCols; ++j) {
            plain[t * kCols + j] = 0.1 * V[t * kCols + j];
            for (std::size_t k = 0; k < 3; ++k) {
                plain[t * kCols + j] += projected[k * kCols + j] * r[k] * basis[t * 3 + k];
            }
        }
    }
    expectNear(expected, plain, 1e-12);
}

TEST(TaskKernel, ProjectOnBasisIsTheProduct) {
    ThreadPool threads(2);
    Numbers numbers(8);
    constexpr std::size_t kTasks = 5000;
    constexpr std::size_t kCols = 3;
    constexpr std::size_t kRank = 2;
    const std::vector<double> A = numbers.normals(kTasks * kCols);
    const std::vector<double> basis = numbers.normals(kTasks * kRank);
    std::vector<double> expected(kCols * kRank);
    for (std::size_t t = 0; t < kTasks; ++t) {
        for (std::size_t k = 0; k < kRank; ++k) {
            for (std::size_t j = 0; j < kCols; ++j) {
                expected[k * kCols + j] += A[t * kCols + j] * basis[t * kRank + k];
            }
        }
    }
    expectNear(projectOnBasis(kCols, A, basis, kRank, threads), expected, 1e-11);
}

}  // namespace
}  // namespace fedmtl::testing
