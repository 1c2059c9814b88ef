// Laws of the clustered relationship: Q stays within 0 <= Q <= I with trace k, Omega steps never raise the
// regulariser and end at its minimiser, and R* bounds <V, W> - R(W) from above and is reached.
#include <gtest/gtest.h>

#include <cmath>

#include "native/omega/relationship.hpp"
#include "native/omega/spectrum.hpp"
#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

struct Case {
    std::size_t cols;
    std::size_t tasks;
    std::size_t k;
    double eta;
    Regularization weights;
};
// Fewer features than tasks and more; rank of W below, at and above k; k = 1 and k = m.
constexpr Case kCases[] = {
    {2, 6, 1, 0.3, {0.4, 0.1}},   {2, 6, 2, 0.01, {0.4, 0.0}},  {2, 6, 4, 0.3, {0.4, 0.1}},
    {11, 6, 3, 1e-3, {2.0, 0.5}}, {11, 6, 6, 0.3, {0.4, 0.1}},  {6, 6, 5, 4.0, {0.4, 0.0}},
    {3, 1, 1, 0.3, {0.4, 0.1}},   {4, 400, 3, 0.1, {0.1, 3.0}},
};

double scaleOf(const Case& c) { return c.weights.lambda1 * c.eta * (1.0 + c.eta); }

/// The m eigenvalues of Q from those of K.
std::vector<double> levelsOf(const LowRankKernel& kernel, const Case& c) {
    const auto level = [&](double kappa) {
        return kappa * scaleOf(c) / (1.0 - c.weights.lambda2 * kappa) - c.eta;
    };
    std::vector<double> q;
    for (const double r : kernel.r()) {
        q.push_back(level(kernel.delta() + r));
    }
    q.resize(kernel.tasks(), level(kernel.delta()));
    return q;
}

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

/// The regulariser at W for eigenvalues q of Q on the right singular vectors of W.
double regularizerOf(const Case& c, const std::vector<double>& s, const std::vector<double>& q) {
    double value = 0.0;
    for (std::size_t j = 0; j < s.size(); ++j) {
        value += 0.5 * s[j] * s[j] * (scaleOf(c) / (c.eta + q[j]) + c.weights.lambda2);
    }
    return value;
}

std::unique_ptr<Relationship> make(const Case& c) { return makeClustered(c.tasks, c.weights, {c.k, c.eta}); }

TEST(Clustered, StartsWithAllTasksAlike) {
    for (const Case& c : kCases) {
        const auto relationship = make(c);
        EXPECT_EQ(lowRankOf(*relationship).rank(), 0u);
        EXPECT_NEAR(levelsOf(lowRankOf(*relationship), c).back(),
                    static_cast<double>(c.k) / static_cast<double>(c.tasks), 1e-12);
        EXPECT_TRUE(relationship->learned());
        EXPECT_EQ(relationship->penalty(), 0.0);
    }
    EXPECT_THROW(makeClustered(3, {}, {.k = 4}), Error);
}

TEST(Clustered, StepsNeverRaiseTheRegularizerAndKeepQFeasible) {
    ThreadPool threads(2);
    for (const Case& c : kCases) {
        SCOPED_TRACE(::testing::Message() << c.cols << " x " << c.tasks << ", k " << c.k);
        Numbers numbers(c.cols * 100 + c.tasks);
        const auto relationship = make(c);
        std::vector<double> W = numbers.normals(c.cols * c.tasks);
        for (int step = 0; step < 25; ++step) {
            // Sometimes a small move, sometimes a W that has nothing to do with the last one.
            const double share = step % 7 == 6 ? 1.0 : std::pow(0.6, step);
            for (double& value : W) {
                value += share * numbers.normal();
            }
            const double before = relationship->regularizer(c.cols, W, threads);
            relationship->update(c.cols, W, threads, kNotCancelled);
            ASSERT_LE(relationship->regularizer(c.cols, W, threads), before);
            const std::vector<double> q = levelsOf(lowRankOf(*relationship), c);
            ASSERT_NEAR(sum(q), static_cast<double>(c.k), 1e-10 * static_cast<double>(c.tasks));
            ASSERT_GE(*std::ranges::min_element(q), -1e-10);
            ASSERT_LE(*std::ranges::max_element(q), 1.0 + 1e-10);
        }
    }
}

