#include "native/server.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace fedmtl {
namespace {

SigmaPrimeRule ruleOf(Policy policy) {
    switch (policy) {
        case Policy::Paper:
            return SigmaPrimeRule::Paper;
        case Policy::Spectral:
            return SigmaPrimeRule::Spectral;
        default:
            return SigmaPrimeRule::Row;
    }
}

bool measures(Policy policy) { return policy == Policy::Adaptive || policy == Policy::Accelerated; }

}  // namespace

/// What a whole step would do to the dual: rise(gamma) = gamma lin - gamma^2 quad / 2.
struct Server::Rise {
    double lin = 0.0;
    double quad = 0.0;

    double ofWholeStep() const { return lin - 0.5 * quad; }
    double bestStep() const {
        if (quad > 0.0) {
            return std::clamp(lin / quad, 0.0, 1.0);
        }
        return lin >= 0.0 ? 1.0 : 0.0;
    }
};

Server::Server(std::size_t tasks, std::size_t cols, std::unique_ptr<Relationship> relationship, Policy policy,
               ThreadPool& threads)
    : cols_(cols),
      relationship_(std::move(relationship)),
      policy_(policy),
      V_(tasks * cols),
      W_(tasks * cols),
      proposedV_(tasks * cols),
      S_(safeScaling(relationship_->kernel(), ruleOf(policy), threads)),
      gammas_(tasks, 1.0),
      e_(tasks),
      answered_(tasks),
      requestedRounds_(tasks),
      decidedRounds_(tasks),
      previousV_(policy == Policy::Accelerated ? tasks * cols : 0),
      previousW_(policy == Policy::Accelerated ? tasks * cols : 0),
      proposedW_(measures(policy) ? tasks * cols : 0) {}

double Server::nextTau() const { return 0.5 * (1.0 + std::sqrt(1.0 + 4.0 * tau_ * tau_)); }

double Server::beta() const { return policy_ == Policy::Accelerated ? (tau_ - 1.0) / nextTau() : 0.0; }

RoundRequest Server::request(std::size_t task, std::uint64_t round, std::uint64_t steps,
                             std::vector<double>& scratch) {
    requestedRounds_[task] = round;
    RoundRequest request{.round = round,
                         .w = w(task),
                         .S = scale_ * S_[task],
                         .steps = steps,
                         .beta = beta(),
                         .decision = decision(task)};
    if (request.beta > 0.0) {
        scratch.assign(request.w.begin(), request.w.end());
        for (std::size_t j = 0; j < cols_; ++j) {
            scratch[j] += request.beta * (scratch[j] - previousW_[task * cols_ + j]);
        }
        request.w = scratch;
    }
    return request;
}

void Server::receive(std::size_t task, const Proposal& proposal) {
    if (proposal.round != requestedRounds_[task]) {
        return;
    }
    std::ranges::copy(proposal.v, proposedV_.begin() + static_cast<std::ptrdiff_t>(task * cols_));
    e_[task] = proposal.e;
    answered_[task] = proposal.round;
}

RoundEnd Server::close(ThreadPool& threads) {
    RoundEnd end;
    switch (policy_) {
        case Policy::Adaptive:
            end = closeAdaptive(threads);
            break;
        case Policy::Accelerated:
            end = closeAccelerated(threads);
            break;
        default:
            end = closeSafe(threads);
    }
    for (std::size_t t = 0; t < tasks(); ++t) {
        if (answered_[t] != 0) {
            gammas_[t] = end.gamma;
            decidedRounds_[t] = answered_[t];
            answered_[t] = 0;
        }
    }
    return end;
}

RoundEnd Server::closeSafe(ThreadPool& threads) {
    move(1.0);
    recomputeW(threads);
    return {};
}

/// sigmaPrime is scaled down as long as whole steps stay short of the best one, and up when they overshoot.
RoundEnd Server::closeAdaptive(ThreadPool& threads) {
    const Rise rise = measureRise(threads);
    const double gamma = rise.bestStep();
    const double ratio = rise.quad > 0.0 ? rise.lin / rise.quad : 1.0;
    if (ratio < 1.0) {
        scale_ = std::min(1.0, 1.5 * scale_);
    } else if (ratio > 1.2) {
        scale_ *= 0.8;
    }
    moveMeasured(gamma, threads);
    return {.gamma = gamma};
}

/// Nesterov's momentum as long as the dual rises; otherwise the best step on the way there, and a new start.
RoundEnd Server::closeAccelerated(ThreadPool& threads) {
    const Rise rise = measureRise(threads);
    if (rise.ofWholeStep() >= 0.0) {
        tau_ = nextTau();
        keepPrevious(threads);
        moveMeasured(1.0, threads);
        return {};
    }
    const double gamma = rise.bestStep();
    moveMeasured(gamma, threads);
    restartMomentum();
    return {.gamma = gamma, .restarted = true};
}

Server::Rise Server::measureRise(ThreadPool& threads) {
    for (std::size_t t = 0; t < tasks(); ++t) {
        if (answered_[t] == 0) {
            replaceProposal(t);
        }
    }
    relationship_->kernel().apply(cols_, proposedV_, proposedW_, threads);
    Rise rise;
    for (std::size_t t = 0; t < tasks(); ++t) {
        double linear = 0.0;
        for (std::size_t i = t * cols_; i < (t + 1) * cols_; ++i) {
            const double deltaV = proposedV_[i] - V_[i];
            linear += W_[i] * deltaV;
            rise.quad += deltaV * (proposedW_[i] - W_[i]);
        }
        rise.lin += (answered_[t] != 0 ? e_[t] : 0.0) - linear;
    }
    return rise;
}

