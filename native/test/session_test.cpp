// Laws of rounds in one process: certificates, drop-outs, where calls end, cancelling.
#include "native/session.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>
#include <utility>

#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

constexpr Regularization kWeights{.lambda1 = 0.3, .lambda2 = 0.1};
constexpr Policy kPolicies[] = {Policy::Paper, Policy::Row, Policy::Spectral, Policy::Adaptive,
                                Policy::Accelerated};

/// With a loss under which no row naps, and with one under which rows do where the policy lets them.
constexpr std::pair<Policy, LossKind> kPoliciesAndLosses[] = {
    {Policy::Paper, LossKind::Logistic},       {Policy::Row, LossKind::Logistic},
    {Policy::Spectral, LossKind::Logistic},    {Policy::Adaptive, LossKind::Logistic},
    {Policy::Accelerated, LossKind::Logistic}, {Policy::Adaptive, LossKind::Hinge},
    {Policy::Accelerated, LossKind::Hinge}};

/// Clients and server of a small problem.
class Session {
  public:
    Session(const LossSpec& loss, Policy policy, std::size_t threads,
            std::unique_ptr<Relationship> relationship = nullptr, bool lent = false)
        : problem(isClassification(loss), 5),
          pool(problem.set(),
               {.loss = loss,
                .seed = 9,
                .momentum = policy == Policy::Accelerated,
                .shrinking = policy == Policy::Accelerated || policy == Policy::Adaptive},
               threads),
          server(problem.sizes.size(), problem.cols,
                 relationship ? std::move(relationship) : makeMean(problem.sizes.size(), kWeights), policy,
                 pool.threads(), lent ? pool.lend() : nullptr),
          steps(problem.sizes.begin(), problem.sizes.end()) {}

    std::vector<RoundRecord> run(RoundPlan plan, const std::atomic<bool>& cancelled = kNotCancelled) {
        plan.steps = steps;
        return runRounds(pool, server, plan, cancelled);
    }

    std::vector<double> alpha() const { return {pool.alpha().begin(), pool.alpha().end()}; }
    std::vector<double> W() { return server.W(pool.threads()); }

    void expectVFollowsAlpha() const {
        const std::size_t cols = problem.cols;
        for (std::size_t t = 0; t < problem.sizes.size(); ++t) {
            expectNear(server.V().subspan(t * cols, cols), problem.dualVector(t, pool.alpha()), 1e-12);
        }
    }

    Problem problem;
    ClientPool pool;
    Server server;
    std::vector<double> steps;
};

/// Rounds without a limit on time.
RoundPlan rounds(std::uint64_t first, std::uint64_t count) {
    RoundPlan plan;
    plan.firstRound = first;
    plan.maxRounds = count;
    plan.seconds = 1e9;
    return plan;
}

TEST(Session, TheWorkOfTasksAddsUpToTheRoundsAndThetaIsABound) {
    for (const auto& [policy, loss] : kPoliciesAndLosses) {
        SCOPED_TRACE(static_cast<int>(policy));
        Session plain({.kind = loss}, policy, 2);
        Session detailed({.kind = loss}, policy, 2);
        TaskWork work(detailed.steps.size());
        for (std::uint64_t round = 1; round <= 20; ++round) {
            const std::size_t dropped = round % detailed.steps.size();
            const double count = std::exchange(detailed.steps[dropped], 0.0);
            plain.steps = detailed.steps;
            RoundPlan plan = rounds(round, 1);
            plain.run(plan);
            plan.steps = detailed.steps;
            plan.wantTheta = true;
            const RoundRecord record =
                runRounds(detailed.pool, detailed.server, plan, kNotCancelled, &work)[0];
            detailed.steps[dropped] = count;
            const auto sum = [](const std::vector<double>& values) {
                return std::accumulate(values.begin(), values.end(), 0.0);
            };
            EXPECT_EQ(sum(work.steps), static_cast<double>(record.steps));
            EXPECT_EQ(sum(work.flops), static_cast<double>(record.flops));
            EXPECT_EQ(work.steps[dropped], 0.0);
            EXPECT_EQ(work.flops[dropped], 0.0);
            EXPECT_EQ(work.theta[dropped], 1.0);
            for (const double theta : work.theta) {
                EXPECT_GE(theta, 0.0);
                EXPECT_LE(theta, 1.0);
            }
            const Certificate now = certifyNow(detailed.pool, detailed.server);
            EXPECT_EQ(now.primal, record.certificate.primal);
            EXPECT_EQ(now.dual, record.certificate.dual);
        }
        // Neither being watched nor being certified once more has changed a bit.
        EXPECT_EQ(plain.alpha(), detailed.alpha());
        EXPECT_EQ(plain.W(), detailed.W());
    }
}