TEST(Clustered, WithWAtRestTheStepIsTheMinimiser) {
    ThreadPool threads(1);
    for (const Case& c : kCases) {
        SCOPED_TRACE(::testing::Message() << c.cols << " x " << c.tasks << ", k " << c.k);
        Numbers numbers(c.cols * 100 + c.tasks);
        const std::vector<double> W = numbers.normals(c.cols * c.tasks);
        const auto relationship = make(c);
        relationship->update(c.cols, W, threads, kNotCancelled);
        std::vector<double> s = rightSpectrum(c.cols, W, threads).s;
        const double least = relationship->regularizer(c.cols, W, threads);
        const std::vector<double> q = levelsOf(lowRankOf(*relationship), c);
        // KKT: s^2 / (eta + q)^2 is one number where 0 < q < 1, at most that at q = 0, at least at q = 1.
        double atZero = 0.0;
        double inside = 0.0;
        double atOne = std::numeric_limits<double>::infinity();
        s.resize(c.tasks, 0.0);
        for (std::size_t j = 0; j < c.tasks; ++j) {
            const double slope = std::pow(s[j] / (c.eta + q[j]), 2);
            if (q[j] < 1e-9) {
                atZero = std::max(atZero, slope);
            } else if (q[j] > 1.0 - 1e-9) {
                atOne = std::min(atOne, slope);
            } else {
                if (inside > 0.0) {
                    EXPECT_NEAR(slope, inside, 1e-8 * inside);
                }
                inside = slope;
            }
        }
        EXPECT_LE(atZero, (inside > 0.0 ? inside : atOne) * (1.0 + 1e-8));
        EXPECT_GE(atOne, inside * (1.0 - 1e-8));
        // And no other feasible eigenvalues are better.
        for (int trial = 0; trial < 100; ++trial) {
            std::vector<double> other(c.tasks);
            std::ranges::generate(other, [&] { return numbers.uniform(0.0, 1.0); });
            const double share = numbers.magnitude(-5.0, 0.0);
            const double total = sum(other);
            const double k = static_cast<double>(c.k);
            for (std::size_t j = 0; j < c.tasks; ++j) {
                // Scaled to trace k, towards all ones where that would leave [0, 1].
                const double fitted = total >= k
                                          ? other[j] * k / total
                                          : 1.0 - (1.0 - other[j]) * (static_cast<double>(c.tasks) - k) /
                                                      (static_cast<double>(c.tasks) - total);
                other[j] = (1.0 - share) * q[j] + share * fitted;
            }
            EXPECT_GE(regularizerOf(c, s, other), least * (1.0 - 1e-12));
        }
    }
}

TEST(Clustered, TheJointConjugateBoundsEveryModelAndIsReached) {
    ThreadPool threads(1);
    for (const Case& c : kCases) {
        SCOPED_TRACE(::testing::Message() << c.cols << " x " << c.tasks << ", k " << c.k);
        Numbers numbers(c.cols * 10 + c.tasks);
        const std::vector<double> V = numbers.normals(c.cols * c.tasks);
        const double bound = *make(c)->jointConjugate(c.cols, V, threads);
        // R(W): the regulariser with Q eliminated.
        const auto dualityOf = [&](const std::vector<double>& W) {
            const auto relationship = make(c);
            relationship->update(c.cols, W, threads, kNotCancelled);
            return dot(V, W) - relationship->regularizer(c.cols, W, threads);
        };
        for (int trial = 0; trial < 50; ++trial) {
            std::vector<double> W(V);
            const double scale = numbers.magnitude(-1.0, 1.5);
            for (double& value : W) {
                value = scale * (value + numbers.normal());
            }
            EXPECT_LE(dualityOf(W), bound * (1.0 + 1e-12));
        }
        // W = V K with the Q that is best for W climbs to the bound.
        const auto relationship = make(c);
        std::vector<double> W(V.size());
        double reached = 0.0;
        for (int step = 0; step < 3000 && reached < bound * (1.0 - 1e-6); ++step) {
            relationship->kernel().apply(c.cols, V, W, threads);
            relationship->update(c.cols, W, threads, kNotCancelled);
            reached = dualityOf(W);
        }
        EXPECT_GE(reached, bound * (1.0 - 1e-6));
    }
}

TEST(Clustered, AVanishingRidgeChangesTheConjugateContinuously) {
    ThreadPool threads(1);
    Numbers numbers(4);
    const std::vector<double> V = numbers.normals(5 * 9);
    const auto at = [&](double lambda2) {
        return *makeClustered(9, {0.3, lambda2}, {3, 0.2})->jointConjugate(5, V, threads);
    };
    const double without = at(0.0);
    double before = at(1e-2);
    for (double lambda2 = 1e-3; lambda2 > 1e-16; lambda2 *= 0.1) {
        const double bound = at(lambda2);
        EXPECT_GE(bound, before * (1.0 - 1e-13));
        EXPECT_LE(bound, without * (1.0 + 1e-13));
        EXPECT_NEAR(bound, without, 20.0 * lambda2 * without);
        before = bound;
    }
}

TEST(Clustered, GivesTheSameBitsAtAnyThreadCount) {
    constexpr std::size_t kCols = 5;
    constexpr std::size_t kTasks = 9000;
    std::vector<std::vector<double>> bases;
    for (const std::size_t count : {1u, 2u, 4u}) {
        ThreadPool threads(count);
        Numbers numbers(10);
        const auto relationship = makeClustered(kTasks, {}, {.k = 2, .eta = 0.1});
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
