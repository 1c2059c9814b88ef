// Losses: value, conjugate and the exact coordinate step of the SDCA subproblem (math.md 2).
//
// For one coordinate i of task t the step maximises, over the new dual variable alpha+,
//     -q loss*(-alpha+) - q (alpha+ - alpha) z - (S q^2 ||x||^2 / 2) (alpha+ - alpha)^2,
// where z = x'u is the current score and a = S q ||x||^2 is what the losses are handed.
// `change` is alpha+ - alpha of that step, up to rounding: what the axpy waits for is the change, not alpha+.
// Each loss also has its derivative in z (`slope`) and that of -loss*(-alpha) in alpha (`dualSlope`,
// `dualCurvature` its negated derivative) on the domain lower .. upper: what a free intercept needs
// (free_intercept.hpp). Sources: Shalev-Shwartz & Zhang, SDCA, JMLR 2013; Yu, Huang & Lin, dual coordinate
// descent for logistic regression, 2011.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "native/status.hpp"

namespace fedmtl {

enum class LossKind { Hinge, SmoothedHinge, Logistic, Squared, EpsilonInsensitive, Huber };

struct LossSpec {
    LossKind kind = LossKind::Hinge;
    double smoothing = 1.0;   // gamma of the smoothed hinge, > 0
    double tube = 0.1;        // of the epsilon-insensitive loss, >= 0
    double huberDelta = 1.0;  // residual at which the huber loss turns linear, > 0
};

/// 1 / a, finite for a = 0 too. Steps multiply by it instead of dividing: a is known before z = x'u is, while
/// a quotient would stand between the dot and the axpy of every step.
inline double inverse(double a) { return 1.0 / std::max(a, std::numeric_limits<double>::min()); }

/// What is left of a change of alpha that must not leave the domain low .. high.
inline double changeWithin(double change, double alpha, double low, double high) {
    return std::min(std::max(change, low - alpha), high - alpha);
}

/// The ends of 0 <= alpha y <= 1 for y = -1 and 1. Not min(0, y) and max(0, y): compilers turn these into a
/// branch on y, which is as good as a coin (measured: a third of a step on short rows).
inline double lowerOfClass(double y) { return 0.5 * (y - 1.0); }
inline double upperOfClass(double y) { return 0.5 * (y + 1.0); }

/// max(0, 1 - yz); dual domain 0 <= alpha y <= 1.
struct Hinge {
    static constexpr bool kClassification = true;

    double value(double z, double y) const { return std::max(0.0, 1.0 - y * z); }

    /// -loss*(-alpha)
    double negativeConjugate(double alpha, double y) const { return alpha * y; }

    /// The nearest alpha in the domain.
    double clip(double alpha, double y) const { return y * std::clamp(alpha * y, 0.0, 1.0); }

    double change(double alpha, double z, double y, double a) const {
        const bool indifferent = a == 0.0 && y * z >= 1.0;
        return changeWithin(indifferent ? 0.0 : (y - z) * inverse(a), alpha, lower(y), upper(y));
    }
    double lower(double y) const { return lowerOfClass(y); }
    double upper(double y) const { return upperOfClass(y); }
    double slope(double z, double y) const { return y * z < 1.0 ? -y : 0.0; }
    double dualSlope(double /*alpha*/, double y) const { return y; }
    double dualCurvature(double /*alpha*/, double /*y*/) const { return 0.0; }
};

/// The hinge rounded off over a width of gamma: (1/gamma)-smooth; dual domain 0 <= alpha y <= 1.
struct SmoothedHinge {
    static constexpr bool kClassification = true;
    double gamma = 1.0;

    double value(double z, double y) const {
        const double slack = 1.0 - y * z;
        if (slack <= 0.0) {
            return 0.0;
        }
        return slack <= gamma ? slack * slack / (2.0 * gamma) : slack - gamma / 2.0;
    }

    double negativeConjugate(double alpha, double y) const {
        const double b = alpha * y;
        return b - gamma * b * b / 2.0;
    }

