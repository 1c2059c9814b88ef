// Laws of a pool: class weights are sample weights, and what pools of one set share changes nothing.
#include "native/client_pool.hpp"

#include <gtest/gtest.h>

#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

/// Bits of alpha and of the objectives after a few rounds at S = 1.
std::vector<double> trained(ClientPool& pool) {
    std::vector<double> result;
    for (std::size_t t = 0; t < pool.tasks().taskCount(); ++t) {
        std::vector<double> w(pool.tasks().cols(), 0.1);
        ClientWorkspace workspace;
        Client client = pool.client(t);
        for (std::uint64_t round = 1; round <= 3; ++round) {
            const Proposal proposal = client.propose({.round = round,
                                                      .w = w,
                                                      .S = 1.0,
                                                      .steps = 20,
                                                      .beta = 0.0,
                                                      .decision = {},
                                                      .wantTheta = false},
                                                     workspace, kNotCancelled);
            client.decide({round, 1.0, 0});
            std::copy(proposal.v.begin(), proposal.v.end(), w.begin());
        }
        const Objective objective = client.evaluate(w, workspace);
        result.push_back(objective.lossSum);
        result.push_back(objective.conjugateSum);
    }
    result.insert(result.end(), pool.alpha().begin(), pool.alpha().end());
    return result;
}

class ClientPoolLaws : public ::testing::TestWithParam<Weighting> {};

TEST_P(ClientPoolLaws, ClassWeightsAreSampleWeights) {
    Problem problem(true, 5);
    const SolverSpec plain{.loss = {.kind = LossKind::Hinge}, .weighting = GetParam(), .seed = 3};
    SolverSpec weighted = plain;
    weighted.positiveWeight = 2.5;
    weighted.negativeWeight = 0.75;
    ClientPool byClass(problem.set(), weighted, 1);
    for (std::size_t i = 0; i < problem.weights.size(); ++i) {
        problem.weights[i] *= problem.labels[i] == 1.0 ? 2.5 : 0.75;
    }
    ClientPool byRow(problem.set(), plain, 1);
    EXPECT_EQ(trained(byClass), trained(byRow));
}

TEST_P(ClientPoolLaws, SharingWhatWasMeasuredChangesNothing) {
    const auto set = Problem(true, 6).set();
    const SolverSpec spec{.loss = {.kind = LossKind::Logistic}, .weighting = GetParam(), .seed = 3};
    SolverSpec other = spec;
    other.positiveLabel = -1.0;
    ClientPool alone(set, spec, 1);
    const std::vector<double> expected = trained(alone);
    const ClientPool first(set, other, 1);
    ClientPool sharing(set, spec, 1, &first);
    EXPECT_EQ(trained(sharing), expected);
    // A pool of another set has nothing to share.
    const ClientPool foreign(Problem(true, 7).set(), spec, 1);
    ClientPool notSharing(set, spec, 1, &foreign);
    EXPECT_EQ(trained(notSharing), expected);
}

INSTANTIATE_TEST_SUITE_P(Weightings, ClientPoolLaws, ::testing::Values(Weighting::Sum, Weighting::Mean));

}  // namespace
}  // namespace fedmtl::testing
