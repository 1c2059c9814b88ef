// Laws of the server: W = V K after every change, rounds end as their policy promises, Omega steps lower Q.
#include "native/server.hpp"

#include <gtest/gtest.h>

#include "native/objective.hpp"
#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

constexpr std::size_t kTasks = 5;
constexpr std::size_t kCols = 3;
constexpr Regularization kWeights{.lambda1 = 0.5, .lambda2 = 0.2};
constexpr Policy kPolicies[] = {Policy::Paper, Policy::Row, Policy::Spectral, Policy::Adaptive,
                                Policy::Accelerated};

void expectConsistent(const Server& server, ThreadPool& threads) {
    const std::vector<double> W = server.W(threads);
    std::vector<double> expected(W.size());
    server.relationship().kernel().apply(server.cols(), server.V(), expected, threads);
    expectNear(W, expected, 1e-13);
    EXPECT_NEAR(server.quadratic(), dot(server.V(), W), 1e-13 * (1.0 + std::abs(server.quadratic())));
    std::vector<double> scratch;
    for (std::size_t t = 0; t < server.tasks(); ++t) {
        const auto column = std::span(W).subspan(t * server.cols(), server.cols());
        EXPECT_TRUE(std::ranges::equal(server.w(t, scratch), column));
    }
}

/// A client's answer to a request of this round.
void answer(Server& server, std::size_t task, std::uint64_t round, const std::vector<double>& v,
            double e = 0.0) {
    std::vector<double> scratch;
    server.request(task, round, 1, scratch);
    server.receive(task, {.round = round, .v = v, .e = e});
}

std::vector<double> weightsOf(const Server& server, std::size_t task) {
    std::vector<double> scratch;
    const auto w = server.w(task, scratch);
    return {w.begin(), w.end()};
}

TEST(Server, WIsVTimesKAfterEveryChange) {
    ThreadPool threads(2);
    for (const Policy policy : kPolicies) {
        Numbers numbers(1);
        Server server(kTasks, kCols, makeTraceNorm(kTasks, kWeights, {}), policy, threads);
        expectConsistent(server, threads);
        for (int round = 0; round < 12; ++round) {
            for (std::size_t t = 0; t < kTasks; ++t) {
                if (numbers.below(3) > 0) {
                    answer(server, t, 1, numbers.normals(kCols), 3.0 * numbers.normal());
                }
            }
            const RoundEnd end = server.close(threads);
            EXPECT_GE(end.gamma, 0.0);
            EXPECT_LE(end.gamma, 1.0);
            expectConsistent(server, threads);
            if (round % 4 == 3) {
                const OmegaStep step = server.stepOmega(threads, kNotCancelled);
                EXPECT_LE(step.regularizerAfter, step.regularizerBefore * (1.0 + 1e-12));
                EXPECT_NEAR(
                    lowRankOf(server.relationship()).inverseQuadratic(kCols, server.W(threads), threads),
                    server.quadratic(), 1e-10 * server.quadratic());
                expectConsistent(server, threads);
            }
        }
    }
}

TEST(Server, ThoseWhoDoNotAnswerStayWhereTheyAre) {
    ThreadPool threads(1);
    Numbers numbers(2);
    Server server(kTasks, kCols, makeIndependent(kTasks, kWeights), Policy::Row, threads);
    const std::vector<double> first = numbers.normals(kCols);
    answer(server, 1, 1, numbers.normals(kCols));
    answer(server, 1, 1, first);
    server.close(threads);
    std::vector<double> expected(kTasks * kCols);
    std::ranges::copy(first, expected.begin() + kCols);
    EXPECT_TRUE(std::ranges::equal(server.V(), expected)) << "a repeated answer replaces the first";
    answer(server, 3, 2, first);
    server.close(threads);
    std::ranges::copy(first, expected.begin() + 3 * kCols);
    EXPECT_TRUE(std::ranges::equal(server.V(), expected));
}

TEST(Server, AnswersToEarlierRequestsAreIgnored) {
    ThreadPool threads(1);
    Numbers numbers(6);
    Server server(kTasks, kCols, makeIndependent(kTasks, kWeights), Policy::Row, threads);
    answer(server, 1, 1, numbers.normals(kCols));
    server.close(threads);
    const std::vector<double> V(server.V().begin(), server.V().end());
    std::vector<double> scratch;
    server.request(1, 2, 1, scratch);
    const std::vector<double> late = numbers.normals(kCols);
    server.receive(1, {.round = 1, .v = late});
    server.close(threads);
    EXPECT_TRUE(std::ranges::equal(server.V(), V));
}

TEST(Server, MeasuredStepsNeverLowerTheDual) {
    ThreadPool threads(1);
    for (const Policy policy : {Policy::Adaptive, Policy::Accelerated}) {
        Numbers numbers(3);
        Server server(kTasks, kCols, makeMean(kTasks, kWeights), policy, threads);
        for (int round = 0; round < 200; ++round) {
            const std::vector<double> V(server.V().begin(), server.V().end());
            const double before = server.quadratic();
            std::vector<double> e(kTasks);
            for (std::size_t t = 0; t < kTasks; ++t) {
                e[t] = 2.0 * numbers.normal();
                std::vector<double> v = numbers.normals(kCols);
                for (std::size_t j = 0; j < kCols; ++j) {
                    v[j] = 0.3 * v[j] + V[t * kCols + j];
                }
                answer(server, t, 1, v, e[t]);
            }
            const RoundEnd end = server.close(threads);
            // The conjugates gain at least gamma sum e, the quadratic is known: what the server can promise.
            const double rise =
                end.gamma * std::accumulate(e.begin(), e.end(), 0.0) - 0.5 * (server.quadratic() - before);
            EXPECT_GE(rise, -1e-12 * (1.0 + server.quadratic()));
            EXPECT_EQ(end.restarted, policy == Policy::Accelerated && end.gamma < 1.0);
            EXPECT_EQ(server.decision(0).gamma, end.gamma);
        }
    }
}

