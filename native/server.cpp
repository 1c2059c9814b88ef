#include "native/server.hpp"

#include <algorithm>
#include <cmath>

#include "native/low_rank_kernel.hpp"

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

}  // namespace

/// What a whole step would do to the dual: rise(gamma) = gamma lin - gamma^2 quad / 2.
struct Server::Rise {
    double lin = 0.0;
    double quad = 0.0;
    double quadraticThere = 0.0;  // tr(V K V') after it

    double ofWholeStep() const { return lin - 0.5 * quad; }
    double bestStep() const {
        if (quad > 0.0) {
            return std::clamp(lin / quad, 0.0, 1.0);
        }
        return lin >= 0.0 ? 1.0 : 0.0;
    }
};

Server::Server(std::size_t tasks, std::size_t cols, std::unique_ptr<Relationship> relationship, Policy policy,
               ThreadPool& threads, std::shared_ptr<TaskVectors> vectors)
    : cols_(cols),
      relationship_(std::move(relationship)),
      policy_(policy),
      ownsVectors_(vectors == nullptr),
      vectors_(vectors != nullptr
                   ? std::move(vectors)
                   : std::make_shared<TaskVectors>(tasks, cols, policy == Policy::Accelerated)),
      S_(safeScaling(relationship_->kernel(), ruleOf(policy), threads)),
      gammas_(tasks, 1.0),
      e_(tasks),
      answered_(tasks),
      requestedRounds_(tasks),
      decidedRounds_(tasks) {
    if (vectors_->v.size() != tasks * cols || (policy == Policy::Accelerated && !vectors_->momentum)) {
        throw Error(ErrorCode::InvalidArgument,
                    "the clients do not hold what a server of these tasks and this policy needs");
    }
    recomputeW(threads);
    previousWeights_ = weights_;
}

double Server::nextTau() const { return 0.5 * (1.0 + std::sqrt(1.0 + 4.0 * tau_ * tau_)); }

double Server::beta() const { return policy_ == Policy::Accelerated ? (tau_ - 1.0) / nextTau() : 0.0; }

RoundRequest Server::request(std::size_t task, std::uint64_t round, std::uint64_t steps,
                             std::vector<double>& scratch) {
    requestedRounds_[task] = round;
    RoundRequest request{.round = round,
                         .w = {},
                         .S = scale_ * S_[task],
                         .steps = steps,
                         .beta = beta(),
                         .decision = decision(task)};
    if (request.beta == 0.0) {
        request.w = w(task, scratch);
        return request;
    }
    scratch.resize(2 * cols_);
    const auto v = std::span(scratch).first(cols_);
    const auto w = std::span(scratch).last(cols_);
    const auto now = vectorOf(task, vectors_->v);
    const auto previous = vectorOf(task, vectors_->previous);
    for (std::size_t j = 0; j < cols_; ++j) {
        v[j] = now[j] + request.beta * (now[j] - previous[j]);
    }
    weightsAhead_.column(kernel(), task, v, w);
    request.w = w;
    return request;
}

std::span<const double> Server::w(std::size_t task, std::vector<double>& scratch) const {
    scratch.resize(cols_);
    weights_.column(kernel(), task, vectorOf(task, vectors_->v), scratch);
    return scratch;
}

std::vector<double> Server::W(ThreadPool& threads) const { return weights_.all(kernel(), V(), threads); }

void Server::receive(std::size_t task, const Proposal& proposal) {
    if (proposal.round != requestedRounds_[task]) {
        return;
    }
    const auto proposed = vectorOf(task, vectors_->proposed);
    if (proposal.v.data() != proposed.data()) {
        std::ranges::copy(proposal.v, proposed.begin());
    }
    e_[task] = proposal.e;
    answered_[task] = proposal.round;
}

void Server::forgetAnswers() { std::ranges::fill(answered_, 0); }

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
    forTasks(tasks(), threads, [&](std::size_t t) {
        if (answered_[t] != 0) {
            gammas_[t] = end.gamma;
            decidedRounds_[t] = answered_[t];
            answered_[t] = 0;
        }
    });
    lookAhead(threads);
    return end;
}

