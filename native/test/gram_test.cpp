// Laws of Gram mode: G is what it says, rounds by G are rounds by features, and the choice keeps to its
// memory.
#include "native/gram.hpp"

#include <gtest/gtest.h>

#include "native/client_pool.hpp"
#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

TEST(Gram, HoldsTheInnerProductsOfTheRowsOfATask) {
    const Problem problem(true, 3, {5, 11, 2}, 7);
    const std::size_t first = problem.first(1);
    const DenseRows<double> rows{problem.values.data(), problem.cols};
    Gram gram;
    EXPECT_FALSE(gram.built());
    gram.build(kernels(), rows, first, 11, problem.cols);
    ASSERT_TRUE(gram.built());
    for (std::size_t i = 0; i < 11; ++i) {
        for (std::size_t j = 0; j < 11; ++j) {
            const double inner = dot(problem.row(first + i), problem.row(first + j));
            EXPECT_NEAR(gram.row(i)[j], inner, 1e-14 * (1.0 + std::abs(inner)));
            EXPECT_EQ(gram.row(i)[j], gram.row(j)[i]);
        }
    }
}

TEST(Gram, IsTheSameForSparseRowsAndNearlyForFloat32) {
    const Problem problem(true, 4, {9}, 6);
    std::vector<float> floats(problem.values.begin(), problem.values.end());
    std::vector<double> rounded(floats.begin(), floats.end());
    std::vector<std::int64_t> indptr{0};
    std::vector<std::int32_t> indices;
    for (std::size_t i = 0; i < 9; ++i) {
        for (std::int32_t j = 0; j < 6; ++j) {
            indices.push_back(j);
        }
        indptr.push_back(static_cast<std::int64_t>(indices.size()));
    }
    const auto build = [&](const RowsView& rows) {
        Gram gram;
        gram.build(kernels(), rows, 0, 9, 6);
        return gram;
    };
    const Gram dense = build(DenseRows<double>{rounded.data(), 6});
    const Gram dense32 = build(DenseRows<float>{floats.data(), 6});
    const Gram sparse = build(CsrRows<double>{indptr.data(), indices.data(), rounded.data(), 6});
    for (std::size_t i = 0; i < 9; ++i) {
        for (std::size_t j = 0; j < 9; ++j) {
            const double expected = dense.row(i)[j];
            EXPECT_NEAR(dense32.row(i)[j], expected, 1e-13 * (1.0 + std::abs(expected)));
            EXPECT_NEAR(sparse.row(i)[j], expected, 1e-13 * (1.0 + std::abs(expected)));
        }
    }
}

/// What a pool answers to the same rounds.
struct Answers {
    std::vector<double> v;
    std::vector<double> alpha;
    std::vector<double> e;
};

Answers answersOf(const Problem& problem, SolverSpec spec, GramMode gram, double S) {
    spec.gram = gram;
    ClientPool pool(problem.set(), spec, 1);
    ClientWorkspace workspace;
    Numbers numbers(9);
    Answers answers;
    Decision decision;
    for (std::uint64_t round = 1; round <= 20; ++round) {
        const std::vector<double> w = numbers.normals(problem.cols);
        const double beta = spec.momentum && round > 2 ? 0.4 : 0.0;
        for (std::size_t t = 0; t < problem.sizes.size(); ++t) {
            // Some budgets end within a pass.
            const RoundRequest request{.round = round,
                                       .w = w,
                                       .S = S,
                                       .steps = 3 * problem.sizes[t] + round % 3,
                                       .beta = beta,
                                       .decision = decision,
                                       .wantTheta = true};
            Client client = pool.client(t);
            client.decide(decision);
            const Proposal proposal = client.propose(request, workspace, kNotCancelled);
            answers.v.insert(answers.v.end(), proposal.v.begin(), proposal.v.end());
            answers.e.push_back(proposal.e);
            // Where a task has nothing left to gain, theta is a quotient of roundings.
            EXPECT_GE(proposal.theta, 0.0);
            EXPECT_LE(proposal.theta, 1.0);
        }
        decision = {round, round % 2 == 0 ? 1.0 : 0.5, 0};
    }
    answers.alpha.assign(pool.alpha().begin(), pool.alpha().end());
    return answers;
}

TEST(Gram, RoundsAnswerAsByFeatures) {
    for (const LossSpec& loss : allLosses()) {
        const Problem problem(isClassification(loss), 21, {9, 1, 14, 6}, 8);
        for (const bool momentum : {false, true}) {
            for (const bool shrinking : {false, true}) {
                for (const double S : {0.0, 0.7}) {
                    const SolverSpec spec{
                        .loss = loss, .seed = 5, .momentum = momentum, .shrinking = shrinking};
                    const Answers byFeatures = answersOf(problem, spec, GramMode::Off, S);
                    const Answers byGram = answersOf(problem, spec, GramMode::On, S);
                    expectNear(byGram.v, byFeatures.v, 1e-10);
                    expectNear(byGram.alpha, byFeatures.alpha, 1e-10);
                    expectNear(byGram.e, byFeatures.e, 1e-9);
                }
            }
        }
    }
}

TEST(Gram, CountsLessArithmeticWhereItIsChosenForManyPasses) {
    const Problem problem(true, 8, {40}, 200);
    const auto flopsOf = [&](GramMode gram) {
        ClientPool pool(problem.set(),
                        SolverSpec{.loss = {.kind = LossKind::Hinge}, .gram = gram, .localEpochs = 20.0}, 1);
        ClientWorkspace workspace;
        const std::vector<double> w(problem.cols, 0.0);
        const RoundRequest request{.round = 1, .w = w, .S = 1.0, .steps = 800, .decision = {}};
        return pool.client(0).propose(request, workspace, kNotCancelled).flops;
    };
    EXPECT_EQ(flopsOf(GramMode::Auto), flopsOf(GramMode::On));
    EXPECT_LT(flopsOf(GramMode::On), flopsOf(GramMode::Off) / 5);
}

TEST(Gram, IsNeverChosenForOnePassNorForMoreMemoryThanTheRows) {
    for (const std::size_t rows : {1u, 10u, 100u, 1000u, 5000u}) {
        for (const std::size_t cols : {1u, 10u, 100u, 1000u, 5000u}) {
            for (const std::size_t bytes : {4u, 8u}) {
                EXPECT_FALSE(gramWins({1.0, rows, cols, bytes}));
                bool before = false;
                for (const double epochs : {0.5, 2.0, 5.0, 50.0, 1e4}) {
                    const bool wins = gramWins({epochs, rows, cols, bytes});
                    EXPECT_TRUE(wins || !before) << "more passes speak for it";
                    EXPECT_FALSE(wins && rows * sizeof(double) > cols * bytes);
                    before = wins;
                }
            }
        }
    }
}

}  // namespace
}  // namespace fedmtl::testing
