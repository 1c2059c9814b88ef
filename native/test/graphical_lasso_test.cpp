// Laws of the graphical lasso: the optimality conditions, closed forms, and that neither screening, nor the
// start, nor the order of tasks, nor the number of threads decides the solution.
#include "native/omega/graphical_lasso.hpp"

#include <atomic>

#include "native/omega/alternating_directions.hpp"
#include "native/omega/proximal_newton.hpp"
#include "native/status.hpp"
#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

/// m x m, of `draws` numbers a task around those of `groups` groups, task t's times scale^t.
std::vector<double> covariance(std::size_t m, std::size_t draws, std::size_t groups, double scale,
                               std::uint64_t seed) {
    Numbers numbers(seed);
    const std::vector<double> centres = numbers.normals(groups * draws);
    std::vector<double> X = numbers.normals(m * draws);
    for (std::size_t t = 0; t < m; ++t) {
        for (std::size_t j = 0; j < draws; ++j) {
            double& x = X[t * draws + j];
            x = (x + centres[t % groups * draws + j]) * std::pow(scale, static_cast<double>(t));
        }
    }
    std::vector<double> S(m * m);
    for (std::size_t s = 0; s < m; ++s) {
        for (std::size_t t = 0; t < m; ++t) {
            S[s * m + t] =
                dot(std::span(X).subspan(s * draws, draws), std::span(X).subspan(t * draws, draws)) /
                static_cast<double>(draws);
        }
    }
    return S;
}

std::vector<double> dense(const PrecisionMatrix& omega) {
    const std::size_t m = omega.size();
    std::vector<double> matrix(m * m);
    for (std::size_t t = 0; t < m; ++t) {
        matrix[t * m + t] = omega.diagonal[t];
    }
    for (std::size_t e = 0; e < omega.values.size(); ++e) {
        const auto s = static_cast<std::size_t>(omega.from[e]);
        const auto t = static_cast<std::size_t>(omega.to[e]);
        EXPECT_LT(s, t);
        matrix[s * m + t] = omega.values[e];
        matrix[t * m + s] = omega.values[e];
    }
    return matrix;
}

std::vector<double> inverse(std::vector<double> A, std::size_t m) {
    EXPECT_TRUE(blas::cholesky(A, m));
    blas::invertCholesky(A, m);
    return A;
}

/// By how much the optimality conditions are missed, entry (s, t) relative to the root of Sigma_ss Sigma_tt.
double missed(const std::vector<double>& S, double rho, const std::vector<double>& omega, std::size_t m) {
    const std::vector<double> sigma = inverse(omega, m);
    double worst = 0.0;
    for (std::size_t s = 0; s < m; ++s) {
        for (std::size_t t = 0; t < m; ++t) {
            const std::size_t st = s * m + t;
            const double slope = S[st] - sigma[st];
            const double miss = omega[st] != 0.0 ? std::abs(slope + std::copysign(rho, omega[st]))
                                                 : std::max(0.0, std::abs(slope) - rho);
            worst = std::max(worst, miss / std::sqrt((S[s * m + s] + rho) * (S[t * m + t] + rho)));
        }
    }
    return worst;
}

GraphicalLasso solved(const std::vector<double>& S, std::size_t m, double rho, std::size_t threads = 1,
                      Screening screening = Screening::On, const PrecisionMatrix* start = nullptr) {
    ThreadPool pool(threads);
    return graphicalLasso(m, S, rho, pool, {.start = start, .screening = screening});
}

struct Case {
    std::size_t m;
    std::size_t draws;
    std::size_t groups;
    double scale;
    double rho;
};
// Singular S and regular, one component and many, tasks of very different size, one task.
constexpr Case kCases[] = {
    {1, 3, 1, 1.0, 0.3},  {6, 2, 2, 1.0, 0.5},     {12, 40, 3, 1.0, 0.1},    {40, 10, 4, 1.0, 0.2},
    {60, 8, 3, 1.0, 1.0}, {30, 50, 5, 0.8, 0.002}, {100, 30, 5, 1.0, 0.1},   {90, 200, 9, 1.0, 0.4},
    {8, 3, 2, 1.0, 0.01}, {20, 30, 20, 1.0, 1e-3}, {150, 20, 10, 0.99, 0.3}, {90, 12, 30, 1.0, 0.01},
};