/// After every change of W, of what it was before, or of beta.
void Server::lookAhead(ThreadPool& threads) {
    if (beta() > 0.0) {
        weightsAhead_.extrapolate(weights_, previousWeights_, beta(), threads);
    }
}

RoundEnd Server::closeSafe(ThreadPool& threads) {
    move(1.0, threads);
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
    move(gamma, threads);
    recomputeW(threads);
    return {.gamma = gamma};
}

/// Nesterov's momentum as long as the dual rises; otherwise the best step on the way there, and a new start.
RoundEnd Server::closeAccelerated(ThreadPool& threads) {
    const Rise rise = measureRise(threads);
    if (rise.ofWholeStep() >= 0.0) {
        tau_ = nextTau();
        moveWhole(rise, threads);
        return {};
    }
    const double gamma = rise.bestStep();
    move(gamma, threads);
    recomputeW(threads);
    restartMomentum(threads);
    return {.gamma = gamma, .restarted = true};
}

Server::Rise Server::measureRise(ThreadPool& threads) {
    // A task that did not answer proposes what it has.
    forTasks(tasks(), threads, [&](std::size_t t) {
        if (answered_[t] == 0) {
            std::ranges::copy(vectorOf(t, vectors_->v), vectorOf(t, vectors_->proposed).begin());
        }
    });
    proposedWeights_.compute(kernel(), cols_, vectors_->proposed, threads);
    const KernelMove move = weights_.moveTo(proposedWeights_, kernel(), V(), vectors_->proposed, threads);
    const double e = sumOverBlocks<double>(tasks(), threads, [&](std::size_t begin, std::size_t count) {
        double sum = 0.0;
        for (std::size_t t = begin; t < begin + count; ++t) {
            sum += answered_[t] != 0 ? e_[t] : 0.0;
        }
        return sum;
    });
    return {.lin = e - move.linear, .quad = move.quadratic, .quadraticThere = move.there};
}

bool Server::allAnswered(ThreadPool& threads) const {
    return tasks() == sumOverBlocks<std::size_t>(tasks(), threads, [&](std::size_t begin, std::size_t count) {
               std::size_t answers = 0;
               for (std::size_t t = begin; t < begin + count; ++t) {
                   answers += answered_[t] != 0 ? 1 : 0;
               }
               return answers;
           });
}

void Server::move(double gamma, ThreadPool& threads) {
    if (gamma == 1.0 && allAnswered(threads)) {
        vectors_->v.swap(vectors_->proposed);
        return;
    }
    forTasks(tasks(), threads, [&](std::size_t t) {
        if (answered_[t] == 0) {
            return;
        }
        const auto v = vectorOf(t, vectors_->v);
        const auto proposed = vectorOf(t, vectors_->proposed);
        for (std::size_t j = 0; j < cols_; ++j) {
            // The client computes the same expression: both sides keep the same bits.
            v[j] = gamma == 1.0 ? proposed[j] : v[j] + gamma * (proposed[j] - v[j]);
        }
    });
}

/// The whole step, as it was measured; participants' state becomes the previous one, the others keep theirs.
void Server::moveWhole(const Rise& rise, ThreadPool& threads) {
    keepPrevious(threads);
    move(1.0, threads);
    std::swap(weights_, proposedWeights_);
    quadratic_ = rise.quadraticThere;
}

/// Before the step is taken, which replaces V where it was kept.
void Server::keepPrevious(ThreadPool& threads) {
    if (allAnswered(threads)) {
        vectors_->previous.swap(vectors_->v);
        std::swap(previousWeights_, weights_);
        return;
    }
    forTasks(tasks(), threads, [&](std::size_t t) {
        if (answered_[t] != 0) {
            std::ranges::copy(vectorOf(t, vectors_->v), vectorOf(t, vectors_->previous).begin());
        }
    });
    previousWeights_.compute(kernel(), cols_, vectors_->previous, threads);
}

void Server::restartMomentum(ThreadPool& threads) {
    if (policy_ != Policy::Accelerated) {
        return;
    }
    tau_ = 1.0;
    ++restarts_;
    vectors_->restart(threads);
    previousWeights_ = weights_;
}

void Server::replaceV(std::size_t task, std::span<const double> v) {
    const auto own = vectorOf(task, vectors_->v);
    if (v.data() != own.data()) {
        std::ranges::copy(v, own.begin());
    }
}