    /// The nearest alpha in the domain.
    double clip(double alpha, double y) const { return y * std::clamp(alpha * y, 0.0, 1.0); }

    double change(double alpha, double z, double y, double a) const {
        return changeWithin((y - gamma * alpha - z) * inverse(a + gamma), alpha, lower(y), upper(y));
    }
    double lower(double y) const { return lowerOfClass(y); }
    double upper(double y) const { return upperOfClass(y); }
    double slope(double z, double y) const { return -y * std::clamp((1.0 - y * z) / gamma, 0.0, 1.0); }
    double dualSlope(double alpha, double y) const { return y - gamma * alpha; }
    double dualCurvature(double /*alpha*/, double /*y*/) const { return gamma; }
};

/// log(1 + exp(-yz)); dual domain 0 <= alpha y <= 1 with 0 log 0 = 0.
struct Logistic {
    static constexpr bool kClassification = true;

    double value(double z, double y) const {
        const double margin = y * z;
        const double tail = std::log1p(std::exp(-std::abs(margin)));
        return margin >= 0.0 ? tail : tail - margin;
    }

    double negativeConjugate(double alpha, double y) const {
        const double b = alpha * y;
        return -entropyTerm(b) - entropyTerm(1.0 - b);
    }

    /// The nearest alpha in the domain.
    double clip(double alpha, double y) const { return y * std::clamp(alpha * y, 0.0, 1.0); }

    /// Solves log((1 - b+) / b+) - yz - a (b+ - b) = 0. In t = log(b+ / (1 - b+)) the left side is -(t + yz +
    /// a (s(t) - b)), monotone with a slope in [1, 1 + a/4]: Newton's method within a bracket. Left alone it
    /// cycles between the two flat ends of the sigmoid (3 % of random cases with a near 30), so that a step
    /// back must be at most half the step before; where it is not, the bracket is halved instead.
    double change(double alpha, double z, double y, double a) const {
        const double b = alpha * y;
        const double margin = y * z;
        double low = -margin - a * (1.0 - b);
        double high = -margin + a * b;
        const double start = b > 0.0 && b < 1.0 ? std::log(b / (1.0 - b)) : -margin - a * (0.5 - b);
        double t = std::clamp(start, low, high);
        double change = 2.0 * (high - low);
        for (int iteration = 0; iteration < kMaxNewtonSteps && change != 0.0; ++iteration) {
            const double s = sigmoid(t);
            const double residual = t + margin + a * (s - b);
            (residual > 0.0 ? high : low) = t;
            const double newton = -residual / (1.0 + a * s * (1.0 - s));
            const bool settling = newton * change > 0.0 || std::abs(newton) <= 0.5 * std::abs(change);
            const bool safe = settling && t + newton >= low && t + newton <= high;
            change = safe ? newton : 0.5 * (low + high) - t;
            t += change;
            // Newton converges quadratically: a last step of 1e-9 leaves an error near 1e-18.
            if (safe && std::abs(change) <= 1e-9 * std::max(1.0, std::abs(t))) {
                break;
            }
        }
        return y * sigmoid(t) - alpha;
    }

    static double sigmoid(double t) {
        if (t >= 0.0) {
            return 1.0 / (1.0 + std::exp(-t));
        }
        const double e = std::exp(t);
        return e / (1.0 + e);
    }

    double lower(double y) const { return lowerOfClass(y); }
    double upper(double y) const { return upperOfClass(y); }
    double slope(double z, double y) const { return -y * sigmoid(-y * z); }
    double dualSlope(double alpha, double y) const {
        const double b = alpha * y;
        return y * (std::log1p(-b) - std::log(b));
    }
    double dualCurvature(double alpha, double y) const {
        const double b = alpha * y;
        return 1.0 / (b * (1.0 - b));
    }

  private:
    static constexpr int kMaxNewtonSteps = 100;
    static double entropyTerm(double b) { return b > 0.0 ? b * std::log(b) : 0.0; }
};

/// (z - y)^2 / 2; alpha is free.
struct Squared {
    static constexpr bool kClassification = false;

