// Rounds in one process: the server's requests handed to every client of a pool, their proposals handed back.
//
// Neither side's algorithm is here, only who calls whom and when a certificate is due. Short rounds run back
// to back in one call, so that small problems are not dominated by hops between JavaScript and C++; where a
// call ends changes nothing in the results.
#pragma once

#include <atomic>
#include <limits>
#include <span>
#include <vector>

#include "native/client_pool.hpp"
#include "native/objective.hpp"
#include "native/server.hpp"

namespace fedmtl {

/// What the next rounds shall be; decided by the outer loop.
struct RoundPlan {
    std::uint64_t firstRound = 1;
    std::uint64_t maxRounds = 1;
    std::span<const double> steps;  // m: coordinate steps a round for every task, 0 = dropped
    // A certificate is due after every round h of the W step with h % certifyEvery == 0, after every round
    // from `certifyAlwaysFrom` on, and after the last of the W step's `lastRound`. Rounds of the W step count
    // from 1.
    std::uint64_t roundOfWStep = 0;  // rounds of this W step before the first of these
    std::uint64_t certifyEvery = 1;
    std::uint64_t certifyAlwaysFrom = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t lastRound = std::numeric_limits<std::uint64_t>::max();
    // A certified round ends the call when one of these holds.
    double stopRelativeGap = 0.0;  // relative gap at most this
    double stopGap = 0.0;          // gap at most this
    double stopObjective =
        -std::numeric_limits<double>::infinity();  // from certifyAlwaysFrom on: P + g at most this
    double seconds = 0.01;   // wall time after which the call returns at the next round's end
    bool wantTheta = false;  // every task bounds its theta, where the work of tasks is asked for
};

/// What the last round was to each task; 0 steps and FLOPs, and theta = 1, where it took no part.
struct TaskWork {
    explicit TaskWork(std::size_t tasks) : steps(tasks), flops(tasks), theta(tasks) {}
    std::vector<double> steps;
    std::vector<double> flops;
    std::vector<double> theta;  // bounds on theta_t^h in [0, 1], if they were wanted
};

struct RoundRecord {
    std::uint64_t round = 0;
    std::uint64_t steps = 0;
    std::uint64_t flops = 0;
    std::uint64_t participants = 0;
    double seconds = 0.0;
    double gamma = 1.0;      // the step the server took
    bool restarted = false;  // momentum began anew
    bool certified = false;
    bool stop = false;  // one of the plan's stopping conditions holds
    Certificate certificate;
};

/// Runs rounds until the plan says stop. If `cancelled` is set the round under way is abandoned: every client
/// and the server keep the state of the last finished round.
/// @param work of each task, if it is wanted; written anew by every round
std::vector<RoundRecord> runRounds(ClientPool& pool, Server& server, const RoundPlan& plan,
                                   const std::atomic<bool>& cancelled, TaskWork* work = nullptr);

/// A certificate at the current W, one pass over the data. Nothing that follows depends on it.
Certificate certifyNow(ClientPool& pool, const Server& server);

/// A certificate for alpha itself: v_t rebuilt from alpha by every client, W = V K, one pass over the data.
Certificate certifyFromAlpha(ClientPool& pool, Server& server);

/// Starts at the scores (n) of a model instead of alpha = 0, before the first round. The alpha that they give
/// is scaled by the factor in [0, 1] that is best for the dual, so that the start is never below alpha = 0.
void startFrom(ClientPool& pool, Server& server, std::span<const double> scores);

/// The state of both sides after a finished round or Omega step. Clients are told what became of their last
/// proposals first, which they would have heard with the next request: nothing that follows depends on it.
void saveState(ClientPool& pool, const Server& server, StateWriter& state);

/// Into a pool and a server made as those that were saved; rounds then go on with the same bits.
void restoreState(ClientPool& pool, Server& server, const StateReader& state);

}  // namespace fedmtl