TEST(Server, RequestsCarryTheMomentumAndRestartsAreCounted) {
    ThreadPool threads(1);
    Numbers numbers(4);
    Server server(kTasks, kCols, makeTraceNorm(kTasks, kWeights, {}), Policy::Accelerated, threads);
    std::vector<double> scratch;
    double beta = 0.0;
    for (std::uint64_t round = 1; round <= 5; ++round) {
        const std::vector<double> previous = weightsOf(server, 0);
        for (std::size_t t = 0; t < kTasks; ++t) {
            answer(server, t, 1, numbers.normals(kCols), 1e6);
        }
        EXPECT_EQ(server.close(threads).gamma, 1.0);
        const RoundRequest request = server.request(0, round + 1, 7, scratch);
        EXPECT_GT(request.beta, beta);
        EXPECT_LT(request.beta, 1.0);
        EXPECT_EQ(request.steps, 7u);
        EXPECT_EQ(request.round, round + 1);
        EXPECT_EQ(request.S, server.S()[0]);
        const std::vector<double> w = weightsOf(server, 0);
        for (std::size_t j = 0; j < kCols; ++j) {
            const double expected = w[j] + request.beta * (w[j] - previous[j]);
            EXPECT_NEAR(request.w[j], expected, 1e-13 * (1.0 + std::abs(expected)));
        }
        beta = request.beta;
    }
    const std::uint64_t restarts = server.decision(0).restarts;
    server.stepOmega(threads, kNotCancelled);
    EXPECT_GT(server.decision(0).restarts, restarts);
    EXPECT_EQ(server.request(0, 7, 1, scratch).beta, 0.0);
}

TEST(Server, AnOmegaStepOfARelationshipThatIsNotLearnedChangesNothing) {
    ThreadPool threads(1);
    Numbers numbers(6);
    std::vector<std::unique_ptr<Relationship>> relationships;
    relationships.push_back(makeMean(kTasks, kWeights));
    relationships.push_back(makeGlobal(kTasks, kWeights));
    relationships.push_back(
        makeFixed(kTasks, kWeights, FixedMatrix::Sigma, randomSemidefinite(kTasks, 2, 6)));
    for (auto& relationship : relationships) {
        Server server(kTasks, kCols, std::move(relationship), Policy::Row, threads);
        answer(server, 1, 1, numbers.normals(kCols));
        server.close(threads);
        const std::vector<double> W = server.W(threads);
        const OmegaStep step = server.stepOmega(threads, kNotCancelled);
        EXPECT_EQ(step.regularizerBefore, 0.5 * server.quadratic());
        EXPECT_EQ(step.regularizerAfter, step.regularizerBefore);
        EXPECT_EQ(server.W(threads), W);
    }
}

TEST(Server, AnOmegaStepGivenUpChangesNothing) {
    ThreadPool threads(1);
    const std::atomic<bool> cancelled{true};
    for (const Policy policy : {Policy::Row, Policy::Accelerated}) {
        Numbers numbers(7);
        const auto makeServer = [&] {
            return Server(kTasks, kCols, makeSparsePrecision(kTasks, kWeights, 0.05), policy, threads);
        };
        Server server = makeServer();
        Server other = makeServer();
        for (std::uint64_t round = 1; round <= 3; ++round) {
            for (std::size_t task = 0; task < kTasks; ++task) {
                const std::vector<double> v = numbers.normals(kCols);
                answer(server, task, round, v, 1e6);
                answer(other, task, round, v, 1e6);
            }
            server.close(threads);
            other.close(threads);
            const std::vector<double> before = server.W(threads);
            EXPECT_FALSE(server.stepOmega(threads, cancelled).taken);
            EXPECT_EQ(server.W(threads), before);
            EXPECT_TRUE(server.stepOmega(threads, kNotCancelled).taken);
            EXPECT_TRUE(other.stepOmega(threads, kNotCancelled).taken);
            EXPECT_EQ(server.W(threads), other.W(threads));
            EXPECT_NE(server.W(threads), before);
        }
    }
}

TEST(Server, CertificateIsTheSumOfSharesAndQuadratic) {
    const std::vector<Objective> shares = {{.lossSum = 2.0, .conjugateSum = -1.0},
                                           {.lossSum = 0.5, .conjugateSum = -0.25}};
    const Certificate certificate = certify(shares, 0.6, 0.1, 0.7);
    EXPECT_NEAR(certificate.primal, 2.8, 1e-15);
    EXPECT_NEAR(certificate.dual, 0.95, 1e-15);
    EXPECT_NEAR(certificate.gap, 1.85, 1e-15);
    EXPECT_NEAR(certificate.jointObjective, 2.9, 1e-15);
    EXPECT_NEAR(certificate.jointDual, 0.55, 1e-15);
    EXPECT_NEAR(certificate.relativeGap(), 1.85 / 2.8, 1e-15);
    EXPECT_TRUE(std::isnan(certify(shares, 0.6, 0.1, {}).jointDual));
    EXPECT_EQ(certify({}, 0.0, 0.0, {}).relativeGap(), 0.0);
}

}  // namespace
}  // namespace fedmtl::testing