TEST(Session, EveryRoundIsCertifiedAndTheDualNeverFalls) {
    for (const LossSpec& loss : allLosses()) {
        for (const Policy policy : kPolicies) {
            SCOPED_TRACE(::testing::Message()
                         << static_cast<int>(loss.kind) << ", " << static_cast<int>(policy));
            Session session(loss, policy, 2);
            double dual = 0.0;
            for (std::uint64_t round = 1; round <= 80; ++round) {
                for (std::size_t t = 0; t < session.steps.size(); ++t) {
                    const bool dropped = (round * (t + 3)) % 4 == 0;
                    session.steps[t] = dropped ? 0.0 : static_cast<double>((round + t) % 19);
                }
                const auto records = session.run(rounds(round, 1));
                ASSERT_EQ(records.size(), 1u);
                const Certificate& certificate = records[0].certificate;
                ASSERT_TRUE(records[0].certified);
                const double scale = std::max(std::abs(certificate.primal), std::abs(certificate.dual));
                ASSERT_GE(certificate.gap, -1e-12 * scale);
                ASSERT_GE(certificate.dual, dual - 1e-12 * scale);
                dual = certificate.dual;
                session.expectVFollowsAlpha();
            }
            const Certificate last = certifyFromAlpha(session.pool, session.server);
            EXPECT_NEAR(last.dual, dual, 1e-12 * (1.0 + std::abs(dual)));
            session.expectVFollowsAlpha();
        }
    }
}

TEST(Session, DroppedTasksKeepTheirAlphaAndAreNotCounted) {
    for (const Policy policy : kPolicies) {
        Session session({.kind = LossKind::Squared}, policy, 1);
        session.run(rounds(1, 3));
        const std::vector<double> before = session.alpha();
        session.steps = {0.0, 1.0, 0.0, 7.0};
        const auto records = session.run(rounds(4, 5));
        ASSERT_EQ(records.size(), 5u);
        for (const RoundRecord& record : records) {
            EXPECT_EQ(record.participants, 2u);
            EXPECT_EQ(record.steps, 8u);
        }
        const std::vector<double> after = session.alpha();
        for (const std::size_t dropped : {0u, 2u}) {
            const std::size_t first = session.problem.first(dropped);
            for (std::size_t i = first; i < first + session.problem.sizes[dropped]; ++i) {
                EXPECT_EQ(after[i], before[i]);
            }
        }
        session.steps.assign(4, 0.0);
        EXPECT_EQ(session.run(rounds(9, 1)).front().participants, 0u);
        EXPECT_EQ(session.alpha(), after);
    }
}

TEST(Session, WhereCallsEndAndHowManyThreadsRunChangesNoBit) {
    for (const auto& [policy, loss] : kPoliciesAndLosses) {
        RoundPlan plan = rounds(1, 40);
        plan.certifyEvery = 3;
        Session whole({.kind = loss}, policy, 1);
        const auto records = whole.run(plan);
        ASSERT_EQ(records.size(), 40u);
        Session pieces({.kind = loss}, policy, 3);
        plan.seconds = 0.0;  // a call then ends after its first round
        for (std::uint64_t done = 0; done < 40; ++done) {
            plan.firstRound = done + 1;
            plan.roundOfWStep = done;
            const auto piece = pieces.run(plan);
            ASSERT_EQ(piece.size(), 1u);
            EXPECT_EQ(piece[0].certified, records[done].certified);
            EXPECT_EQ(piece[0].certificate.primal, records[done].certificate.primal);
            EXPECT_EQ(piece[0].certificate.dual, records[done].certificate.dual);
            EXPECT_EQ(piece[0].flops, records[done].flops);
        }
        certifyFromAlpha(whole.pool, whole.server);  // the last decision reaches the clients
        certifyFromAlpha(pieces.pool, pieces.server);
        EXPECT_EQ(pieces.alpha(), whole.alpha());
        EXPECT_EQ(pieces.W(), whole.W());
    }
}

TEST(Session, VectorsHeldOnceGiveTheBitsOfVectorsHeldTwice) {
    for (const Policy policy : kPolicies) {
        const auto run = [&](bool lent) {
            Session session({.kind = LossKind::SmoothedHinge}, policy, 2, makeTraceNorm(4, kWeights, {}),
                            lent);
            EXPECT_EQ(session.pool.mayServe(std::make_shared<TaskVectors>(4, 4, true)), !lent);
            std::vector<double> numbers;
            for (std::uint64_t round = 1; round <= 70; ++round) {
                for (std::size_t t = 0; t < session.steps.size(); ++t) {
                    session.steps[t] = (round / 8) % 2 == 0 && (round + t) % 5 == 0 ? 0.0 : 6.0;
                }
                const auto records = session.run(rounds(round, 1));
                numbers.push_back(records.at(0).certificate.primal);
                numbers.push_back(records.at(0).certificate.dual);
                numbers.push_back(records.at(0).gamma);
                if (round % 20 == 0) {
                    numbers.push_back(
                        session.server.stepOmega(session.pool.threads(), kNotCancelled).regularizerAfter);
                }
                if (round == 45) {
                    const std::atomic<bool> cancelled{true};
                    session.run(rounds(46, 1), cancelled);
                }
            }
            session.expectVFollowsAlpha();
            numbers.push_back(certifyFromAlpha(session.pool, session.server).dual);
            std::ranges::copy(session.alpha(), std::back_inserter(numbers));
            std::ranges::copy(session.W(), std::back_inserter(numbers));
            return numbers;
        };
        EXPECT_EQ(run(true), run(false));
    }
}

