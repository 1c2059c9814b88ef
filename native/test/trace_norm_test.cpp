// Laws of the trace-norm relationship: trace Sigma = 1, Omega steps never raise Q, and end at its minimiser.
#include <gtest/gtest.h>

#include <cmath>

#include "native/omega/relationship.hpp"
#include "native/omega/spectrum.hpp"
#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

constexpr Regularization kWeights{.lambda1 = 0.4, .lambda2 = 0.1};

struct Shape {
    std::size_t cols;
    std::size_t tasks;
};
constexpr Shape kShapes[] = {{2, 6}, {6, 6}, {11, 6}, {3, 1}, {4, 400}};

/// Eigenvalues of Sigma from those of K = Sigma (lambda1 I + lambda2 Sigma)^-1: the leading ones, then the
/// rest.
std::vector<double> sigmaOf(const LowRankKernel& kernel) {
    const auto sigma = [](double kappa) {
        return kWeights.lambda1 * kappa / (1.0 - kWeights.lambda2 * kappa);
    };
    std::vector<double> values;
    for (const double r : kernel.r()) {
        values.push_back(sigma(kernel.delta() + r));
    }
    values.resize(kernel.tasks(), sigma(kernel.delta()));
    return values;
}

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

TEST(TraceNorm, StartsWithAllTasksAlikeAndAnUnknownPenalty) {
    const auto relationship = makeTraceNorm(5, kWeights, {});
    EXPECT_EQ(lowRankOf(*relationship).rank(), 0u);
    EXPECT_NEAR(lowRankOf(*relationship).delta(), 1.0 / (5.0 * kWeights.lambda1 + kWeights.lambda2), 1e-15);
    EXPECT_TRUE(std::isnan(relationship->penalty()));
    EXPECT_FALSE(relationship->epsilon().has_value());
    EXPECT_TRUE(relationship->learned());
    EXPECT_FALSE(relationship->settled());
    const auto given = makeTraceNorm(5, kWeights, {.epsilon = 0.3});
    EXPECT_NEAR(given->penalty(), 0.5 * kWeights.lambda1 * 0.3 * 25.0, 1e-13);
}

TEST(TraceNorm, DefaultEpsilonIsFixedOnceFromTheFirstW) {
    ThreadPool threads(1);
    Numbers numbers(2);
    const std::vector<double> W = numbers.normals(4 * 6);
    const auto relationship = makeTraceNorm(6, kWeights, {});
    relationship->fixDefaults(4, W, threads);
    const double mean = sum(rightSpectrum(4, W, threads).s) / 6.0;
    ASSERT_TRUE(relationship->epsilon().has_value());
    const double epsilon = *relationship->epsilon();
    EXPECT_NEAR(epsilon, 0.01 * mean * mean, 1e-14);
    relationship->update(4, numbers.normals(4 * 6), threads, kNotCancelled);
    EXPECT_EQ(relationship->epsilon(), epsilon);
}

TEST(TraceNorm, WithoutAnyWTasksStayAlike) {
    ThreadPool threads(1);
    const auto relationship = makeTraceNorm(6, kWeights, {});
    relationship->update(4, std::vector<double>(24), threads, kNotCancelled);
    EXPECT_GT(*relationship->epsilon(), 0.0);
    EXPECT_TRUE(std::isfinite(relationship->penalty()));
    for (const double sigma : sigmaOf(lowRankOf(*relationship))) {
        EXPECT_NEAR(sigma, 1.0 / 6.0, 1e-14);
    }
}