void Server::recomputeW(ThreadPool& threads) {
    weights_.compute(kernel(), cols_, V(), threads);
    quadratic_ = weights_.quadratic(kernel(), V(), threads);
}

void Server::startRelationship(std::span<const double> W, std::optional<double> epsilon,
                               ThreadPool& threads) {
    relationship_->startAt(cols_, W, epsilon, threads);
    S_ = safeScaling(relationship_->kernel(), ruleOf(policy_), threads);
}

void Server::startFromV(ThreadPool& threads) {
    recomputeW(threads);
    restartMomentum(threads);
}

Certificate Server::certify(std::span<const Objective> objectives, ThreadPool& threads) const {
    return fedmtl::certify(objectives, quadratic_, relationship_->penalty(),
                           relationship_->jointConjugate(cols_, V(), threads));
}

OmegaStep Server::stepOmega(ThreadPool& threads, const std::atomic<bool>& cancelled) {
    OmegaStep step;
    const bool roundIsOpen = std::ranges::any_of(answered_, [](std::uint64_t round) { return round != 0; });
    if (relationship_->learned() && !roundIsOpen) {
        vectors_->release();  // W and the next U take their place: a step needs no more memory than a round
    }
    std::vector<double> W = this->W(threads);
    relationship_->fixDefaults(cols_, W, threads);
    step.penaltyBefore = relationship_->penalty();
    step.regularizerBefore = 0.5 * quadratic_ + step.penaltyBefore;
    step.regularizerAfter = step.regularizerBefore;
    if (!relationship_->learned()) {
        return step;
    }
    step.taken = relationship_->update(cols_, W, threads, cancelled);
    step.regularizerAfter = relationship_->regularizer(cols_, W, threads);
    step.settled = relationship_->settled();
    step.rank = kernel().asLowRank() != nullptr ? kernel().asLowRank()->rank() : 0;
    step.cutBound = relationship_->cutBound();
    W = std::vector<double>();
    S_ = safeScaling(kernel(), ruleOf(policy_), threads);
    recomputeW(threads);
    vectors_->acquire();
    restartMomentum(threads);
    return step;
}

void Server::fixDefaults(ThreadPool& threads) {
    if (std::isnan(relationship_->penalty())) {
        relationship_->fixDefaults(cols_, W(threads), threads);
    }
}

void Server::finish() {
    vectors_->release();
    proposedWeights_ = TaskWeights();
    previousWeights_ = TaskWeights();
    weightsAhead_ = TaskWeights();
    relationship_->finish();
}

void Server::save(StateWriter& state) const {
    state.write("server.V", vectors_->v);
    state.write("server.previousV", vectors_->previous);
    state.write("server.scale", scale_);
    state.write("server.tau", tau_);
    state.write("server.restarts", static_cast<double>(restarts_));
    relationship_->save(state);
}

void Server::restore(const StateReader& state, ThreadPool& threads) {
    state.readInto("server.V", vectors_->v);
    state.readInto("server.previousV", vectors_->previous);
    scale_ = state.readNumber("server.scale");
    tau_ = state.readNumber("server.tau");
    restarts_ = static_cast<std::uint64_t>(state.readNumber("server.restarts"));
    relationship_->restore(state);
    S_ = safeScaling(relationship_->kernel(), ruleOf(policy_), threads);
    recomputeW(threads);
    if (policy_ == Policy::Accelerated) {
        previousWeights_.compute(kernel(), cols_, vectors_->previous, threads);
    }
    lookAhead(threads);
    std::ranges::fill(gammas_, 1.0);
    std::ranges::fill(answered_, 0);
    std::ranges::fill(requestedRounds_, 0);
    std::ranges::fill(decidedRounds_, 0);
}

std::size_t Server::bytes() const {
    const std::size_t numbers = S_.size() + gammas_.size() + e_.size() + answered_.size() +
                                requestedRounds_.size() + decidedRounds_.size();
    return numbers * sizeof(double) + (ownsVectors_ ? vectors_->bytes() : 0) + weights_.bytes() +
           proposedWeights_.bytes() + previousWeights_.bytes() + relationship_->bytes();
}

}  // namespace fedmtl