    double value(double z, double y) const { return 0.5 * (z - y) * (z - y); }
    double negativeConjugate(double alpha, double y) const { return alpha * y - 0.5 * alpha * alpha; }
    double clip(double alpha, double /*y*/) const { return alpha; }
    double change(double alpha, double z, double y, double a) const {
        return (y - alpha - z) * inverse(1.0 + a);
    }
    double lower(double /*y*/) const { return -std::numeric_limits<double>::infinity(); }
    double upper(double /*y*/) const { return std::numeric_limits<double>::infinity(); }
    double slope(double z, double y) const { return z - y; }
    double dualSlope(double alpha, double y) const { return y - alpha; }
    double dualCurvature(double /*alpha*/, double /*y*/) const { return 1.0; }
};

/// max(0, |z - y| - tube); dual domain |alpha| <= 1.
struct EpsilonInsensitive {
    static constexpr bool kClassification = false;
    double tube = 0.1;

    double value(double z, double y) const { return std::max(0.0, std::abs(z - y) - tube); }
    double negativeConjugate(double alpha, double y) const { return alpha * y - tube * std::abs(alpha); }
    double clip(double alpha, double /*y*/) const { return std::clamp(alpha, -1.0, 1.0); }

    double change(double alpha, double z, double y, double a) const {
        const double pull = a * alpha + y - z;
        const double beyond = std::abs(pull) - tube;
        const double next = beyond > 0.0 ? std::copysign(std::min(1.0, beyond * inverse(a)), pull) : 0.0;
        return next - alpha;
    }
    double lower(double /*y*/) const { return -1.0; }
    double upper(double /*y*/) const { return 1.0; }
    double slope(double z, double y) const {
        return std::abs(z - y) > tube ? std::copysign(1.0, z - y) : 0.0;
    }
    double dualSlope(double alpha, double y) const {
        return alpha == 0.0 ? y : y - std::copysign(tube, alpha);
    }
    double dualCurvature(double /*alpha*/, double /*y*/) const { return 0.0; }
};

/// (z - y)^2 / 2 up to a residual of delta, linear beyond; dual domain |alpha| <= delta.
struct Huber {
    static constexpr bool kClassification = false;
    double delta = 1.0;

    double value(double z, double y) const {
        const double residual = std::abs(z - y);
        return residual <= delta ? 0.5 * residual * residual : delta * residual - 0.5 * delta * delta;
    }
    double negativeConjugate(double alpha, double y) const { return alpha * y - 0.5 * alpha * alpha; }
    double clip(double alpha, double /*y*/) const { return std::clamp(alpha, -delta, delta); }
    double change(double alpha, double z, double y, double a) const {
        return changeWithin((y - alpha - z) * inverse(1.0 + a), alpha, lower(y), upper(y));
    }
    double lower(double /*y*/) const { return -delta; }
    double upper(double /*y*/) const { return delta; }
    double slope(double z, double y) const { return std::clamp(z - y, -delta, delta); }
    double dualSlope(double alpha, double y) const { return y - alpha; }
    double dualCurvature(double /*alpha*/, double /*y*/) const { return 1.0; }
};

/// Calls `function` with the loss as a concrete type, so that the inner loops are compiled for each.
template <class Function>
decltype(auto) visitLoss(const LossSpec& spec, Function&& function) {
    switch (spec.kind) {
        case LossKind::Hinge:
            return function(Hinge{});
        case LossKind::SmoothedHinge:
            return function(SmoothedHinge{spec.smoothing});
        case LossKind::Logistic:
            return function(Logistic{});
        case LossKind::Squared:
            return function(Squared{});
        case LossKind::EpsilonInsensitive:
            return function(EpsilonInsensitive{spec.tube});
        case LossKind::Huber:
            return function(Huber{spec.huberDelta});
    }
    throw Error(ErrorCode::Internal, "unknown loss kind");
}

/// Whether labels are classes (one of them "positive", the rest -1) or real values.
inline bool isClassification(const LossSpec& spec) {
    return visitLoss(spec, [](const auto& loss) { return loss.kClassification; });
}

}  // namespace fedmtl
