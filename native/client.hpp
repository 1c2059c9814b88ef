// A client: one task's data, its dual variables alpha_t and the local solver (Algorithm 1 of the paper, lines
// 5-8).
//
// Problem: the subproblem of task t at a round (paper eq. 4, math.md 2), maximised approximately over Delta:
//     G(Delta) = - sum_i q_i loss*(-(alpha_i + Delta_i)) - w_t' Delta-v - (S_t / 2) ||Delta-v||^2,
//     Delta-v = sum_i q_i Delta_i x_i.
// Input: a RoundRequest (w_t, S_t, a budget in coordinate steps). Output: a Proposal (v_t, e_t, steps).
// Method: stochastic dual coordinate ascent with one vector u = w_t + S_t Delta-v kept up to date, so that a
// coordinate step is one dot and one axpy. Reference: Shalev-Shwartz & Zhang, JMLR 2013; Smith et al., NIPS
// 2017. With momentum (math.md 4, `accelerated`) the subproblem is centred at the extrapolated point and
// starts there.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "native/aligned_vector.hpp"
#include "native/gram.hpp"
#include "native/kernels/kernels.hpp"
#include "native/loss.hpp"
#include "native/messages.hpp"
#include "native/row_naps.hpp"
#include "native/task_set.hpp"

namespace fedmtl {

enum class Weighting { Sum, Mean };

/// What every client of a training shares.
struct SolverSpec {
    LossSpec loss;
    double positiveLabel = 1.0;   // classification: labels equal to this are +1, all others -1
    double positiveWeight = 1.0;  // classification: factor of the sample weights of rows that are +1
    double negativeWeight = 1.0;  // of all others
    Weighting weighting = Weighting::Sum;
    std::uint64_t seed = 0;
    bool freeIntercept = false;  // an unpenalised b_t: coordinates move in pairs (free_intercept.hpp)
    bool momentum = false;       // keep the state before the last one, for rounds with beta > 0
    bool shrinking = false;      // rows may nap (row_naps.hpp); not with a free intercept, which moves pairs
    GramMode gram = GramMode::Off;  // (gram.hpp); not with a free intercept
    double localEpochs = 1.0;       // passes that rounds will make, for `gram` Auto
    const Kernels& kernels = fedmtl::kernels();
};

/// What a step needs to know of a row besides its features; together, so that a row in random order costs one
/// cache line for it.
struct RowTerms {
    double y;            // the label; of a classification +1 or -1
    double squaredNorm;  // ||x||^2
};

/// One task's rows, as views into a TaskSet and the pool's norms.
struct ClientData {
    RowsView rows;  // the whole set's rows; the task's are first .. first + count - 1
    std::size_t first = 0;
    std::size_t count = 0;                  // n_t >= 1
    std::size_t cols = 0;                   // d
    std::span<const double> sampleWeights;  // n_t, or empty: all 1
    std::span<const RowTerms> terms;        // n_t
    double taskWeight = 1.0;                // c_t
    std::uint64_t nameHash = 0;
    Gram* gram = nullptr;  // where steps shall go by G; built by the first round
};

/// One task's part of the pool's memory. A proposal stays beside the accepted state until the server has
/// decided.
struct ClientState {
    std::span<double> alpha;          // n_t, accepted
    std::span<double> proposedAlpha;  // n_t
    std::span<double> v;              // d, X' (q alpha)
    std::span<double> proposedV;      // d, X' (q proposedAlpha)
    bool serverMovesV;  // v and previousV are the server's own arrays, which follow its decisions
    std::span<double> previousAlpha;  // n_t, accepted before alpha; empty without momentum
    std::span<double> previousV;      // d, X' (q previousAlpha); empty without momentum
    std::span<RowNap> naps;           // n_t, accepted; empty without shrinking
    std::span<RowNap> proposedNaps;   // n_t; empty without shrinking
    double& intercept;                // b_t of the last evaluation, 0 unless it is free
    std::uint64_t& restarts;          // of the momentum, as far as this client has heard
    std::uint32_t& proposals;         // made so far, but for those that were lost
    std::uint64_t& pendingRound;      // of the proposal that waits for its decision; 0: none waits
};

/// What clients did in a round.
struct WorkDone {
    std::uint64_t participants = 0;
    std::uint64_t steps = 0;
    std::uint64_t flops = 0;
};

/// Scratch of one worker thread.
struct ClientWorkspace {
    std::vector<double> message;        // d, for a request's w
    std::span<const double> origin;     // d, u at Delta-v = 0: the request's w, or movedOrigin
    AlignedVector<double> movedOrigin;  // d, w moved back by the momentum
    AlignedVector<double> u;            // d
    AlignedVector<double> deltaV;       // d, used where S_t = 0
    std::vector<std::uint32_t> order;   // n_t
    AlignedVector<double> scores;       // n_t, x'w or x'u where all are needed at once
    std::vector<double> startAlpha;     // n_t, where the round began, for Gram mode
    std::vector<double> lastMove;       // d, X' (q (alpha - previousAlpha))
    WorkDone done;                      // by this thread, since it was last taken (ClientPool::takeWorkDone)
};

/// A view of one client; cheap to make, valid as long as its pool.
class Client {
  public:
    Client(const SolverSpec& spec, const ClientData& data, const ClientState& state)
        : spec_(spec), data_(data), state_(state) {}

