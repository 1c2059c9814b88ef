// Laws of the losses: the coordinate step maximises its problem, value and conjugate obey Fenchel and Young.
#include "native/loss.hpp"

#include <gtest/gtest.h>

#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

/// What one coordinate step is given.
struct Point {
    double alpha = 0.0;
    double z = 0.0;
    double y = 0.0;
    double a = 0.0;
};

/// alpha at the ends of its domain, inside it and at 0; curvature 0, tiny, ordinary and huge.
template <class Loss>
Point randomPoint(const Loss& loss, Numbers& numbers) {
    Point point;
    point.y = loss.kClassification ? (numbers.below(2) == 0 ? -1.0 : 1.0) : 3.0 * numbers.normal();
    const double anywhere[] = {0.0, -50.0, 50.0, numbers.normal(), numbers.uniform(-1.0, 1.0)};
    point.alpha = loss.clip(anywhere[numbers.below(5)], point.y);
    const double curvatures[] = {0.0, numbers.magnitude(-300.0, -10.0), numbers.magnitude(-3.0, 3.0),
                                 numbers.magnitude(0.5, 2.5), numbers.magnitude(3.0, 12.0)};
    point.a = curvatures[numbers.below(5)];
    // There is no curvature only where the row or the task's w is 0, and then the score is 0 too.
    point.z = point.a == 0.0 ? 0.0 : numbers.magnitude(-2.0, 2.0) * numbers.normal();
    return point;
}

/// -loss*(-alpha) - (alpha - old) z - a/2 (alpha - old)^2
template <class Loss>
double coordinateObjective(const Loss& loss, const Point& point, double alpha) {
    const double change = alpha - point.alpha;
    return loss.negativeConjugate(alpha, point.y) - change * point.z - 0.5 * point.a * change * change;
}

template <class Body>
void forRandomPoints(const Body& body) {
    for (const LossSpec& spec : allLosses()) {
        visitLoss(spec, [&](const auto& loss) {
            Numbers numbers(static_cast<std::uint64_t>(spec.kind) + 1);
            for (int trial = 0; trial < 20000; ++trial) {
                const Point point = randomPoint(loss, numbers);
                SCOPED_TRACE(::testing::Message()
                             << "loss " << static_cast<int>(spec.kind) << " alpha " << point.alpha << " z "
                             << point.z << " y " << point.y << " a " << point.a);
                body(loss, point, numbers);
                if (::testing::Test::HasFailure()) {
                    return;
                }
            }
        });
    }
}

/// alpha after the step, as the solver takes it.
double stepped(const auto& loss, const Point& point) {
    return loss.clip(point.alpha + loss.change(point.alpha, point.z, point.y, point.a), point.y);
}

TEST(Loss, StepIsInTheDomainAndNoOtherPointIsBetter) {
    forRandomPoints([](const auto& loss, const Point& point, Numbers& numbers) {
        const double next = stepped(loss, point);
        ASSERT_TRUE(std::isfinite(next));
        ASSERT_EQ(loss.clip(next, point.y), next);
        const double best = coordinateObjective(loss, point, next);
        const double change = next - point.alpha;
        const double scale = 1.0 + std::abs(next * point.y) + std::abs(change * point.z) + next * next +
                             point.a * change * change;
        for (int rival = 0; rival < 8; ++rival) {
            const double near = next + numbers.magnitude(-8.0, 1.0) * numbers.normal();
            const double other = loss.clip(rival == 0 ? point.alpha : near, point.y);
            ASSERT_LE(coordinateObjective(loss, point, other), best + 1e-12 * scale) << "rival " << other;
        }
    });
}

TEST(Loss, FenchelAndYoungAgreeAtTheScoreTheStepLeadsTo) {
    forRandomPoints([](const auto& loss, const Point& point, Numbers&) {
        const auto slack = [&](double alpha, double z) {
            return loss.value(z, point.y) - loss.negativeConjugate(alpha, point.y) + alpha * z;
        };
        const double scale = 1.0 + std::abs(point.y * point.alpha) +
                             std::abs(point.z) * (1.0 + std::abs(point.z)) + point.y * point.y;
        ASSERT_GE(slack(point.alpha, point.z), -1e-12 * scale);
        if (point.a > 1e6) {
            return;  // the new score, z + a (alpha+ - alpha), then has no correct digit
        }
        const double next = stepped(loss, point);
        const double score = point.z + point.a * (next - point.alpha);
        ASSERT_NEAR(slack(next, score), 0.0, 1e-12 * (scale + point.a) * (1.0 + std::abs(next)));
    });
}

TEST(Loss, ClipIsTheNearestPointOfTheDomain) {
    forRandomPoints([](const auto& loss, const Point& point, Numbers& numbers) {
        const double outside = 5.0 * numbers.normal();
        const double clipped = loss.clip(outside, point.y);
        ASSERT_EQ(loss.clip(clipped, point.y), clipped);
        ASSERT_LE(std::abs(clipped - outside), std::abs(point.alpha - outside) + 1e-15);
    });
}

TEST(Loss, LogisticStepSolvesItsEquation) {
    const Logistic loss;
    Numbers numbers(7);
    for (int trial = 0; trial < 100000; ++trial) {
        const double b = trial % 4 == 0 ? 0.0 : trial % 4 == 1 ? 1.0 : numbers.uniform(0.0, 1.0);
        const double a = numbers.magnitude(-6.0, 6.0);
        const double margin = std::sqrt(a) * numbers.uniform(-1.0, 1.0);
        const double next = b + loss.change(b, margin, 1.0, a);
        const double implied = Logistic::sigmoid(-margin - a * (next - b));
        // The rounding of b+ comes back through the slope of the right-hand side.
        const double rounding = 4e-16 * (1.0 + next * (1.0 - next) * (a + std::abs(margin)));
        ASSERT_NEAR(implied, next, 4.0 * rounding) << "b " << b << " margin " << margin << " a " << a;
    }
}

TEST(Loss, LogisticValueDoesNotOverflow) {
    const Logistic loss;
    for (const double z : {-1e4, -745.0, 0.0, 745.0, 1e4}) {
        EXPECT_NEAR(loss.value(z, 1.0), std::max(0.0, -z), 1.0);
        EXPECT_NEAR(loss.value(z, 1.0) - loss.value(z, -1.0), -z, 1e-12 * (1.0 + std::abs(z)));
    }
}

TEST(Loss, ClassificationIsWhatHasSignsForLabels) {
    for (const LossSpec& spec : allLosses()) {
        const bool expected = spec.kind == LossKind::Hinge || spec.kind == LossKind::SmoothedHinge ||
                              spec.kind == LossKind::Logistic;
        EXPECT_EQ(isClassification(spec), expected);
    }
}

}  // namespace
}  // namespace fedmtl::testing
