// Laws of a client: v follows alpha, decisions are applied once, theta bounds what was left to gain.
#include "native/client.hpp"

#include <gtest/gtest.h>

#include "native/client_pool.hpp"
#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

/// What a test varies of a request.
struct Work {
    std::uint64_t round = 1;
    double S = 1.0;
    std::uint64_t steps = 1;
    double beta = 0.0;
    bool wantTheta = false;
};

/// A pool over a problem, and the messages to one of its tasks.
class Fixture {
  public:
    Fixture(const LossSpec& loss, std::uint64_t seed, bool momentum = false)
        : problem_(isClassification(loss), seed),
          pool_(problem_.set(), SolverSpec{.loss = loss, .seed = seed, .momentum = momentum}, 1),
          numbers_(seed) {
        w_ = numbers_.normals(problem_.cols);
    }

    const Problem& problem() const { return problem_; }
    ClientPool& pool() { return pool_; }
    Numbers& numbers() { return numbers_; }
    std::span<const double> w() const { return w_; }
    std::vector<double> alpha() const { return {pool_.alpha().begin(), pool_.alpha().end()}; }
    std::vector<double> v(std::size_t task) {
        const auto v = pool_.client(task).v();
        return {v.begin(), v.end()};
    }

    Proposal propose(std::size_t task, const Work& work, const std::atomic<bool>& cancelled = kNotCancelled) {
        const RoundRequest request{.round = work.round,
                                   .w = w_,
                                   .S = work.S,
                                   .steps = work.steps,
                                   .beta = work.beta,
                                   .decision = {},
                                   .wantTheta = work.wantTheta};
        return pool_.client(task).propose(request, workspace_, cancelled);
    }

    /// What became of the last proposal of a task, made in `round`.
    void decide(std::size_t task, const Decision& decision) { pool_.client(task).decide(decision); }

    Objective evaluate(std::size_t task) { return pool_.client(task).evaluate(w_, workspace_); }

    void expectVFollowsAlpha(double tolerance) {
        const std::vector<double> all = alpha();
        for (std::size_t t = 0; t < problem_.sizes.size(); ++t) {
            expectNear(v(t), problem_.dualVector(t, all), tolerance);
        }
    }

  private:
    Problem problem_;
    ClientPool pool_;
    Numbers numbers_;
    std::vector<double> w_;
    ClientWorkspace workspace_;
};

/// G(Delta) - G(0) of the proposal.
double riseOf(const Proposal& proposal, std::span<const double> v, std::span<const double> w, double S) {
    double linear = 0.0;
    double square = 0.0;
    for (std::size_t j = 0; j < v.size(); ++j) {
        const double change = proposal.v[j] - v[j];
        linear += w[j] * change;
        square += change * change;
    }
    return proposal.e - linear - 0.5 * S * square;
}

TEST(Client, VIsTheRowsWeighedByAlphaAfterAnyDecisions) {
    for (const LossSpec& loss : allLosses()) {
        for (const bool momentum : {false, true}) {
            Fixture fixture(loss, 3, momentum);
            for (std::uint64_t round = 1; round <= 100; ++round) {
                const double gamma = round % 3 == 0 ? fixture.numbers().uniform(0.0, 1.0) : 1.0;
                const double beta = momentum && round % 2 == 0 ? 0.6 : 0.0;
                for (std::size_t t = 0; t < fixture.problem().sizes.size(); ++t) {
                    fixture.propose(t, {.round = round, .S = 2.0, .steps = 1 + round % 20, .beta = beta});
                    fixture.decide(t, {.round = round, .gamma = gamma, .restarts = round / 10});
                }
                fixture.expectVFollowsAlpha(1e-12);
            }
        }
    }
}

TEST(Client, AlphaStaysInItsDomainAndWeightlessRowsStayOut) {
    for (const LossSpec& spec : allLosses()) {
        Fixture fixture(spec, 4, true);
        for (std::uint64_t round = 1; round <= 40; ++round) {
            fixture.propose(0, {.round = round, .S = 0.3, .steps = 11, .beta = 0.5});
            fixture.decide(0, {.round = round, .gamma = round % 4 == 0 ? 0.3 : 1.0});
            const std::vector<double> alpha = fixture.alpha();
            EXPECT_EQ(alpha[2], 0.0);
            visitLoss(spec, [&](const auto& loss) {
                for (std::size_t i = 0; i < fixture.problem().sizes[0]; ++i) {
                    const double clipped = loss.clip(alpha[i], fixture.problem().labels[i]);
                    ASSERT_NEAR(alpha[i], clipped, 1e-15);
                }
            });
        }
    }
}