TEST(Session, CertificatesAreMadeWhenTheyAreDue) {
    Session session({.kind = LossKind::Squared}, Policy::Row, 1);
    RoundPlan plan = rounds(11, 20);
    plan.roundOfWStep = 10;
    plan.certifyEvery = 4;
    plan.certifyAlwaysFrom = 25;
    plan.lastRound = 23;
    const auto records = session.run(plan);
    ASSERT_EQ(records.size(), 20u);
    for (std::size_t i = 0; i < records.size(); ++i) {
        const std::size_t round = 11 + i;
        EXPECT_EQ(records[i].round, round);
        EXPECT_EQ(records[i].certified, round % 4 == 0 || round >= 25 || round == 23) << round;
    }
}

TEST(Session, StopsAtTheFirstCertifiedRoundThatMeetsATarget) {
    const auto run = [](const RoundPlan& plan) {
        return Session({.kind = LossKind::Squared}, Policy::Row, 1).run(plan);
    };
    RoundPlan byRelativeGap = rounds(1, 10000);
    byRelativeGap.stopRelativeGap = 1e-3;
    const auto relative = run(byRelativeGap);
    ASSERT_LT(relative.size(), 10000u);
    for (const RoundRecord& record : relative) {
        EXPECT_EQ(record.certificate.relativeGap() <= 1e-3, &record == &relative.back());
        EXPECT_EQ(record.stop, &record == &relative.back());
    }
    RoundPlan byGap = rounds(1, 10000);
    byGap.stopGap = relative[relative.size() / 2].certificate.gap;
    const auto absolute = run(byGap);
    EXPECT_LE(absolute.back().certificate.gap, byGap.stopGap);
    EXPECT_LE(absolute.size(), relative.size());
    RoundPlan byObjective = rounds(1, 10000);
    byObjective.certifyAlwaysFrom = 5;
    byObjective.stopObjective = relative.back().certificate.jointObjective * (1.0 + 1e-6);
    const auto joint = run(byObjective);
    EXPECT_GE(joint.size(), 5u);
    EXPECT_LE(joint.back().certificate.jointObjective, byObjective.stopObjective);
}

TEST(Session, AFirstWStepMayEndWithoutAKnownJointObjective) {
    Session session({.kind = LossKind::Squared}, Policy::Row, 1, makeTraceNorm(4, kWeights, {}));
    RoundPlan plan = rounds(1, 100);
    plan.certifyAlwaysFrom = 6;
    plan.stopObjective = std::numeric_limits<double>::infinity();
    const auto records = session.run(plan);
    ASSERT_EQ(records.size(), 6u);
    EXPECT_TRUE(std::isnan(records.back().certificate.jointObjective));
}

TEST(Session, ACancelledRoundLeavesTheStateOfTheLastFinishedOne) {
    for (const auto& [policy, loss] : kPoliciesAndLosses) {
        Session session({.kind = loss}, policy, 2);
        session.run(rounds(1, 3));
        const std::vector<double> alpha = session.alpha();
        const std::vector<double> W = session.W();
        const std::atomic<bool> cancelled{true};
        EXPECT_TRUE(session.run(rounds(4, 10), cancelled).empty());
        EXPECT_EQ(session.alpha(), alpha);
        EXPECT_EQ(session.W(), W);
        // The rounds after it are those that would have come without it.
        Session undisturbed({.kind = loss}, policy, 2);
        undisturbed.run(rounds(1, 3));
        const double expected = undisturbed.run(rounds(4, 5)).back().certificate.dual;
        EXPECT_EQ(session.run(rounds(4, 5)).back().certificate.dual, expected);
    }
}

TEST(Session, CancellingFromAnotherThreadLeavesAValidCertificate) {
    for (const Policy policy : kPolicies) {
        Session session({.kind = LossKind::Hinge}, policy, 2);
        session.steps.assign(4, 5000.0);
        for (std::uint64_t attempt = 0; attempt < 20; ++attempt) {
            std::atomic<bool> cancelled{false};
            std::thread other([&] { cancelled = true; });
            RoundPlan plan = rounds(1 + 1000 * attempt, 1000);
            plan.stopRelativeGap = -1.0;
            plan.stopGap = -1.0;
            session.run(plan, cancelled);
            other.join();
            const Certificate certificate = certifyFromAlpha(session.pool, session.server);
            session.expectVFollowsAlpha();
            ASSERT_GE(certificate.gap, -1e-12 * std::abs(certificate.primal));
        }
    }
}

}  // namespace
}  // namespace fedmtl::testing
