// Laws of the graph's kernel and of both of its solvers: K M = I, K >= 0, rows of K sum to 1/lambda2, and the
// same bits at any thread count.
#include "native/graph_kernel.hpp"

#include <gtest/gtest.h>

#include "native/omega/relationship.hpp"
#include "native/sigma_prime.hpp"
#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

void add(GraphEdges& edges, std::size_t from, std::size_t to, double weight) {
    edges.from.push_back(static_cast<std::int32_t>(from));
    edges.to.push_back(static_cast<std::int32_t>(to));
    edges.weights.push_back(weight);
}

/// About three edges a task between any two, some of weight 0; task 0 stands alone.
GraphEdges randomGraph(std::size_t tasks, std::uint64_t seed) {
    Numbers numbers(seed);
    GraphEdges edges;
    for (std::size_t from = 1; from < tasks; ++from) {
        for (int e = 0; e < 3; ++e) {
            const std::size_t to = 1 + numbers.below(tasks - 1);
            if (to != from) {
                add(edges, from, to, numbers.below(8) == 0 ? 0.0 : numbers.magnitude(-2.0, 1.0));
            }
        }
    }
    return edges;
}

GraphEdges grid(std::size_t side) {
    GraphEdges edges;
    for (std::size_t i = 0; i < side; ++i) {
        for (std::size_t j = 0; j + 1 < side; ++j) {
            add(edges, i * side + j, i * side + j + 1, 1.0);
            add(edges, j * side + i, (j + 1) * side + i, 0.5);
        }
    }
    return edges;
}

/// lambda1 L + lambda2 I from its definition, n x n.
std::vector<double> precision(std::size_t tasks, double lambda1, double lambda2, const GraphEdges& edges) {
    std::vector<double> M(tasks * tasks);
    for (std::size_t t = 0; t < tasks; ++t) {
        M[t * tasks + t] = lambda2;
    }
    for (std::size_t e = 0; e < edges.from.size(); ++e) {
        const auto a = static_cast<std::size_t>(edges.from[e]);
        const auto b = static_cast<std::size_t>(edges.to[e]);
        M[a * tasks + a] += lambda1 * edges.weights[e];
        M[b * tasks + b] += lambda1 * edges.weights[e];
        M[a * tasks + b] -= lambda1 * edges.weights[e];
        M[b * tasks + a] -= lambda1 * edges.weights[e];
    }
    return M;
}

SparseSymmetric sparse(const std::vector<double>& M, std::size_t n) {
    SparseSymmetric result;
    result.begins.push_back(0);
    for (std::size_t row = 0; row < n; ++row) {
        for (std::size_t column = 0; column < n; ++column) {
            if (M[row * n + column] != 0.0) {
                result.columns.push_back(static_cast<std::int32_t>(column));
                result.values.push_back(M[row * n + column]);
            }
        }
        result.begins.push_back(static_cast<std::int64_t>(result.columns.size()));
    }
    return result;
}

/// W M for task-major W.
std::vector<double> times(const std::vector<double>& W, const std::vector<double>& M, std::size_t cols) {
    const std::size_t n = W.size() / cols;
    std::vector<double> V(W.size());
    for (std::size_t t = 0; t < n; ++t) {
        for (std::size_t s = 0; s < n; ++s) {
            for (std::size_t j = 0; j < cols; ++j) {
                V[t * cols + j] += W[s * cols + j] * M[t * n + s];
            }
        }
    }
    return V;
}

TEST(SparseSolver, BothWaysSolveWithM) {
    ThreadPool threads(2);
    for (const std::size_t n : {1u, 2u, 30u, 121u}) {
        const GraphEdges edges = n == 121 ? grid(11) : randomGraph(n, n);
        for (const double lambda2 : {1e-3, 0.3, 50.0}) {
            SCOPED_TRACE(::testing::Message() << n << " tasks, lambda2 " << lambda2);
            const std::vector<double> M = precision(n, 0.7, lambda2, edges);
            const auto cholesky = makeCholesky(sparse(M, n));
            ASSERT_NE(cholesky, nullptr);
            const auto gradients = makeConjugateGradients(sparse(M, n));
            for (const std::size_t cols : {1u, 16u, 37u}) {
                Numbers numbers(n + cols);
                std::vector<double> V = numbers.normals(n * cols);
                for (std::size_t t = 0; t < n; ++t) {
                    V[t * cols] = 0.0;  // a feature no task has
                }
                std::vector<double> exact(V.size());
                std::vector<double> iterated(V.size());
                cholesky->solve(cols, V, exact, threads);
                gradients->solve(cols, V, iterated, threads);
                const double condition = 1.0 + 40.0 / lambda2;
                expectNear(times(exact, M, cols), V, 1e-15 * condition);
                expectNear(times(iterated, M, cols), V, 1e-13 + 1e-15 * condition);
                for (std::size_t t = 0; t < n; ++t) {
                    EXPECT_EQ(exact[t * cols], 0.0);
                    EXPECT_EQ(iterated[t * cols], 0.0);
                }
                // What the certificate relies on: V o W sums to tr(W M W'), to second order of the residual.
                const double quadratic = dot(iterated, times(iterated, M, cols));
                EXPECT_NEAR(dot(V, iterated), quadratic, 1e-13 * quadratic);
            }
        }
    }
}

