// The server: V, K, W and Omega; it never sees a task's data or alpha (Algorithm 1 of the paper, lines 3,
// 9-13).
//
// Inputs: proposals v_t. Outputs: requests (w_t, S_t, the decision on the last proposal). W = V K at all
// times: after every round and after every change of K, or the certificate would not hold; it is written out
// only where that pays (task_weights.hpp). How a round ends
// is the policy's business (math.md 4). With S a bound on the coupling between tasks the whole step is always
// safe (paper, row, spectral). Beyond the paper, the server measures what the step would do to the dual,
//     rise(gamma) = gamma lin - gamma^2 quad / 2,   lin = sum_t e_t - tr(W' Delta-V),   quad = tr(Delta-V K
//     Delta-V'),
// and takes the best step of a bold proposal (adaptive), or momentum as long as the dual rises (accelerated).
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "native/messages.hpp"
#include "native/objective.hpp"
#include "native/omega/relationship.hpp"
#include "native/sigma_prime.hpp"
#include "native/task_vectors.hpp"
#include "native/task_weights.hpp"

namespace fedmtl {

enum class Policy { Paper, Row, Spectral, Adaptive, Accelerated };

/// What an Omega step did to the regulariser 1/2 tr(W M W') + g(Omega) with W held; it must not rise.
struct OmegaStep {
    bool taken = true;  // false: given up, and nothing has changed
    double regularizerBefore = 0.0;
    double regularizerAfter = 0.0;
    double penaltyBefore = 0.0;  // g(Omega) before the step, now that its defaults are fixed
    bool settled = true;         // Relationship::settled
    std::size_t rank = 0;        // directions that K tells apart, 0 where it is not low rank + identity
    double cutBound = 0.0;       // Relationship::cutBound
};

/// How a round ended.
struct RoundEnd {
    double gamma = 1.0;
    bool restarted = false;
};

class Server {
  public:
    /// V = W = 0; `cols` = d.
    /// @param vectors those of the clients, where they are in this process and lend them (ClientPool::lend)
    Server(std::size_t tasks, std::size_t cols, std::unique_ptr<Relationship> relationship, Policy policy,
           ThreadPool& threads, std::shared_ptr<TaskVectors> vectors = nullptr);

    std::size_t tasks() const { return gammas_.size(); }
    std::size_t cols() const { return cols_; }

    /// The message to one client. Its w lies in `scratch`.
    RoundRequest request(std::size_t task, std::uint64_t round, std::uint64_t steps,
                         std::vector<double>& scratch);

    /// d: w_t itself, at which certificates are evaluated; lies in `scratch`.
    std::span<const double> w(std::size_t task, std::vector<double>& scratch) const;
    Decision decision(std::size_t task) const { return {decidedRounds_[task], gammas_[task], restarts_}; }

    /// Takes a client's answer to the last request of its task; a repeated one does no harm, one to an
    /// earlier request is ignored: the client has moved on. Safe for different tasks at the same time.
    void receive(std::size_t task, const Proposal& proposal);
    bool hasAnswered(std::size_t task) const { return answered_[task] != 0; }
    /// The round is abandoned: its answers count as never given.
    void forgetAnswers();

    /// Ends the round: decides, moves V, recomputes W. Clients that did not answer keep their state.
    RoundEnd close(ThreadPool& threads);

    /// Takes v_t as given, outside a round, e.g. after a client rebuilt it from alpha. May be its own.
    void replaceV(std::size_t task, std::span<const double> v);
    void recomputeW(ThreadPool& threads);

    /// Learns Omega from the current W, then recomputes S and W. Momentum restarts. Once `cancelled` is set
    /// the step may be given up (OmegaStep::taken); Omega, V and W are then what they were.
    OmegaStep stepOmega(ThreadPool& threads, const std::atomic<bool>& cancelled);

    /// Fixes defaults of the relationship that no Omega step has fixed (Relationship::fixDefaults).
    void fixDefaults(ThreadPool& threads);

    /// Learned families take their first Omega from the W of a model, m x d, at the given floor if there is
    /// none yet. Before the first round.
    void startRelationship(std::span<const double> W, std::optional<double> epsilon, ThreadPool& threads);

    /// After replaceV of all tasks: W from V, and no momentum.
    void startFromV(ThreadPool& threads);

    /// From the sums of all clients at the current W.
    Certificate certify(std::span<const Objective> objectives, ThreadPool& threads) const;

    Relationship& relationship() { return *relationship_; }
    const Relationship& relationship() const { return *relationship_; }
    double quadratic() const { return quadratic_; }  // tr(V K V') = sum(V o W)
    std::span<const double> V() const { return vectors_->v; }
    const std::shared_ptr<TaskVectors>& vectors() const { return vectors_; }
    /// W written out, m x d task-major.
    std::vector<double> W(ThreadPool& threads) const;
    std::span<const double> S() const { return S_; }
    /// Memory held; what clients lend is theirs.
    std::size_t bytes() const;

    /// V, the relationship and what the policy remembers, between rounds and with every client told of its
    /// last decision. W, S and W's own past follow from these.
    void save(StateWriter& state) const;
    /// Into a server made for the same tasks, relationship and policy.
    void restore(const StateReader& state, ThreadPool& threads);

    /// The training is over: only V, K and W stay.
    void finish();

  private:
    RoundEnd closeSafe(ThreadPool& threads);
    RoundEnd closeAdaptive(ThreadPool& threads);
    RoundEnd closeAccelerated(ThreadPool& threads);
    struct Rise;
    Rise measureRise(ThreadPool& threads);
    bool allAnswered(ThreadPool& threads) const;
    void move(double gamma, ThreadPool& threads);
    void moveWhole(const Rise& rise, ThreadPool& threads);
    void keepPrevious(ThreadPool& threads);
    void restartMomentum(ThreadPool& threads);
    void lookAhead(ThreadPool& threads);
    const TaskKernel& kernel() const { return relationship_->kernel(); }
    std::span<double> vectorOf(std::size_t task, std::vector<double>& vectors) const {
        return std::span(vectors).subspan(task * cols_, cols_);
    }
    double nextTau() const;
    double beta() const;

    std::size_t cols_;
    std::unique_ptr<Relationship> relationship_;
    Policy policy_;
    bool ownsVectors_;
    std::shared_ptr<TaskVectors> vectors_;        // V, as proposed and before
    TaskWeights weights_;                         // W = V K
    std::vector<double> S_;                       // m
    std::vector<double> gammas_;                  // m: the step taken towards each task's last proposal
    std::vector<double> e_;                       // m: e_t of this round
    std::vector<std::uint64_t> answered_;         // m: round of the answer in this round, 0: none yet
    std::vector<std::uint64_t> requestedRounds_;  // m: round of the last request
    std::vector<std::uint64_t> decidedRounds_;    // m: round of the proposal that gammas_ is about
    double quadratic_ = 0.0;
    double scale_ = 1.0;  // adaptive: of S
    double tau_ = 1.0;    // accelerated: Nesterov's sequence
    std::uint64_t restarts_ = 0;
    TaskWeights proposedWeights_;  // beyond the paper: of the proposed V
    TaskWeights previousWeights_;  // accelerated: of the previous V
    TaskWeights weightsAhead_;     // accelerated: W ahead of itself by the momentum, while beta > 0
};

}  // namespace fedmtl
