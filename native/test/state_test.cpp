// Laws of saved states: rounds go on with the same bits, and what does not fit is refused.
#include "native/state.hpp"

#include <gtest/gtest.h>

#include <map>

#include "native/session.hpp"
#include "native/task_set_hash.hpp"
#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

constexpr Regularization kWeights{.lambda1 = 0.3, .lambda2 = 0.1};
constexpr Policy kPolicies[] = {Policy::Paper, Policy::Row, Policy::Spectral, Policy::Adaptive,
                                Policy::Accelerated};

/// A state in memory.
class Memory final : public StateWriter, public StateReader {
  public:
    using StateWriter::write;
    void write(const std::string& name, std::span<const double> values) override {
        arrays[name].assign(values.begin(), values.end());
    }
    std::span<const double> read(const std::string& name) const override {
        const auto found = arrays.find(name);
        if (found == arrays.end()) {
            throw Error(ErrorCode::BadInput, "there is no " + name);
        }
        return found->second;
    }

    std::map<std::string, std::vector<double>> arrays;
};

/// Clients and server of a small problem with a learned relationship.
struct Training {
    explicit Training(Policy policy, std::size_t threads = 1)
        : problem(true, 5),
          pool(problem.set(),
               {.loss = {.kind = LossKind::Hinge}, .seed = 9, .momentum = policy == Policy::Accelerated},
               threads),
          server(problem.sizes.size(), problem.cols, makeTraceNorm(problem.sizes.size(), kWeights, {}),
                 policy, pool.threads()) {}

    /// Rounds in which tasks take turns at dropping out, so that decisions wait for their clients.
    void run(std::uint64_t first, std::uint64_t last) {
        for (std::uint64_t round = first; round <= last; ++round) {
            std::vector<double> steps(problem.sizes.begin(), problem.sizes.end());
            steps[round % steps.size()] = 0.0;
            const RoundPlan plan{.firstRound = round, .steps = steps, .certifyEvery = 1000, .seconds = 1e9};
            runRounds(pool, server, plan, kNotCancelled);
        }
    }

    std::map<std::string, std::vector<double>> state() {
        Memory memory;
        saveState(pool, server, memory);
        memory.write("W", server.W(pool.threads()));
        memory.write("S", server.S());
        return memory.arrays;
    }

    const std::atomic<bool> kNotCancelled{false};
    Problem problem;
    ClientPool pool;
    Server server;
};

TEST(State, RoundsAndOmegaStepsGoOnWithTheSameBits) {
    for (const Policy policy : kPolicies) {
        SCOPED_TRACE(static_cast<int>(policy));
        for (const std::uint64_t cut : {1u, 15u, 20u, 21u, 33u}) {
            Training whole(policy);
            Training first(policy);
            const auto runTo = [](Training& training, std::uint64_t begin, std::uint64_t end) {
                for (std::uint64_t round = begin; round <= end; ++round) {
                    training.run(round, round);
                    if (round % 10 == 0) {
                        training.server.stepOmega(training.pool.threads(), kNotCancelled);
                    }
                }
            };
            runTo(whole, 1, 50);
            runTo(first, 1, cut);
            Memory memory;
            saveState(first.pool, first.server, memory);
            Training second(policy, 2);
            restoreState(second.pool, second.server, memory);
            runTo(second, cut + 1, 50);
            EXPECT_EQ(second.state(), whole.state()) << "cut after round " << cut;
        }
    }
}

TEST(State, SavingChangesNothing) {
    for (const Policy policy : kPolicies) {
        Training saved(policy);
        Training left(policy);
        for (std::uint64_t round = 1; round <= 40; ++round) {
            saved.run(round, round);
            saved.state();
            left.run(round, round);
        }
        EXPECT_EQ(saved.state(), left.state());
    }
}

TEST(State, AWithdrawnProposalLeavesTheState) {
    Training training(Policy::Accelerated);
    training.run(1, 15);
    const auto before = training.state();
    ClientWorkspace workspace;
    std::vector<double> scratch;
    const RoundRequest request = training.server.request(0, 16, 7, scratch);
    Client client = training.pool.client(0);
    client.decide(request.decision);
    client.propose(request, workspace, training.kNotCancelled);
    client.withdraw();
    EXPECT_EQ(training.state(), before);
}

TEST(State, OfAnotherSizeOrWithoutAPartIsRefused) {
    Training training(Policy::Row);
    Memory memory;
    saveState(training.pool, training.server, memory);
    Memory larger = memory;
    larger.arrays["clients.alpha"].push_back(0.0);
    EXPECT_THROW(restoreState(training.pool, training.server, larger), Error);
    Memory partial = memory;
    partial.arrays.erase("traceNorm.steps");
    EXPECT_THROW(restoreState(training.pool, training.server, partial), Error);
}

TEST(ContentHash, IsOfTheContent) {
    const std::vector<double> values{1.0, 2.0, 3.0, 4.0};
    const std::vector<double> labels{1.0, -1.0};
    const std::vector<std::string> names{"a", "b"};
    const auto hashOf = [](std::size_t cols, std::span<const double> features, std::span<const double> y,
                           std::vector<std::int32_t> taskOfRow, std::span<const std::string> taskNames) {
        return contentHash(TaskSet::fromDense(cols, features, y, taskOfRow, taskNames));
    };
    const std::uint64_t hash = hashOf(2, values, labels, {0, 1}, names);
    EXPECT_EQ(hashOf(2, values, labels, {0, 1}, names), hash);
    EXPECT_NE(hashOf(2, std::vector<double>{1.0, 2.0, 4.0, 3.0}, labels, {0, 1}, names), hash);
    EXPECT_NE(hashOf(2, std::vector<double>{1.0, 2.0, 3.0, -4.0}, labels, {0, 1}, names), hash);
    EXPECT_NE(hashOf(2, values, std::vector<double>{-1.0, 1.0}, {0, 1}, names), hash);
    EXPECT_NE(hashOf(2, values, labels, {0, 1}, std::vector<std::string>{"a", "c"}), hash);
    EXPECT_NE(hashOf(2, values, labels, {0, 0}, std::vector<std::string>{"a"}), hash);
}

}  // namespace
}  // namespace fedmtl::testing
