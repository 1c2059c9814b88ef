// Momentum over Omega steps: a step taken from a W ahead of the current one, in the direction W came from.
//
// Alternation between W and Omega steps is a descent whose direction changes little from step to step; ahead
// of itself by Nesterov's sequence it needs far fewer of them (docs/rounds.md). Families draw back until the
// regulariser at W itself does not rise.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "native/omega/spectrum.hpp"
#include "native/state.hpp"

namespace fedmtl {

class Momentum {
  public:
    /// The share of the way to go ahead at the next step: 0, 0.28, 0.43, 0.53, ...
    double next() {
        const double next = 0.5 * (1.0 + std::sqrt(1.0 + 4.0 * tau_ * tau_));
        const double share = (tau_ - 1.0) / next;
        tau_ = next;
        return share;
    }

    /// A smaller share, 0 in the end.
    static double drawnBack(double share) { return share > 0.05 ? 0.6 * share : 0.0; }

    /// W + share (W - W at the Omega step before), m x d, valid as long as both.
    ExtrapolatedW ahead(std::span<const double> W, double share) const { return {W, previousW_, share}; }

    /// The Omega step from this W is done.
    void keep(std::span<const double> W) { previousW_.assign(W.begin(), W.end()); }

    /// No Omega step will follow.
    void finish() { previousW_ = std::vector<double>(); }

    std::size_t bytes() const { return previousW_.size() * sizeof(double); }

    void save(StateWriter& state) const {
        state.write("momentum.tau", tau_);
        state.write("momentum.previousW", previousW_);
    }
    void restore(const StateReader& state) {
        tau_ = state.readNumber("momentum.tau");
        const auto previousW = state.read("momentum.previousW");
        previousW_.assign(previousW.begin(), previousW.end());
    }

  private:
    double tau_ = 1.0;
    std::vector<double> previousW_;  // m x d, W at the previous Omega step; empty before the first
};

}  // namespace fedmtl