TEST(Client, AProposalRaisesItsSubproblemByWhatItReports) {
    for (const LossSpec& spec : allLosses()) {
        Fixture fixture(spec, 5);
        for (std::uint64_t round = 1; round <= 20; ++round) {
            for (const double S : {0.0, 1e-3, 1.0, 50.0}) {
                const std::vector<double> before = fixture.alpha();
                const std::vector<double> v = fixture.v(2);
                const Proposal proposal = fixture.propose(2, {.round = round, .S = S, .steps = 9});
                EXPECT_EQ(proposal.steps, 9u);
                EXPECT_GE(riseOf(proposal, v, fixture.w(), S), -1e-12);
                EXPECT_EQ(fixture.alpha(), before) << "a proposal is not yet accepted";
                fixture.decide(2, {.round = round});
                const std::size_t first = fixture.problem().first(2);
                double e = 0.0;
                visitLoss(spec, [&](const auto& loss) {
                    for (std::size_t i = first; i < first + fixture.problem().sizes[2]; ++i) {
                        const double y = fixture.problem().labels[i];
                        const double after = loss.negativeConjugate(fixture.pool().alpha()[i], y);
                        e += fixture.problem().weights[i] * (after - loss.negativeConjugate(before[i], y));
                    }
                });
                EXPECT_NEAR(proposal.e, e, 1e-12 * (1.0 + std::abs(e)));
            }
        }
    }
}

TEST(Client, ThetaBoundsTheShareOfTheGainThatIsLeft) {
    for (const LossSpec& spec : allLosses()) {
        for (const double S : {0.0, 0.05, 1.0, 20.0}) {
            // The same client twice: one solves the subproblem to the end.
            Fixture longSolve(spec, 6);
            const std::vector<double> v = longSolve.v(2);
            const double best =
                riseOf(longSolve.propose(2, {.round = 1, .S = S, .steps = 300000}), v, longSolve.w(), S);
            double previous = 2.0;
            for (const std::uint64_t steps : {1u, 5u, 14u, 70u, 2000u, 60000u}) {
                Fixture fixture(spec, 6);
                const Proposal proposal =
                    fixture.propose(2, {.round = 1, .S = S, .steps = steps, .wantTheta = true});
                const double left = best - riseOf(proposal, v, fixture.w(), S);
                ASSERT_GE(proposal.theta, 0.0);
                ASSERT_LE(proposal.theta, 1.0);
                EXPECT_LE(left, proposal.theta * best + 1e-9 * (1.0 + best));
                previous = proposal.theta;
            }
            EXPECT_LT(previous, 0.1) << "much work leaves little";
        }
    }
}

TEST(Client, ADecisionIsAppliedOnceAndZeroMeansNothingHappened) {
    Fixture fixture({.kind = LossKind::Logistic}, 7);
    fixture.propose(0, {.round = 1, .steps = 9});
    fixture.decide(0, {.round = 1, .gamma = 0.0});
    EXPECT_EQ(largest(fixture.alpha()), 0.0);
    fixture.decide(0, {.round = 1, .gamma = 1.0});
    EXPECT_EQ(largest(fixture.alpha()), 0.0);
    fixture.propose(0, {.round = 2, .steps = 9});
    fixture.decide(0, {.round = 2, .gamma = 1.0});
    const std::vector<double> alpha = fixture.alpha();
    EXPECT_GT(largest(alpha), 0.0);
    fixture.decide(0, {.round = 2, .gamma = 1.0});
    EXPECT_EQ(fixture.alpha(), alpha);
}