TEST(GraphicalLasso, MeetsTheOptimalityConditions) {
    for (const Case& c : kCases) {
        SCOPED_TRACE(::testing::Message() << "m " << c.m << ", rank " << c.draws << ", rho " << c.rho);
        const std::vector<double> S = covariance(c.m, c.draws, c.groups, c.scale, c.m);
        const GraphicalLasso found = solved(S, c.m, c.rho);
        const std::vector<double> omega = dense(found.omega);
        EXPECT_LT(missed(S, c.rho, omega, c.m), 1e-8);
        // f at the minimum, where tr(S Omega) + rho ||Omega||_1 = m.
        std::vector<double> factor = omega;
        ASSERT_TRUE(blas::cholesky(factor, c.m));
        double f = static_cast<double>(c.m);
        for (std::size_t t = 0; t < c.m; ++t) {
            f -= 2.0 * std::log(factor[t * c.m + t]);
        }
        EXPECT_NEAR(found.objective, f, 1e-8 * (std::abs(f) + static_cast<double>(c.m)));
    }
}

TEST(GraphicalLasso, OfTwoTasksHasAClosedForm) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const std::vector<double> S = covariance(2, 3, 1, 0.5, seed);
        for (const double rho : {1e-3, 0.05, 0.3, 2.0}) {
            const double shrunk = std::copysign(std::max(0.0, std::abs(S[1]) - rho), S[1]);
            const std::vector<double> sigma{S[0] + rho, shrunk, shrunk, S[3] + rho};
            const GraphicalLasso found = solved(S, 2, rho);
            expectNear(inverse(dense(found.omega), 2), sigma, 1e-8);
            EXPECT_EQ(found.omega.values.empty(), shrunk == 0.0);
        }
    }
}

TEST(GraphicalLasso, IsDiagonalForALargePenaltyAndTheInverseForNone) {
    const std::size_t m = 9;
    const std::vector<double> S = covariance(m, 30, 3, 0.9, 7);
    double largestPair = 0.0;
    for (std::size_t s = 0; s < m; ++s) {
        for (std::size_t t = 0; t < s; ++t) {
            largestPair = std::max(largestPair, std::abs(S[s * m + t]));
        }
    }
    const GraphicalLasso diagonal = solved(S, m, largestPair);
    EXPECT_EQ(diagonal.components, m);
    EXPECT_TRUE(diagonal.omega.values.empty());
    for (std::size_t t = 0; t < m; ++t) {
        EXPECT_NEAR(diagonal.omega.diagonal[t] * (S[t * m + t] + largestPair), 1.0, 1e-14);
    }
    EXPECT_FALSE(solved(S, m, 0.99 * largestPair).omega.values.empty());
    expectNear(dense(solved(S, m, 0.0).omega), inverse(S, m), 1e-7);
    EXPECT_THROW(solved(std::vector<double>(4), 2, 0.0), Error);
}

TEST(GraphicalLasso, ScreeningDoesNotChangeTheSolution) {
    for (const double rho : {0.8, 1.2, 1.6}) {
        const std::size_t m = 24;
        const std::vector<double> S = covariance(m, 6, 4, 1.0, 3);
        const GraphicalLasso screened = solved(S, m, rho);
        const GraphicalLasso whole = solved(S, m, rho, 1, Screening::Off);
        EXPECT_GT(screened.components, 1u);
        EXPECT_EQ(whole.components, 1u);
        expectNear(dense(screened.omega), dense(whole.omega), 1e-7);
    }
}

TEST(GraphicalLasso, DoesNotDependOnWhereItStarts) {
    for (const Case& c : kCases) {
        const std::vector<double> S = covariance(c.m, c.draws, c.groups, c.scale, c.m);
        const GraphicalLasso cold = solved(S, c.m, c.rho);
        const GraphicalLasso elsewhere = solved(covariance(c.m, c.draws, c.groups, c.scale, 99), c.m, c.rho);
        const GraphicalLasso warm = solved(S, c.m, c.rho, 1, Screening::On, &elsewhere.omega);
        EXPECT_LT(missed(S, c.rho, dense(warm.omega), c.m), 1e-8);
        expectNear(dense(warm.omega), dense(cold.omega), 1e-5);
        // From the solution there is next to nothing to do.
        EXPECT_LE(solved(S, c.m, c.rho, 1, Screening::On, &cold.omega).newtonSteps, 3 * cold.components);
    }
}

TEST(GraphicalLasso, OfASingularCovarianceAndASmallPenaltyTakesFewNewtonSteps) {
    // Newton steps alone take 13 to 41.
    for (const Case& c :
         {Case{90, 12, 30, 1.0, 0.01}, Case{120, 20, 5, 0.99, 0.005}, Case{60, 5, 60, 0.95, 0.01}}) {
        const std::vector<double> S = covariance(c.m, c.draws, c.groups, c.scale, c.m);
        const GraphicalLasso found = solved(S, c.m, c.rho);
        EXPECT_LE(found.newtonSteps, 8u);
        EXPECT_LT(missed(S, c.rho, dense(found.omega), c.m), 1e-8);
    }
}

