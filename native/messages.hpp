// The two messages of MOCHA: all that passes between the server and a client (design.md, "Client and
// server").
//
// In one process they are handed over as spans; a network runtime serialises the same fields. The server
// decides what becomes of a proposal, the client applies that decision before its next one.
#pragma once

#include <cstdint>
#include <span>

namespace fedmtl {

/// server -> client: what became of the client's last proposal
struct Decision {
    std::uint64_t round =
        0;               // of the last proposal that arrived; a later one was lost and counts as never made
    double gamma = 1.0;  // the step taken towards it, in [0, 1]
    std::uint64_t restarts =
        0;  // of the momentum so far; when it has grown, the client forgets its previous state
};

/// server -> client
struct RoundRequest {
    std::uint64_t round = 0;    // 1, 2, ...; keys the random stream
    std::span<const double> w;  // d: what this task works against, w_t + beta (w_t - wp_t)
    double S = 0.0;             // sigmaPrime_t K_tt
    std::uint64_t steps = 0;    // budget in coordinate steps; 0: dropped, makes no proposal
    double beta = 0.0;          // momentum, in [0, 1)
    Decision decision;
    bool wantTheta = false;
};

/// client -> server
struct Proposal {
    std::uint64_t round = 0;  // of the request it answers
    std::span<const double>
        v;           // d: v_t = X_t' (q alpha_t) after the proposal; absolute, so that a repeat does no harm
    double e = 0.0;  // sum_i q_i [loss*(-alpha_i) - loss*(-(alpha_i + Delta_i))]
    std::uint64_t steps = 0;  // coordinate steps made
    std::uint64_t flops = 0;  // 4 a feature touched (math.md 6)
    double theta = 1.0;       // bound on theta_t^h in [0, 1]; only if asked for
};

/// client -> server, on request: this task's share of P and D at the w it received
struct Objective {
    double lossSum = 0.0;       // sum_i q_i loss(w'x_i, y_i)
    double conjugateSum = 0.0;  // sum_i q_i loss*(-alpha_i)
};

}  // namespace fedmtl