    /// Applies the server's decision: state += gamma (proposal - state) if it is about the pending proposal.
    /// If it is about an earlier one, the pending one was lost on the way and counts as never made. After a
    /// restart the momentum is forgotten.
    void decide(const Decision& decision);

    /// Takes the pending proposal back as if it had never been made.
    void withdraw() {
        state_.pendingRound = 0;
        --state_.proposals;
    }

    /// Solves the subproblem within the budget and keeps the result as the pending proposal. Stops between
    /// epochs once `cancelled` is set and then leaves no proposal behind (steps = 0).
    Proposal propose(const RoundRequest& request, ClientWorkspace& workspace,
                     const std::atomic<bool>& cancelled);

    /// This task's share of primal and dual at w (one pass over the data).
    Objective evaluate(std::span<const double> w, ClientWorkspace& workspace);

    /// Starts at alpha_i = -loss'(z_i) for the scores z of a model, which is optimal where the model is. With
    /// a free intercept the larger of the positive and the negative part is scaled down to the other: sum q
    /// alpha = 0. Where no task has a proposal pending.
    void startAt(std::span<const double> scores);

    /// sum_i q_i loss*(-factor alpha_i) for a factor in [0, 1]: 0 is in every domain, and domains are convex.
    double conjugateSumAt(double factor) const;

    /// alpha becomes factor alpha, without a past.
    void rescale(double factor);

    /// Recomputes v from alpha, so that a certificate holds for alpha itself.
    void refreshV();

    std::span<const double> v() const { return state_.v; }

  private:
    template <class Loss, class Rows>
    Proposal solve(const Loss& loss, const Rows& rows, const RoundRequest& request,
                   ClientWorkspace& workspace, const std::atomic<bool>& cancelled);
    template <class Loss, class Rows>
    void startAtMomentum(const Loss& loss, const Rows& rows, const RoundRequest& request,
                         ClientWorkspace& workspace, Proposal& proposal);
    template <class Rows>
    [[gnu::always_inline]] void prefetch(const Rows& rows, std::size_t i) const;
    template <class Loss, class Rows>
    void sweep(const Loss& loss, const Rows& rows, std::span<const std::uint32_t> order, double S,
               double* target, ClientWorkspace& workspace, Proposal& proposal);
    template <class Loss, class Rows>
    void sweepPairs(const Loss& loss, const Rows& rows, std::span<const std::uint32_t> order, double S,
                    double* target, ClientWorkspace& workspace, Proposal& proposal);
    template <class Rows>
    void beginGram(const Rows& rows, ClientWorkspace& workspace);
    template <class Loss>
    void sweepGram(const Loss& loss, std::span<const std::uint32_t> order, double S,
                   ClientWorkspace& workspace, Proposal& proposal);
    template <class Rows>
    void endGram(const Rows& rows, double scale, double* target, const ClientWorkspace& workspace,
                 Proposal& proposal);
    template <class Loss>
    double feasibleMomentum(const Loss& loss, double beta) const;
    template <class Loss, class Rows>
    double scoreAll(const Loss& loss, const Rows& rows, std::span<const double> w,
                    ClientWorkspace& workspace) const;
    template <class Loss, class Rows>
    double localGap(const Loss& loss, const Rows& rows, ClientWorkspace& workspace) const;
    template <class Loss>
    bool rests(const Loss& loss, std::uint32_t i) const;
    template <class Loss>
    void keepMovingRows(const Loss& loss, bool firstPass, ClientWorkspace& workspace);
    void keepPrevious();
    void balance();
    void finishV(const RoundRequest& request, const ClientWorkspace& workspace);
    void measureLastMove(std::vector<double>& lastMove) const;
    void accumulateV(std::span<const double> alpha, std::span<double> v) const;
    template <class Coefficient>
    void accumulateRows(const Coefficient& coefficient, std::span<double> sum) const;
    double thetaBound(const ClientWorkspace& workspace, double S, double e, double localGap) const;

    double q(std::size_t i) const {
        return data_.sampleWeights.empty() ? data_.taskWeight : data_.taskWeight * data_.sampleWeights[i];
    }

    const SolverSpec& spec_;
    ClientData data_;
    ClientState state_;
};

}  // namespace fedmtl