TEST(SparseSolver, AFactorThatTakesTooMuchIsNotMade) {
    const std::size_t n = 200;
    const SparseSymmetric M = sparse(precision(n, 1.0, 0.1, randomGraph(n, 3)), n);
    EXPECT_EQ(makeCholesky(M, 1e4), nullptr);
    EXPECT_NE(makeCholesky(M, 1e7), nullptr);
}

TEST(SparseSolver, WhatIsNotPositiveDefiniteIsRefused) {
    EXPECT_THROW(makeCholesky(sparse({1.0, 2.0, 2.0, 1.0}, 2)), Error);
}

TEST(GraphKernel, IsTheInverseOfMWithRowsThatSumToTheRidge) {
    ThreadPool threads(2);
    for (const std::size_t n : {1u, 2u, 40u, 300u}) {
        const GraphEdges edges = randomGraph(n, n);
        const double lambda2 = 0.2;
        const GraphKernel kernel(n, 0.5, lambda2, edges);
        const std::vector<double> K = kernel.writtenOut(threads);
        std::vector<double> identity(n * n);
        for (std::size_t t = 0; t < n; ++t) {
            identity[t * n + t] = 1.0;
        }
        expectNear(times(K, precision(n, 0.5, lambda2, edges), n), identity, 1e-12);
        std::vector<double> sums(n);
        for (std::size_t i = 0; i < n * n; ++i) {
            EXPECT_GE(K[i], -1e-16);
            sums[i / n] += K[i];
        }
        const std::vector<double> claimed = kernel.absoluteRowSums(threads);
        EXPECT_EQ(claimed, std::vector<double>(n, 1.0 / lambda2));
        expectNear(sums, claimed, 1e-13);
        const std::vector<double> diagonal = kernel.diagonal(threads);
        for (std::size_t t = 0; t < n; ++t) {
            EXPECT_EQ(diagonal[t], K[t * n + t]);
        }
        EXPECT_NEAR(K[0], 1.0 / lambda2, 1e-15) << "a task without edges stands alone";
    }
}

TEST(GraphKernel, GivesTheEntriesOfSomeTasks) {
    ThreadPool threads(2);
    const std::size_t n = 300;
    const GraphKernel kernel(n, 1.0, 0.1, randomGraph(n, 5));
    const std::vector<double> K = kernel.writtenOut(threads);
    std::vector<std::int32_t> positions;
    for (std::size_t t = 0; t < n; t += 2) {
        positions.push_back(static_cast<std::int32_t>((7 * t) % n));
    }
    const std::vector<double> some = kernel.entries(positions, threads);
    const std::size_t p = positions.size();
    for (std::size_t i = 0; i < p * p; ++i) {
        const auto s = static_cast<std::size_t>(positions[i / p]);
        const auto t = static_cast<std::size_t>(positions[i % p]);
        ASSERT_NEAR(some[i], K[s * n + t], 1e-14);
    }
    EXPECT_THROW(kernel.entries(std::vector<std::int32_t>{300}, threads), Error);
    EXPECT_THROW(kernel.entries(std::vector<std::int32_t>{-1}, threads), Error);
}