TEST(GraphicalLasso, GivesUpOnceCancelled) {
    const Case c{120, 20, 5, 0.99, 0.005};
    const std::vector<double> S = covariance(c.m, c.draws, c.groups, c.scale, c.m);
    const std::atomic<bool> cancelled{true};
    ThreadPool pool(1);
    const GraphicalLasso found = graphicalLasso(c.m, S, c.rho, pool, {.cancelled = &cancelled});
    EXPECT_EQ(found.newtonSteps, 0u);
    EXPECT_FALSE(found.finished);
}

/// The whole matrix as one component, in the scale of the solver.
LassoComponent componentOf(const std::vector<double>& S, std::size_t m, double rho) {
    LassoComponent component{.p = m, .S = S, .r = std::vector<double>(m)};
    for (std::size_t s = 0; s < m; ++s) {
        const double d = 1.0 / std::sqrt(S[s * m + s] + rho);
        component.r[s] = std::sqrt(rho) * d;
        for (std::size_t t = 0; t < m; ++t) {
            component.S[s * m + t] *= d / std::sqrt(S[t * m + t] + rho);
        }
    }
    return component;
}

TEST(AlternatingDirections, EndNearTheMinimumWithItsZerosWhereverTheyBegin) {
    for (const Case& c : kCases) {
        if (c.m == 1) {
            continue;
        }
        SCOPED_TRACE(::testing::Message() << "m " << c.m << ", rank " << c.draws << ", rho " << c.rho);
        const std::vector<double> S = covariance(c.m, c.draws, c.groups, c.scale, c.m);
        const LassoComponent component = componentOf(S, c.m, c.rho);
        ThreadPool pool(1);
        std::vector<double> identity(c.m * c.m);
        for (std::size_t t = 0; t < c.m; ++t) {
            identity[t * c.m + t] = 1.0;
        }
        const LassoSolution best = solveComponent(component, identity, {.threads = pool});
        std::vector<double> between = component.S;
        for (std::size_t t = 0; t < c.m; ++t) {
            between[t * c.m + t] += 1.0;
        }
        const std::vector<double> other = inverse(std::move(between), c.m);
        for (const std::vector<double>& start : {identity, best.X, other}) {
            const std::vector<double> Z = nearMinimum(component, start, {.threads = pool});
            expectNear(Z, best.X, 1e-3);
            for (std::size_t st = 0; st < Z.size(); ++st) {
                EXPECT_EQ(Z[st] == 0.0, best.X[st] == 0.0);
            }
        }
    }
}

TEST(AlternatingDirections, EndPositiveDefiniteHoweverIllConditioned) {
    for (const double rho : {1e-5, 1e-8, 1e-11}) {
        const std::size_t m = 40;
        const LassoComponent component = componentOf(covariance(m, 5, 3, 1.0, 4), m, rho);
        ThreadPool pool(1);
        std::vector<double> identity(m * m);
        for (std::size_t t = 0; t < m; ++t) {
            identity[t * m + t] = 1.0;
        }
        std::vector<double> near = nearMinimum(component, identity, {.threads = pool});
        EXPECT_TRUE(blas::cholesky(near, m)) << rho;
    }
}

TEST(GraphicalLasso, FollowsTasksThatChangePlaces) {
    const std::size_t m = 30;
    const std::vector<double> S = covariance(m, 12, 3, 1.0, 5);
    const auto place = [&](std::size_t t) { return 7 * t % m; };
    std::vector<double> moved(m * m);
    for (std::size_t s = 0; s < m; ++s) {
        for (std::size_t t = 0; t < m; ++t) {
            moved[place(s) * m + place(t)] = S[s * m + t];
        }
    }
    const std::vector<double> omega = dense(solved(S, m, 0.4).omega);
    const std::vector<double> other = dense(solved(moved, m, 0.4).omega);
    std::vector<double> back(m * m);
    for (std::size_t s = 0; s < m; ++s) {
        for (std::size_t t = 0; t < m; ++t) {
            back[s * m + t] = other[place(s) * m + place(t)];
        }
    }
    expectNear(back, omega, 1e-7);
}

TEST(GraphicalLasso, HasTheSameBitsAtAnyNumberOfThreads) {
    for (const Case& c : kCases) {
        const std::vector<double> S = covariance(c.m, c.draws, c.groups, c.scale, c.m);
        const GraphicalLasso one = solved(S, c.m, c.rho);
        for (const std::size_t threads : {2u, 4u}) {
            const GraphicalLasso more = solved(S, c.m, c.rho, threads);
            EXPECT_EQ(more.omega.diagonal, one.omega.diagonal);
            EXPECT_EQ(more.omega.values, one.omega.values);
        }
    }
}

}  // namespace
}  // namespace fedmtl::testing
