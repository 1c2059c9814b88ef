// Laws of W = V K by columns: what is not written out equals what is, and moves are measured exactly.
#include "native/task_weights.hpp"

#include <gtest/gtest.h>

#include "native/dense_kernel.hpp"
#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

/// K and the number of features: W is not written out, written out for its rank, its size, and as dense.
struct Case {
    std::unique_ptr<TaskKernel> kernel;
    std::size_t cols;
};

std::vector<Case> cases() {
    std::vector<Case> result;
    const auto add = [&](auto kernel, std::size_t cols) {
        result.push_back({std::make_unique<decltype(kernel)>(std::move(kernel)), cols});
    };
    add(LowRankKernel(6, {}, {}, 0.4), 3);
    add(randomLowRank(700, {3.0, 0.5, 1e-3}, 0.2, 1), 5);
    add(randomLowRank(9, {3.0, 0.0}, 0.1, 2), 4);
    add(randomLowRank(4, {3.0, 1.0, 0.5}, 0.1, 3), 4);
    add(randomLowRank(12, {1.0, 0.3, 0.2, 0.1}, 0.3, 4), 9000);
    add(randomLowRank(40, {2.0}, 0.0, 5), 3);
    add(DenseKernel(9, randomSemidefinite(9, 4, 6)), 3);
    return result;
}

TEST(TaskWeights, ColumnsAreThoseOfVTimesK) {
    ThreadPool threads(2);
    for (const auto& [owned, cols] : cases()) {
        const TaskKernel& kernel = *owned;
        SCOPED_TRACE(::testing::Message() << kernel.tasks() << " tasks, " << cols << " features");
        Numbers numbers(7);
        const std::vector<double> V = numbers.normals(kernel.tasks() * cols);
        std::vector<double> expected(V.size());
        kernel.apply(cols, V, expected, threads);
        TaskWeights weights;
        weights.compute(kernel, cols, V, threads);
        const std::vector<double> W = weights.all(kernel, V, threads);
        expectNear(W, expected, 1e-13);
        std::vector<double> w(cols);
        for (std::size_t t = 0; t < kernel.tasks(); ++t) {
            weights.column(kernel, t, std::span(V).subspan(t * cols, cols), w);
            EXPECT_TRUE(std::ranges::equal(w, std::span(W).subspan(t * cols, cols)));
        }
        EXPECT_NEAR(weights.quadratic(kernel, V, threads), dot(V, expected), 1e-12 * dot(V, V));
    }
}

TEST(TaskWeights, AMoveIsMeasuredByItsProducts) {
    ThreadPool threads(2);
    for (const auto& [owned, cols] : cases()) {
        const TaskKernel& kernel = *owned;
        SCOPED_TRACE(::testing::Message() << kernel.tasks() << " tasks, " << cols << " features");
        Numbers numbers(8);
        const std::vector<double> V = numbers.normals(kernel.tasks() * cols);
        for (const double length : {1.0, 1e-4}) {
            std::vector<double> delta = numbers.normals(V.size());
            std::vector<double> otherV(V);
            for (std::size_t i = 0; i < V.size(); ++i) {
                delta[i] *= length;
                otherV[i] += delta[i];
            }
            std::vector<double> W(V.size());
            std::vector<double> deltaW(V.size());
            kernel.apply(cols, V, W, threads);
            kernel.apply(cols, delta, deltaW, threads);
            TaskWeights weights;
            TaskWeights other;
            weights.compute(kernel, cols, V, threads);
            other.compute(kernel, cols, otherV, threads);
            const KernelMove move = weights.moveTo(other, kernel, V, otherV, threads);
            const double size = std::sqrt(dot(V, V) * dot(delta, delta));
            EXPECT_NEAR(move.linear, dot(W, delta), 1e-11 * size);
            EXPECT_NEAR(move.quadratic, dot(delta, deltaW), 1e-11 * size);
            EXPECT_NEAR(move.there, other.quadratic(kernel, otherV, threads), 1e-12 * dot(V, V));
        }
    }
}

TEST(TaskWeights, HoldsNoWWhereTasksAreMany) {
    ThreadPool threads(1);
    constexpr std::size_t kTasks = 5000;
    constexpr std::size_t kCols = 20;
    const LowRankKernel kernel = randomLowRank(kTasks, {1.0, 0.5, 0.25}, 0.1, 9);
    TaskWeights weights;
    weights.compute(kernel, kCols, std::vector<double>(kTasks * kCols), threads);
    EXPECT_EQ(weights.bytes(), 3 * kCols * sizeof(double));
}

TEST(TaskWeights, GivesTheSameBitsAtAnyThreadCount) {
    constexpr std::size_t kTasks = 10000;
    constexpr std::size_t kCols = 6;
    Numbers numbers(10);
    const LowRankKernel kernel = randomLowRank(kTasks, {1.0, 0.5, 0.25}, 0.1, 10);
    const std::vector<double> V = numbers.normals(kTasks * kCols);
    const std::vector<double> otherV = numbers.normals(kTasks * kCols);
    std::vector<std::vector<double>> results;
    for (const std::size_t count : {1u, 2u, 4u}) {
        ThreadPool threads(count);
        TaskWeights weights;
        TaskWeights other;
        weights.compute(kernel, kCols, V, threads);
        other.compute(kernel, kCols, otherV, threads);
        results.push_back(weights.all(kernel, V, threads));
        const KernelMove move = weights.moveTo(other, kernel, V, otherV, threads);
        results.back().insert(results.back().end(), {move.linear, move.quadratic, move.there});
    }
    EXPECT_EQ(results[1], results[0]);
    EXPECT_EQ(results[2], results[0]);
}

}  // namespace
}  // namespace fedmtl::testing