TEST(GraphKernel, AppliesToManyTasksWithTheSameBitsAtAnyThreadCount) {
    const std::size_t side = 300;
    const std::size_t n = side * side;
    constexpr std::size_t kCols = 20;
    Numbers numbers(6);
    const std::vector<double> V = numbers.normals(n * kCols);
    const GraphEdges edges = grid(side);
    const GraphKernel kernel(n, 1.0, 0.01, edges);
    std::vector<std::vector<double>> results;
    for (const std::size_t count : {1u, 2u, 4u}) {
        ThreadPool threads(count);
        std::vector<double> W(V.size());
        kernel.apply(kCols, V, W, threads);
        results.push_back(std::move(W));
        const auto S = safeScaling(kernel, SigmaPrimeRule::Paper, threads);
        EXPECT_EQ(S, std::vector<double>(n, 1.0 / 0.01));
    }
    EXPECT_EQ(results[1], results[0]);
    EXPECT_EQ(results[2], results[0]);
    // M W = V, edge by edge.
    std::vector<double> product(V.size());
    for (std::size_t i = 0; i < product.size(); ++i) {
        product[i] = 0.01 * results[0][i];
    }
    for (std::size_t e = 0; e < edges.from.size(); ++e) {
        const auto a = static_cast<std::size_t>(edges.from[e]) * kCols;
        const auto b = static_cast<std::size_t>(edges.to[e]) * kCols;
        for (std::size_t j = 0; j < kCols; ++j) {
            const double flow = edges.weights[e] * (results[0][a + j] - results[0][b + j]);
            product[a + j] += flow;
            product[b + j] -= flow;
        }
    }
    expectNear(product, V, 1e-12);
}

TEST(GraphKernel, ConjugateGradientsTakeOverOnLargeRandomGraphsWithTheSameBits) {
    // A factor would take some 1e10 multiply-adds.
    const std::size_t n = 10000;
    constexpr std::size_t kCols = 20;
    const GraphEdges edges = randomGraph(n, 7);
    const GraphKernel kernel(n, 1.0, 0.1, edges);
    Numbers numbers(8);
    const std::vector<double> V = numbers.normals(n * kCols);
    std::vector<std::vector<double>> results;
    for (const std::size_t count : {1u, 4u}) {
        ThreadPool threads(count);
        std::vector<double> W(V.size());
        kernel.apply(kCols, V, W, threads);
        results.push_back(std::move(W));
    }
    EXPECT_EQ(results[1], results[0]);
    // W 1 = V 1 / lambda2: the kernel sums to 1/lambda2 along tasks.
    for (std::size_t j = 0; j < kCols; ++j) {
        double v = 0.0;
        double w = 0.0;
        for (std::size_t t = 0; t < n; ++t) {
            v += V[t * kCols + j];
            w += results[0][t * kCols + j];
        }
        EXPECT_NEAR(0.1 * w, v, 1e-9);
    }
}

TEST(GraphKernel, EveryRuleIsSafe) {
    ThreadPool threads(1);
    const std::size_t n = 30;
    const GraphKernel kernel(n, 1.0, 0.1, randomGraph(n, 9));
    for (const auto rule : {SigmaPrimeRule::Paper, SigmaPrimeRule::Row, SigmaPrimeRule::Spectral}) {
        const std::vector<double> S = safeScaling(kernel, rule, threads);
        std::vector<double> slack = kernel.writtenOut(threads);
        for (std::size_t i = 0; i < slack.size(); ++i) {
            slack[i] = (i % (n + 1) == 0 ? S[i / n] : 0.0) - slack[i];
        }
        EXPECT_GE(blas::symmetricEigen(std::move(slack), n).values.front(), -1e-13 * largest(S));
    }
}

TEST(Graph, RefusesWhatIsNoGraph) {
    const Regularization weights{.lambda1 = 1.0, .lambda2 = 0.1};
    EXPECT_NO_THROW(makeGraph(3, weights, {{0, 1}, {1, 2}, {1.0, 0.0}}));
    EXPECT_NO_THROW(makeGraph(3, weights, {}));
    EXPECT_THROW(makeGraph(3, {.lambda1 = 1.0, .lambda2 = 0.0}, {{0}, {1}, {1.0}}), Error);
    EXPECT_THROW(makeGraph(3, weights, {{0}, {3}, {1.0}}), Error);
    EXPECT_THROW(makeGraph(3, weights, {{-1}, {1}, {1.0}}), Error);
    EXPECT_THROW(makeGraph(3, weights, {{1}, {1}, {1.0}}), Error);
    EXPECT_THROW(makeGraph(3, weights, {{0}, {1}, {-1.0}}), Error);
    EXPECT_THROW(makeGraph(3, weights, {{0}, {1}, {std::nan("")}}), Error);
    EXPECT_THROW(makeGraph(3, weights, {{0, 1}, {1}, {1.0}}), Error);
}

}  // namespace
}  // namespace fedmtl::testing
