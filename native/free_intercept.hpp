// An unpenalised intercept b_t for each task (math.md 2, `free`).
//
// P takes the best b_t; a valid dual then needs sum_i q_i alpha_i = 0 in every task. Coordinates therefore
// move in pairs, q_i alpha_i up and q_j alpha_j down by the same amount delta, which maximises
//     - q_i loss*(-alpha_i) - q_j loss*(-alpha_j) - delta (z_i - z_j) - (S / 2) delta^2 ||x_i - x_j||^2
// along the line: sequential minimal optimisation (Platt 1998) with random pairs in place of a working-set
// rule.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace fedmtl {

/// One row of a pair.
struct PairEnd {
    double alpha = 0.0;
    double y = 0.0;
    double z = 0.0;  // x'u
    double q = 0.0;  // > 0
};

/// The delta that maximises the pair's problem; `curvature` = S ||x_i - x_j||^2 >= 0. The derivative falls in
/// delta: Newton's method in a bracket that the dual domain gives, bisection where a kink throws it out.
template <class Loss>
double pairStep(const Loss& loss, const PairEnd& i, const PairEnd& j, double curvature) {
    double low = std::max(i.q * (loss.lower(i.y) - i.alpha), j.q * (j.alpha - loss.upper(j.y)));
    double high = std::min(i.q * (loss.upper(i.y) - i.alpha), j.q * (j.alpha - loss.lower(j.y)));
    if (!(low < high)) {
        return 0.0;
    }
    const auto clipped = [](double value, double least, double most) {
        return std::min(std::max(value, least), most);
    };
    double delta = clipped(0.0, low, high);
    constexpr int kMaxSteps = 100;
    for (int step = 0; step < kMaxSteps; ++step) {
        const double alphaI = i.alpha + delta / i.q;
        const double alphaJ = j.alpha - delta / j.q;
        const double slope =
            loss.dualSlope(alphaI, i.y) - loss.dualSlope(alphaJ, j.y) - (i.z - j.z) - curvature * delta;
        if (slope == 0.0 || std::isnan(slope)) {
            break;
        }
        (slope > 0.0 ? low : high) = delta;
        const double bend =
            loss.dualCurvature(alphaI, i.y) / i.q + loss.dualCurvature(alphaJ, j.y) / j.q + curvature;
        double next = bend > 0.0 ? delta + slope / bend : (slope > 0.0 ? high : low);
        if (step == 0 && !std::isnan(next)) {
            next = clipped(next, low, high);  // an end of the domain may be the answer
        } else if (!(next > low && next < high)) {
            if (!std::isfinite(low + high)) {
                break;  // no kinks on an unbounded domain: Newton's first step was exact, this is its
                        // rounding
            }
            next = 0.5 * (low + high);
        }
        const double change = std::abs(next - delta);
        delta = next;
        if (change <= 1e-13 * std::max(i.q, j.q)) {
            break;
        }
    }
    return delta;
}

/// A b that minimises sum_i q_i loss(z_i + b, y_i), by bisection on the derivative. For a task of one class
/// the minimum lies at infinity and b is large enough for any double.
/// @param slope b -> sum_i q_i loss'(z_i + b, y_i), never falling
/// @param reach a bound on the minimiser, > 0
template <class Slope>
double bestIntercept(const Slope& slope, double reach) {
    double low = -reach;
    double high = reach;
    constexpr int kHalvings = 60;
    for (int halving = 0; halving < kHalvings; ++halving) {
        const double middle = 0.5 * (low + high);
        const double at = slope(middle);
        if (at == 0.0) {
            return middle;
        }
        (at < 0.0 ? low : high) = middle;
    }
    return 0.5 * (low + high);
}

}  // namespace fedmtl
