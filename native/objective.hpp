// Primal, dual and their gap: the certificate (math.md 1).
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "native/messages.hpp"
#include "native/status.hpp"

namespace fedmtl {

struct Certificate {
    double primal = 0.0;          // P(W) without g(Omega)
    double dual = 0.0;            // D(alpha)
    double gap = 0.0;             // primal - dual >= 0 up to rounding
    double jointObjective = 0.0;  // primal + g(Omega); NaN while g is not known
    // A lower bound on the joint objective over all W and Omega; NaN for families without one.
    double jointDual = std::numeric_limits<double>::quiet_NaN();

    /// gap / max(|P|, |D|), 0 if both are 0.
    double relativeGap() const {
        const double scale = std::max(std::abs(primal), std::abs(dual));
        return scale == 0.0 ? 0.0 : gap / scale;
    }
};

/// From every task's sums at W = V K, `quadratic` = tr(V K V') = sum(V o W) and `penalty` = g(Omega). Sums
/// run over the tasks in order.
inline Certificate certify(std::span<const Objective> tasks, double quadratic, double penalty,
                           std::optional<double> jointConjugate) {
    double loss = 0.0;
    double conjugate = 0.0;
    for (const Objective& task : tasks) {
        loss += task.lossSum;
        conjugate += task.conjugateSum;
    }
    Certificate certificate;
    certificate.primal = loss + 0.5 * quadratic;
    certificate.dual = -conjugate - 0.5 * quadratic;
    certificate.gap = certificate.primal - certificate.dual;
    certificate.jointObjective = certificate.primal + penalty;
    if (!std::isfinite(certificate.primal) || !std::isfinite(certificate.dual)) {
        throw Error(ErrorCode::Numerical,
                    "the objective is not a finite number; labels, features or weights are too large, or the "
                    "relationship's numbers too extreme: rescale them");
    }
    if (jointConjugate) {
        certificate.jointDual = -conjugate - *jointConjugate;
    }
    return certificate;
}

}  // namespace fedmtl