/// A task that did not answer proposes what it has.
void Server::replaceProposal(std::size_t task) {
    std::ranges::copy(std::span(V_).subspan(task * cols_, cols_),
                      proposedV_.begin() + static_cast<std::ptrdiff_t>(task * cols_));
}

void Server::move(double gamma) {
    for (std::size_t t = 0; t < tasks(); ++t) {
        if (answered_[t] == 0) {
            continue;
        }
        for (std::size_t i = t * cols_; i < (t + 1) * cols_; ++i) {
            // The client computes the same expression: both sides keep the same bits.
            V_[i] = gamma == 1.0 ? proposedV_[i] : V_[i] + gamma * (proposedV_[i] - V_[i]);
        }
    }
}

/// After measureRise. The whole way leads to the proposal, whose W is known already.
void Server::moveMeasured(double gamma, ThreadPool& threads) {
    move(gamma);
    if (gamma == 1.0) {
        W_ = proposedW_;
        quadratic_ = std::inner_product(V_.begin(), V_.end(), W_.begin(), 0.0);
    } else {
        recomputeW(threads);
    }
}

/// Participants' state becomes the previous one; the others keep theirs.
void Server::keepPrevious(ThreadPool& threads) {
    bool all = true;
    for (std::size_t t = 0; t < tasks(); ++t) {
        if (answered_[t] == 0) {
            all = false;
            continue;
        }
        std::ranges::copy(std::span(V_).subspan(t * cols_, cols_),
                          previousV_.begin() + static_cast<std::ptrdiff_t>(t * cols_));
    }
    if (all) {
        previousW_ = W_;
    } else {
        relationship_->kernel().apply(cols_, previousV_, previousW_, threads);
    }
}

void Server::restartMomentum() {
    if (policy_ != Policy::Accelerated) {
        return;
    }
    tau_ = 1.0;
    ++restarts_;
    previousV_ = V_;
    previousW_ = W_;
}

void Server::replaceV(std::size_t task, std::span<const double> v) {
    std::ranges::copy(v, V_.begin() + static_cast<std::ptrdiff_t>(task * cols_));
}

void Server::recomputeW(ThreadPool& threads) {
    relationship_->kernel().apply(cols_, V_, W_, threads);
    quadratic_ = std::inner_product(V_.begin(), V_.end(), W_.begin(), 0.0);
}

void Server::startRelationship(std::span<const double> W, std::optional<double> epsilon,
                               ThreadPool& threads) {
    relationship_->startAt(cols_, W, epsilon, threads);
    S_ = safeScaling(relationship_->kernel(), ruleOf(policy_), threads);
}

void Server::startFromV(ThreadPool& threads) {
    recomputeW(threads);
    restartMomentum();
}

Certificate Server::certify(std::span<const Objective> objectives, ThreadPool& threads) const {
    return fedmtl::certify(objectives, quadratic_, relationship_->penalty(),
                           relationship_->jointConjugate(cols_, V_, threads));
}

OmegaStep Server::stepOmega(ThreadPool& threads) {
    OmegaStep step;
    relationship_->fixDefaults(cols_, W_, threads);
    step.penaltyBefore = relationship_->penalty();
    step.regularizerBefore = 0.5 * quadratic_ + step.penaltyBefore;
    if (!relationship_->learned()) {
        step.regularizerAfter = step.regularizerBefore;
        return step;
    }
    relationship_->update(cols_, W_, threads);
    step.regularizerAfter = relationship_->regularizer(cols_, W_, threads);
    step.settled = relationship_->settled();
    S_ = safeScaling(relationship_->kernel(), ruleOf(policy_), threads);
    recomputeW(threads);
    restartMomentum();
    return step;
}

void Server::save(StateWriter& state) const {
    state.write("server.V", V_);
    state.write("server.previousV", previousV_);
    state.write("server.scale", scale_);
    state.write("server.tau", tau_);
    state.write("server.restarts", static_cast<double>(restarts_));
    relationship_->save(state);
}

void Server::restore(const StateReader& state, ThreadPool& threads) {
    state.readInto("server.V", V_);
    state.readInto("server.previousV", previousV_);
    scale_ = state.readNumber("server.scale");
    tau_ = state.readNumber("server.tau");
    restarts_ = static_cast<std::uint64_t>(state.readNumber("server.restarts"));
    relationship_->restore(state);
    S_ = safeScaling(relationship_->kernel(), ruleOf(policy_), threads);
    recomputeW(threads);
    if (!previousW_.empty()) {
        relationship_->kernel().apply(cols_, previousV_, previousW_, threads);
    }
    std::ranges::fill(gammas_, 1.0);
    std::ranges::fill(answered_, 0);
    std::ranges::fill(requestedRounds_, 0);
    std::ranges::fill(decidedRounds_, 0);
}

std::size_t Server::bytes() const {
    const std::size_t doubles = V_.size() + W_.size() + proposedV_.size() + S_.size() + gammas_.size() +
                                e_.size() + previousV_.size() + previousW_.size() + proposedW_.size();
    return doubles * sizeof(double) + relationship_->kernel().bytes();
}

}  // namespace fedmtl
