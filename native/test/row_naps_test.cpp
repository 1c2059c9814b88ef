// Laws of naps: nobody sleeps for good, and what is found is what full passes find.
#include "native/row_naps.hpp"

#include <gtest/gtest.h>

#include "native/session.hpp"
#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

TEST(RowNaps, ARowThatAlwaysRestsIsVisitedWithinEightRounds) {
    std::vector<RowNap> naps(1, kAwake);
    std::vector<RowNap> after(2);
    naps.push_back(kAwake);  // a second row that always moves, so that not all nap
    std::vector<std::uint32_t> order;
    std::vector<std::size_t> visits;
    for (std::size_t round = 1; round <= 60; ++round) {
        takeDueRows(naps, after, order);
        ASSERT_TRUE(std::ranges::find(order, 1u) != order.end());
        if (order.front() == 0) {
            visits.push_back(round);
            after[0] = afterRest(naps[0]);
        }
        after[1] = kAwake;
        naps = after;
    }
    std::vector<std::size_t> pauses;
    for (std::size_t k = 1; k < visits.size(); ++k) {
        pauses.push_back(visits[k] - visits[k - 1]);
    }
    EXPECT_EQ(std::vector(pauses.begin(), pauses.begin() + 4), (std::vector<std::size_t>{1, 2, 4, 8}));
    EXPECT_EQ(*std::ranges::max_element(pauses), 8u);
}

TEST(RowNaps, WhereAllNapAllAreVisited) {
    const RowNap deep = afterRest(afterRest(afterRest(kAwake)));
    const std::vector<RowNap> naps(5, deep);
    std::vector<RowNap> after(5);
    std::vector<std::uint32_t> order;
    takeDueRows(naps, after, order);
    EXPECT_EQ(order, (std::vector<std::uint32_t>{0, 1, 2, 3, 4}));
}

/// The relative gap and the dual after so many rounds of one epoch each.
std::pair<double, double> solve(const LossSpec& loss, Policy policy, bool shrinking, std::uint64_t rounds) {
    const Problem problem(isClassification(loss), 11, {60, 1, 90, 45}, 5);
    ClientPool pool(
        problem.set(),
        {.loss = loss, .seed = 4, .momentum = policy == Policy::Accelerated, .shrinking = shrinking}, 1);
    Server server(4, problem.cols, makeMean(4, {.lambda1 = 0.5, .lambda2 = 0.2}), policy, pool.threads());
    const std::vector<double> steps(problem.sizes.begin(), problem.sizes.end());
    RoundPlan plan;
    plan.maxRounds = rounds;
    plan.steps = steps;
    plan.certifyEvery = rounds;
    plan.seconds = 1e9;
    for (const RoundRecord& record : runRounds(pool, server, plan, kNotCancelled)) {
        EXPECT_LE(record.steps, problem.labels.size());  // a budget holds for all passes of a round together
    }
    const Certificate certificate = certifyFromAlpha(pool, server);
    return {certificate.relativeGap(), certificate.dual};
}

TEST(RowNaps, LeadToTheSameOptimum) {
    for (const LossSpec& loss : allLosses()) {
        for (const Policy policy : {Policy::Adaptive, Policy::Accelerated}) {
            SCOPED_TRACE(::testing::Message()
                         << static_cast<int>(loss.kind) << ", " << static_cast<int>(policy));
            const auto [gap, dual] = solve(loss, policy, true, 4000);
            const auto [fullGap, fullDual] = solve(loss, policy, false, 4000);
            EXPECT_LE(gap, 1e-7);
            EXPECT_NEAR(dual, fullDual, (gap + fullGap + 1e-12) * std::abs(dual));
        }
    }
}

TEST(RowNaps, ChangeNothingWhereAlphaHasNoEnds) {
    EXPECT_EQ(solve({.kind = LossKind::Squared}, Policy::Accelerated, true, 50),
              solve({.kind = LossKind::Squared}, Policy::Accelerated, false, 50));
}

}  // namespace
}  // namespace fedmtl::testing