TEST(Client, AProposalThatIsWithdrawnOrWasLostCountsAsNeverMade) {
    Fixture fixture({.kind = LossKind::Logistic}, 7);
    fixture.propose(0, {.round = 1, .steps = 9});
    fixture.decide(0, {.round = 1});
    const std::vector<double> alpha = fixture.alpha();
    fixture.propose(0, {.round = 2, .steps = 9});
    fixture.pool().client(0).withdraw();
    fixture.decide(0, {.round = 2});
    EXPECT_EQ(fixture.alpha(), alpha);
    fixture.propose(0, {.round = 3, .steps = 9});
    fixture.decide(0, {.round = 1});  // the server still speaks of round 1: round 3 did not arrive
    fixture.decide(0, {.round = 3});
    EXPECT_EQ(fixture.alpha(), alpha);
}

TEST(Client, ACancelledProposalLeavesNothingBehind) {
    Fixture fixture({.kind = LossKind::SmoothedHinge}, 8);
    fixture.propose(0, {.round = 1, .steps = 9});
    fixture.decide(0, {.round = 1});
    const std::vector<double> alpha = fixture.alpha();
    const std::vector<double> v = fixture.v(0);
    const std::atomic<bool> cancelled{true};
    EXPECT_EQ(fixture.propose(0, {.round = 2, .steps = 1000}, cancelled).steps, 0u);
    fixture.decide(0, {.round = 2});
    EXPECT_EQ(fixture.alpha(), alpha);
    EXPECT_EQ(fixture.v(0), v);
}

TEST(Client, EvaluatesItsShareOfPrimalAndDual) {
    for (const LossSpec& spec : allLosses()) {
        Fixture fixture(spec, 9);
        for (std::size_t t = 0; t < fixture.problem().sizes.size(); ++t) {
            fixture.propose(t, {.round = 1, .S = 1.0, .steps = 5});
            fixture.decide(t, {.round = 1});
            const Objective objective = fixture.evaluate(t);
            double lossSum = 0.0;
            double conjugateSum = 0.0;
            visitLoss(spec, [&](const auto& loss) {
                const std::size_t first = fixture.problem().first(t);
                for (std::size_t i = first; i < first + fixture.problem().sizes[t]; ++i) {
                    const double q = fixture.problem().weights[i];
                    const double y = fixture.problem().labels[i];
                    lossSum += q * loss.value(dot(fixture.problem().row(i), fixture.w()), y);
                    conjugateSum -= q * loss.negativeConjugate(fixture.pool().alpha()[i], y);
                }
            });
            EXPECT_NEAR(objective.lossSum, lossSum, 1e-12 * (1.0 + lossSum));
            EXPECT_NEAR(objective.conjugateSum, conjugateSum, 1e-12 * (1.0 + std::abs(conjugateSum)));
        }
    }
}

TEST(Client, RefusesMomentumItWasNotMadeFor) {
    Fixture fixture({.kind = LossKind::Hinge}, 10);
    EXPECT_THROW(fixture.propose(0, {.round = 1, .S = 1.0, .steps = 1, .beta = 0.5}), Error);
}

TEST(ClientPool, MeanWeightingIsOneOverTheTasksWeight) {
    const Problem problem(false, 11);
    const LossSpec loss{.kind = LossKind::Squared};
    ClientPool sum(problem.set(), {.loss = loss, .weighting = Weighting::Sum}, 1);
    ClientPool mean(problem.set(), {.loss = loss, .weighting = Weighting::Mean}, 1);
    const std::vector<double> w(problem.cols);
    ClientWorkspace workspace;
    for (std::size_t t = 0; t < problem.sizes.size(); ++t) {
        const auto begin = problem.weights.begin() + static_cast<std::ptrdiff_t>(problem.first(t));
        const double total =
            std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(problem.sizes[t]), 0.0);
        const double whole = sum.client(t).evaluate(w, workspace).lossSum;
        EXPECT_NEAR(mean.client(t).evaluate(w, workspace).lossSum, whole / total, 1e-13 * whole / total);
    }
    Problem weightless(false, 12);
    std::ranges::fill(weightless.weights, 0.0);
    EXPECT_THROW(ClientPool(weightless.set(), {.loss = loss, .weighting = Weighting::Mean}, 1), Error);
    EXPECT_NO_THROW(ClientPool(weightless.set(), {.loss = loss, .weighting = Weighting::Sum}, 1));
}

}  // namespace
}  // namespace fedmtl::testing
