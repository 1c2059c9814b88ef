#include "native/client.hpp"

#include <algorithm>
#include <cmath>

#include "native/client_passes.hpp"

namespace fedmtl {
namespace {

/// The slope of the loss at a model's score. At a kink alpha* may be anything between the slopes beside it,
/// and the rows that decide the model lie at kinks: there the mean slope over a small width is the better
/// guess (landmine, hinge, mean, model to 1e-5, lambda1 x 1.2, no shrinking: 116 rounds to 1e-3 against 225
/// with the slope itself and 226 from 0; widths from 0.01 to 0.2 gave 168 to 116).
template <class Loss>
double slopeNear(const Loss& loss, double z, double y) {
    if constexpr (std::is_same_v<Loss, Hinge> || std::is_same_v<Loss, EpsilonInsensitive>) {
        constexpr double kWidth = 0.05;
        return (loss.value(z + kWidth, y) - loss.value(z - kWidth, y)) / (2.0 * kWidth);
    } else {
        return loss.slope(z, y);
    }
}

void moveTowards(std::span<const double> proposed, double gamma, std::span<double> accepted) {
    if (gamma == 1.0) {
        std::ranges::copy(proposed, accepted.begin());
        return;
    }
    for (std::size_t i = 0; i < accepted.size(); ++i) {
        accepted[i] += gamma * (proposed[i] - accepted[i]);
    }
}

}  // namespace

void Client::decide(const Decision& decision) {
    if (state_.pendingRound != 0 && state_.pendingRound != decision.round) {
        withdraw();
    }
    if (state_.pendingRound != 0) {
        keepPrevious();
        moveTowards(state_.proposedAlpha, decision.gamma, state_.alpha);
        if (!state_.serverMovesV) {
            moveTowards(state_.proposedV, decision.gamma, state_.v);
        }
        std::ranges::copy(state_.proposedNaps, state_.naps.begin());
        state_.pendingRound = 0;
    }
    if (decision.restarts != state_.restarts) {
        state_.restarts = decision.restarts;
        keepPrevious();
    }
}

void Client::keepPrevious() {
    if (state_.previousAlpha.empty()) {
        return;
    }
    std::ranges::copy(state_.alpha, state_.previousAlpha.begin());
    if (!state_.serverMovesV) {
        std::ranges::copy(state_.v, state_.previousV.begin());
    }
}

void Client::accumulateV(std::span<const double> alpha, std::span<double> v) const {
    accumulateRows([&](std::size_t i) { return alpha[i]; }, v);
}

void Client::startAt(std::span<const double> scores) {
    visitLoss(spec_.loss, [&](const auto& loss) {
        for (std::size_t i = 0; i < data_.count; ++i) {
            const double y = data_.terms[i].y;
            state_.alpha[i] = q(i) == 0.0 ? 0.0 : loss.clip(-slopeNear(loss, scores[i], y), y);
        }
    });
    if (spec_.freeIntercept) {
        balance();
    }
    refreshV();
    keepPrevious();
}

void Client::balance() {
    double positive = 0.0;
    double negative = 0.0;
    for (std::size_t i = 0; i < data_.count; ++i) {
        const double share = q(i) * state_.alpha[i];
        (share > 0.0 ? positive : negative) += std::abs(share);
    }
    const double kept = std::min(positive, negative);
    for (double& alpha : state_.alpha) {
        const double part = alpha > 0.0 ? positive : negative;
        alpha *= part > 0.0 ? kept / part : 0.0;
    }
}

double Client::conjugateSumAt(double factor) const {
    return visitLoss(spec_.loss, [&](const auto& loss) {
        double sum = 0.0;
        for (std::size_t i = 0; i < data_.count; ++i) {
            sum -= q(i) * loss.negativeConjugate(factor * state_.alpha[i], data_.terms[i].y);
        }
        return sum;
    });
}

void Client::rescale(double factor) {
    for (double& alpha : state_.alpha) {
        alpha *= factor;
    }
    refreshV();
    keepPrevious();
}

void Client::refreshV() { accumulateV(state_.alpha, state_.v); }

Objective Client::evaluate(std::span<const double> w, ClientWorkspace& workspace) {
    return std::visit(
        [&](const auto& rows) {
            return visitLoss(spec_.loss, [&](const auto& loss) {
                state_.intercept = scoreAll(loss, rows, w, workspace);
                Objective sums;
                for (std::size_t i = 0; i < data_.count; ++i) {
                    const double qi = q(i);
                    if (qi == 0.0) {
                        continue;
                    }
                    const double y = data_.terms[i].y;
                    sums.lossSum += qi * loss.value(workspace.scores[i] + state_.intercept, y);
                    sums.conjugateSum -= qi * loss.negativeConjugate(state_.alpha[i], y);
                }
                return sums;
            });
        },
        data_.rows);
}

}  // namespace fedmtl
