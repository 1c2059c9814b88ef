// The local solver of a client: from a RoundRequest to a Proposal (native/client.hpp says what it solves).
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "native/client_passes.hpp"
#include "native/rng.hpp"

namespace fedmtl {
namespace {

// v_t must equal X_t' (q alpha_t) to 1e-12 relative, while every round adds the rounding of (u - origin) / S:
// it is rebuilt from alpha at every 32nd proposal, which costs 1/64 of the work of one-epoch rounds. Momentum
// carries errors on (measured on landmine: 1.7e-12 after 30 rounds against 3e-14 without), so it rebuilds
// twice as often, and after that takes the last move from alpha too.
constexpr std::uint32_t kRefreshInterval = 32;
constexpr std::uint32_t kRefreshIntervalWithMomentum = 16;

// From this many columns on a step that changes nothing skips its axpy. Below, the branch costs more than the
// axpy where it cannot be predicted: 24 ns a step against 17 at d = 10, 27 against 20 at d = 30 (smoothed
// hinge).
constexpr std::size_t kFewestColsToSkip = 128;

}  // namespace

Proposal Client::propose(const RoundRequest& request, ClientWorkspace& workspace,
                         const std::atomic<bool>& cancelled) {
    RoundRequest usable = request;
    if (usable.S < std::numeric_limits<double>::min()) {
        usable.S = 0.0;  // has no finite inverse, and what it adds to u is lost there
    }
    return std::visit(
        [&](const auto& rows) {
            return visitLoss(spec_.loss, [&](const auto& loss) {
                return solve(loss, rows, usable, workspace, cancelled);
            });
        },
        data_.rows);
}

template <class Loss, class Rows>
Proposal Client::solve(const Loss& loss, const Rows& rows, const RoundRequest& request,
                       ClientWorkspace& workspace, const std::atomic<bool>& cancelled) {
    std::ranges::copy(state_.alpha, state_.proposedAlpha.begin());
    workspace.origin = request.w;
    workspace.u.assign(request.w.begin(), request.w.end());
    workspace.deltaV.assign(request.S > 0.0 ? 0 : data_.cols, 0.0);
    Proposal proposal;
    if (request.beta > 0.0) {
        startAtMomentum(loss, rows, request, workspace, proposal);
    }
    double* moving = request.S > 0.0 ? workspace.u.data() : workspace.deltaV.data();
    const bool shrinking = !state_.naps.empty();
    if (shrinking) {
        takeDueRows(state_.naps, state_.proposedNaps, workspace.order);
    } else {
        workspace.order.resize(data_.count);
        std::iota(workspace.order.begin(), workspace.order.end(), 0u);
    }
    const bool byGram = data_.gram != nullptr;
    if (byGram) {
        beginGram(rows, workspace);
    }
    RandomStream stream(spec_.seed, data_.nameHash, request.round);
    while (proposal.steps < request.steps && !workspace.order.empty()) {
        if (cancelled.load(std::memory_order_relaxed)) {
            return Proposal{};
        }
        const std::size_t count =
            std::min<std::uint64_t>(workspace.order.size(), request.steps - proposal.steps);
        stream.shuffle(workspace.order, count);
        const auto order = std::span(workspace.order).first(count);
        if (byGram) {
            sweepGram(loss, order, request.S, workspace, proposal);
        } else if (spec_.freeIntercept) {
            sweepPairs(loss, rows, order, request.S, moving, workspace, proposal);
        } else {
            sweep(loss, rows, order, request.S, moving, workspace, proposal);
        }
        const bool firstPass = proposal.steps == 0;
        proposal.steps += count;
        if (shrinking) {
            workspace.order.resize(count);
            keepMovingRows(loss, firstPass, workspace);
        }
    }
    if (byGram) {
        endGram(rows, request.S > 0.0 ? request.S : 1.0, moving, workspace, proposal);
    }
    finishV(request, workspace);
    state_.pendingRound = request.round;
    proposal.round = request.round;
    proposal.v = state_.proposedV;
    if (request.wantTheta) {
        proposal.theta = thetaBound(workspace, request.S, proposal.e, localGap(loss, rows, workspace));
    }
    return proposal;
}

/// Whether a visited row stayed at an end of its domain.
template <class Loss>
bool Client::rests(const Loss& loss, std::uint32_t i) const {
    const double alpha = state_.proposedAlpha[i];
    const double y = data_.terms[i].y;
    return alpha == state_.alpha[i] && (alpha == loss.lower(y) || alpha == loss.upper(y));
}

/// Drops the rows that rest from `order`; the first pass of a round decides their naps.
template <class Loss>
void Client::keepMovingRows(const Loss& loss, bool firstPass, ClientWorkspace& workspace) {
    if (firstPass) {
        for (const std::uint32_t i : workspace.order) {
            state_.proposedNaps[i] = rests(loss, i) ? afterRest(state_.naps[i]) : kAwake;
        }
    }
    std::erase_if(workspace.order, [&](std::uint32_t i) { return rests(loss, i); });
}

/// Puts the start at y = clip(alpha + beta (alpha - previousAlpha)) and u where Delta-v = v(y) - v; without
/// clipping that is beta (v - previousV), each clipped coordinate adds its row.
template <class Loss, class Rows>
void Client::startAtMomentum(const Loss& loss, const Rows& rows, const RoundRequest& request,
                             ClientWorkspace& workspace, Proposal& proposal) {
    if (state_.previousAlpha.empty()) {
        throw Error(ErrorCode::InvalidArgument, "a request with momentum came to a client made without it");
    }
    const double scale = request.S > 0.0 ? request.S : 1.0;
    const double beta = spec_.freeIntercept ? feasibleMomentum(loss, request.beta) : request.beta;
    AlignedVector<double>& moving = request.S > 0.0 ? workspace.u : workspace.deltaV;
    measureLastMove(workspace.lastMove);
    workspace.movedOrigin.resize(data_.cols);
    for (std::size_t j = 0; j < data_.cols; ++j) {
        const double lastMove = workspace.lastMove[j];
        const double origin = request.w[j] - request.S * request.beta * lastMove;
        workspace.movedOrigin[j] = origin;
        moving[j] = request.S > 0.0 ? origin + request.S * beta * lastMove : beta * lastMove;
    }
    workspace.origin = workspace.movedOrigin;
    const Kernels& k = spec_.kernels;
    for (std::size_t i = 0; i < data_.count; ++i) {
        const double qi = q(i);
        const double alpha = state_.alpha[i];
        const double extrapolated = alpha + beta * (alpha - state_.previousAlpha[i]);
        if (qi == 0.0 || extrapolated == alpha) {
            continue;
        }
        const double y = data_.terms[i].y;
        const double start = loss.clip(extrapolated, y);
        if (start != extrapolated) {
            axpyRow(k, scale * qi * (start - extrapolated), rows, data_.first + i, moving.data());
        }
        proposal.e += qi * (loss.negativeConjugate(start, y) - loss.negativeConjugate(alpha, y));
        state_.proposedAlpha[i] = start;
    }
}

/// v - previousV. Where v has just been rebuilt from alpha and previousV has not, the error that previousV
/// has gathered would be carried on: there it is measured on alpha.
void Client::measureLastMove(std::vector<double>& lastMove) const {
    lastMove.resize(data_.cols);
    if (state_.proposals % kRefreshIntervalWithMomentum == 0) {
        accumulateRows([&](std::size_t i) { return state_.alpha[i] - state_.previousAlpha[i]; }, lastMove);
        return;
    }
    for (std::size_t j = 0; j < data_.cols; ++j) {
        lastMove[j] = state_.v[j] - state_.previousV[j];
    }
}

/// The largest momentum up to beta that keeps every alpha in its domain: clipping would break sum_i q_i
/// alpha_i = 0.
template <class Loss>
double Client::feasibleMomentum(const Loss& loss, double beta) const {
    for (std::size_t i = 0; i < data_.count; ++i) {
        const double alpha = state_.alpha[i];
        const double move = alpha - state_.previousAlpha[i];
        const double y = data_.terms[i].y;
        const double room = move > 0.0 ? loss.upper(y) - alpha : alpha - loss.lower(y);
        if (move != 0.0 && q(i) != 0.0) {
            beta = std::min(beta, std::max(0.0, room) / std::abs(move));
        }
    }
    return beta;
}

/// Asks for all that the step on row i will read.
template <class Rows>
inline void Client::prefetch(const Rows& rows, std::size_t i) const {
    prefetchRow(rows, data_.first + i);
    prefetchBytes(&data_.terms[i], sizeof(RowTerms));
    prefetchBytes(&state_.proposedAlpha[i], sizeof(double));
}

/// Coordinate steps over the rows of `order`. `target` is u itself, or Delta-v where S = 0 leaves u in place.
template <class Loss, class Rows>
void Client::sweep(const Loss& loss, const Rows& rows, std::span<const std::uint32_t> order, double S,
                   double* target, ClientWorkspace& workspace, Proposal& proposal) {
    const Kernels& k = spec_.kernels;
    const double* const u = workspace.u.data();
    const double axpyScale = S > 0.0 ? S : 1.0;
    double* const alpha = state_.proposedAlpha.data();
    std::uint64_t touched = 0;
    double rise = 0.0;
    const std::size_t ahead = prefetchDistance(rows, data_.first, data_.count);
    // As one comparison, and not as a condition on each: compilers put the one that cannot be predicted
    // first.
    const double smallestMove = data_.cols >= kFewestColsToSkip ? 0.0 : -1.0;
    for (std::size_t place = 0; place < order.size(); ++place) {
        if (place + ahead < order.size()) {
            prefetch(rows, order[place + ahead]);
        }
        const std::uint32_t i = order[place];
        const double qi = q(i);
        if (qi == 0.0) {
            continue;
        }
        const std::size_t row = data_.first + i;
        const RowTerms& terms = data_.terms[i];
        const double z = dotRow(k, rows, row, u);
        const double change = loss.change(alpha[i], z, terms.y, S * qi * terms.squaredNorm);
        touched += rowSize(rows, row);
        if (std::abs(change) <= smallestMove) {
            continue;
        }
        axpyRow(k, axpyScale * qi * change, rows, row, target);
        const double next = loss.clip(alpha[i] + change, terms.y);
        rise += qi * (loss.negativeConjugate(next, terms.y) - loss.negativeConjugate(alpha[i], terms.y));
        alpha[i] = next;
    }
    proposal.e += rise;
    proposal.flops += 4 * touched;
}

/// Pair steps over neighbours in `order`, which keep sum_i q_i alpha_i; the last row of an odd number pairs
/// with the first.
template <class Loss, class Rows>
void Client::sweepPairs(const Loss& loss, const Rows& rows, std::span<const std::uint32_t> order, double S,
                        double* target, ClientWorkspace& workspace, Proposal& proposal) {
    const Kernels& k = spec_.kernels;
    const double* u = workspace.u.data();
    const double axpyScale = S > 0.0 ? S : 1.0;
    double* alpha = state_.proposedAlpha.data();
    const std::size_t ahead = 2 * prefetchDistance(rows, data_.first, data_.count);
    for (std::size_t position = 0; position < order.size(); position += 2) {
        if (position + ahead + 1 < order.size()) {
            prefetch(rows, order[position + ahead]);
            prefetch(rows, order[position + ahead + 1]);
        }
        const std::uint32_t i = order[position];
        const std::uint32_t j = position + 1 < order.size() ? order[position + 1] : workspace.order[0];
        if (i == j || q(i) == 0.0 || q(j) == 0.0) {
            continue;
        }
        const std::size_t rowI = data_.first + i;
        const std::size_t rowJ = data_.first + j;
        const PairEnd endI{alpha[i], data_.terms[i].y, dotRow(k, rows, rowI, u), q(i)};
        const PairEnd endJ{alpha[j], data_.terms[j].y, dotRow(k, rows, rowJ, u), q(j)};
        const double inner = dotRows(k, rows, rowI, rowJ);
        const double distance =
            std::max(0.0, data_.terms[i].squaredNorm + data_.terms[j].squaredNorm - 2.0 * inner);
        const double delta = pairStep(loss, endI, endJ, S * distance);
        proposal.flops += 5 * (rowSize(rows, rowI) + rowSize(rows, rowJ));  // three dots and two axpys
        if (delta == 0.0) {
            continue;
        }
        const double nextI = loss.clip(endI.alpha + delta / endI.q, endI.y);
        const double nextJ = loss.clip(endJ.alpha - delta / endJ.q, endJ.y);
        proposal.e +=
            endI.q * (loss.negativeConjugate(nextI, endI.y) - loss.negativeConjugate(endI.alpha, endI.y)) +
            endJ.q * (loss.negativeConjugate(nextJ, endJ.y) - loss.negativeConjugate(endJ.alpha, endJ.y));
        axpyRow(k, axpyScale * endI.q * (nextI - endI.alpha), rows, rowI, target);
        axpyRow(k, axpyScale * endJ.q * (nextJ - endJ.alpha), rows, rowJ, target);
        alpha[i] = nextI;
        alpha[j] = nextJ;
    }
}

/// z = X u for the rows that the round will visit.
template <class Rows>
void Client::beginGram(const Rows& rows, ClientWorkspace& workspace) {
    if (!data_.gram->built()) {
        data_.gram->build(spec_.kernels, data_.rows, data_.first, data_.count, data_.cols);
    }
    workspace.startAlpha.assign(state_.proposedAlpha.begin(), state_.proposedAlpha.end());
    workspace.scores.assign(data_.count, 0.0);
    for (const std::uint32_t i : workspace.order) {
        workspace.scores[i] = dotRow(spec_.kernels, rows, data_.first + i, workspace.u.data());
    }
}

/// Coordinate steps as in `sweep`, on scores.
template <class Loss>
void Client::sweepGram(const Loss& loss, std::span<const std::uint32_t> order, double S,
                       ClientWorkspace& workspace, Proposal& proposal) {
    const auto axpy = spec_.kernels.float64.axpy;
    double* const scores = workspace.scores.data();
    double* const alpha = state_.proposedAlpha.data();
    const std::size_t ahead = prefetchDistance(data_.count * sizeof(double));
    double rise = 0.0;
    for (std::size_t place = 0; place < order.size(); ++place) {
        if (place + ahead < order.size()) {
            prefetchBytes(data_.gram->row(order[place + ahead]), data_.count * sizeof(double));
        }
        const std::uint32_t i = order[place];
        const double qi = q(i);
        const RowTerms& terms = data_.terms[i];
        const double change =
            qi == 0.0 ? 0.0 : loss.change(alpha[i], scores[i], terms.y, S * qi * terms.squaredNorm);
        if (change == 0.0) {
            continue;
        }
        axpy(S * qi * change, data_.gram->row(i), scores, data_.count);
        const double next = loss.clip(alpha[i] + change, terms.y);
        rise += qi * (loss.negativeConjugate(next, terms.y) - loss.negativeConjugate(alpha[i], terms.y));
        alpha[i] = next;
    }
    proposal.e += rise;
    proposal.flops += 2 * data_.count * order.size();
}

/// Brings u, or Delta-v, to where the steps have led; counts both passes over the rows.
template <class Rows>
void Client::endGram(const Rows& rows, double scale, double* target, const ClientWorkspace& workspace,
                     Proposal& proposal) {
    for (std::size_t i = 0; i < data_.count; ++i) {
        const double move = state_.proposedAlpha[i] - workspace.startAlpha[i];
        if (move != 0.0) {
            axpyRow(spec_.kernels, scale * q(i) * move, rows, data_.first + i, target);
        }
        proposal.flops += 4 * rowSize(rows, data_.first + i);
    }
}

void Client::finishV(const RoundRequest& request, const ClientWorkspace& workspace) {
    const std::uint32_t interval =
        state_.previousAlpha.empty() ? kRefreshInterval : kRefreshIntervalWithMomentum;
    if (++state_.proposals % interval == 0) {
        accumulateV(state_.proposedAlpha, state_.proposedV);
        return;
    }
    if (request.S == 0.0) {
        std::ranges::transform(state_.v, workspace.deltaV, state_.proposedV.begin(), std::plus{});
        return;
    }
    const double perS = 1.0 / request.S;
    for (std::size_t j = 0; j < data_.cols; ++j) {
        state_.proposedV[j] = state_.v[j] + (workspace.u[j] - workspace.origin[j]) * perS;
    }
}

/// sum_i q_i [loss(z) + loss*(-alpha) + alpha z] at the proposal and z = x'u: at least G(best) - G(Delta)
/// (math.md 3).
template <class Loss, class Rows>
double Client::localGap(const Loss& loss, const Rows& rows, ClientWorkspace& workspace) const {
    const double b = scoreAll(loss, rows, workspace.u, workspace);
    double sum = 0.0;
    for (std::size_t i = 0; i < data_.count; ++i) {
        const double y = data_.terms[i].y;
        const double alpha = state_.proposedAlpha[i];
        const double z = workspace.scores[i] + b;
        sum += q(i) * (loss.value(z, y) - loss.negativeConjugate(alpha, y) + alpha * z);
    }
    return std::max(0.0, sum);
}

double Client::thetaBound(const ClientWorkspace& workspace, double S, double e, double localGap) const {
    double linear = 0.0;
    double square = 0.0;
    for (std::size_t j = 0; j < data_.cols; ++j) {
        const double deltaV = state_.proposedV[j] - state_.v[j];
        linear += workspace.origin[j] * deltaV;
        square += deltaV * deltaV;
    }
    const double rise = std::max(0.0, e - linear - 0.5 * S * square);
    return localGap + rise > 0.0 ? localGap / (localGap + rise) : 0.0;
}

}  // namespace fedmtl