TEST(TraceNorm, StepsNeverRaiseTheRegularizerAndKeepTheTrace) {
    ThreadPool threads(2);
    for (const auto& [cols, tasks] : kShapes) {
        for (const std::optional<double> epsilon :
             {std::optional<double>{}, std::optional(1e-6), std::optional(5.0)}) {
            for (const std::size_t sinkingSteps : {1u, 6u, 30u}) {
                Numbers numbers(cols * 100 + tasks);
                const auto relationship = makeTraceNorm(tasks, kWeights, {epsilon, sinkingSteps});
                std::vector<double> W = numbers.normals(cols * tasks);
                relationship->fixDefaults(cols, W, threads);
                for (int step = 0; step < 25; ++step) {
                    // Sometimes a small move, sometimes a W that has nothing to do with the last one.
                    const double share = step % 7 == 6 ? 1.0 : std::pow(0.6, step);
                    for (double& value : W) {
                        value += share * numbers.normal();
                    }
                    const double before = relationship->regularizer(cols, W, threads);
                    relationship->update(cols, W, threads, kNotCancelled);
                    const double after = relationship->regularizer(cols, W, threads);
                    ASSERT_LE(after, before);
                    const std::vector<double> sigma = sigmaOf(lowRankOf(*relationship));
                    ASSERT_NEAR(sum(sigma), 1.0, 1e-12);
                    ASSERT_GT(*std::ranges::min_element(sigma), 0.0);
                    const double traceOfInverse =
                        std::accumulate(sigma.begin(), sigma.end(), 0.0,
                                        [](double total, double value) { return total + 1.0 / value; });
                    const double penalty = 0.5 * kWeights.lambda1 * *relationship->epsilon() * traceOfInverse;
                    ASSERT_NEAR(relationship->penalty(), penalty, 1e-9 * penalty);
                }
            }
        }
    }
}

TEST(TraceNorm, AtTheFloorAndWithWAtRestTheStepIsTheMinimiser) {
    ThreadPool threads(1);
    const double epsilon = 0.02;
    for (const auto& [cols, tasks] : kShapes) {
        SCOPED_TRACE(::testing::Message() << cols << " x " << tasks);
        Numbers numbers(cols * 100 + tasks);
        const std::vector<double> W = numbers.normals(cols * tasks);
        const auto relationship = makeTraceNorm(tasks, kWeights, {.epsilon = epsilon, .sinkingSteps = 1});
        relationship->update(cols, W, threads, kNotCancelled);
        relationship->update(cols, W, threads, kNotCancelled);
        EXPECT_TRUE(relationship->settled());
        // Sigma = (W'W + epsilon I)^1/2 / T
        std::vector<double> roots = rightSpectrum(cols, W, threads).s;
        for (double& s : roots) {
            s = std::sqrt(s * s + epsilon);
        }
        roots.resize(tasks, std::sqrt(epsilon));
        const double trace = sum(roots);
        for (double& root : roots) {
            root /= trace;
        }
        expectNear(sigmaOf(lowRankOf(*relationship)), roots, 1e-12);
        // Sigma's value of Q is lambda1 T^2 / 2 + lambda2 ||W||^2 / 2, and no other Sigma has less.
        const double least = 0.5 * (kWeights.lambda1 * trace * trace + kWeights.lambda2 * dot(W, W));
        EXPECT_NEAR(relationship->regularizer(cols, W, threads), least, 1e-11 * least);
    }
}

TEST(TraceNorm, SettlesOnceTheFloorHasSunk) {
    ThreadPool threads(1);
    Numbers numbers(9);
    std::vector<double> W = numbers.normals(5 * 8);
    const auto relationship = makeTraceNorm(8, kWeights, {.epsilon = 1e-4, .sinkingSteps = 4});
    for (int step = 0; step < 8; ++step) {
        relationship->update(5, W, threads, kNotCancelled);
        EXPECT_EQ(relationship->settled(), step >= 4) << step;
        for (double& value : W) {
            value *= 1.01;
        }
    }
}

TEST(TraceNorm, GivesTheSameBitsAtAnyThreadCount) {
    constexpr std::size_t kCols = 5;
    constexpr std::size_t kTasks = 9000;
    std::vector<std::vector<double>> bases;
    for (const std::size_t count : {1u, 2u, 4u}) {
        ThreadPool threads(count);
        Numbers numbers(10);
        const auto relationship = makeTraceNorm(kTasks, kWeights, {});
        for (int step = 0; step < 3; ++step) {
            relationship->update(kCols, numbers.normals(kCols * kTasks), threads, kNotCancelled);
        }
        const auto basis = lowRankOf(*relationship).basis();
        bases.emplace_back(basis.begin(), basis.end());
    }
    EXPECT_EQ(bases[1], bases[0]);
    EXPECT_EQ(bases[2], bases[0]);
}

}  // namespace
}  // namespace fedmtl::testing
