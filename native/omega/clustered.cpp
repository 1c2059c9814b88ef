// Clustered tasks, a convex relaxation (math.md 5): Omega = eta (1 + eta) (eta I + Q)^-1 with 0 <= Q <= I and
// tr Q = k, in place of the projection on the span of k clusters' indicators (Zhou, Chen & Ye, NIPS 2011).
//
// Problem of the Omega step, W held: over Q, lower
//     lambda1 eta (1 + eta)/2 tr(W (eta I + Q)^-1 W'),    least at the eigenvectors of W'W, with eigenvalues
//     q_j = clip(theta s_j - eta, 0, 1),    theta such that they sum to k ("water-filling"),
// s_j the singular values of W. If W has rank <= k, directions of W get 1 and the others share what is left.
// Then K has the eigenvalues kappa(q) = (eta + q) / (lambda1 eta (1 + eta) + lambda2 (eta + q)): low rank +
// identity. g = 0, and with Q eliminated the objective is convex in W.
#include <algorithm>
#include <cmath>
#include <string>

#include "native/low_rank_kernel.hpp"
#include "native/omega/momentum.hpp"
#include "native/omega/relationship.hpp"
#include "native/omega/spectrum.hpp"
#include "native/status.hpp"

namespace fedmtl {
namespace {

/// The eigenvalues of Q on the distinguished directions, and off them.
struct Levels {
    std::vector<double> q;
    double rest = 0.0;
    double theta = 0.0;  // water-filling: q_j = clip(theta s_j - shift, 0, 1)
};

/// q_j = clip(theta s_j - shift, 0, 1) with sum k, for s falling, all above 0, and more than k of them.
/// Their sum is piecewise linear and rises in theta: found between two of its kinks, exactly.
Levels waterFill(std::span<const double> s, double shift, double k) {
    const auto level = [&](double theta, double value) {
        return std::clamp(theta * value - shift, 0.0, 1.0);
    };
    std::vector<double> kinks;
    for (const double value : s) {
        kinks.push_back(shift / value);
        kinks.push_back((shift + 1.0) / value);
    }
    std::ranges::sort(kinks);
    const auto right = std::ranges::partition_point(kinks, [&](double theta) {
        double sum = 0.0;
        for (const double value : s) {
            sum += level(theta, value);
        }
        return sum < k;
    });
    // Where q is neither 0 nor 1 here: theta (sum of s) - count shift + full = k, full the number of ones.
    const double middle = right == kinks.begin() ? *right : 0.5 * (*(right - 1) + *right);
    double full = 0.0;
    double count = 0.0;
    double sum = 0.0;
    for (const double value : s) {
        const double q = level(middle, value);
        full += q == 1.0 ? 1.0 : 0.0;
        count += q > 0.0 && q < 1.0 ? 1.0 : 0.0;
        sum += q > 0.0 && q < 1.0 ? value : 0.0;
    }
    Levels filled;
    filled.theta = count > 0.0 ? (k - full + count * shift) / sum : middle;
    for (const double value : s) {
        filled.q.push_back(level(filled.theta, value));
    }
    return filled;
}

class Clustered final : public Relationship {
  public:
    Clustered(std::size_t tasks, Regularization weights, ClusteredOptions options)
        : tasks_(tasks),
          weights_(weights),
          k_(static_cast<double>(options.k)),
          eta_(options.eta),
          kernel_(kernelOf({}, levels({}))) {}

    const TaskKernel& kernel() const override { return kernel_; }
    bool learned() const override { return true; }
    double regularizer(std::size_t cols, std::span<const double> W, ThreadPool& threads) const override {
        return 0.5 * kernel_.inverseQuadratic(cols, W, threads);
    }

    /// The minimiser of the regulariser at W ahead of itself by the momentum, drawn back until it does not
    /// rise at W itself. At W it can rise by rounding only, and then Q is as good as it gets.
    bool update(std::size_t cols, std::span<const double> W, ThreadPool& threads,
                const std::atomic<bool>& /*cancelled*/) override {
        const double before = kernel_.inverseQuadratic(cols, W, threads);
        double share = momentum_.next();
        for (;;) {
            LowRankKernel candidate = minimiserAt(cols, momentum_.ahead(W, share), threads);
            if (candidate.inverseQuadratic(cols, W, threads) <= before) {
                kernel_ = std::move(candidate);
                break;
            }
            if (share == 0.0) {
                break;
            }
            share = Momentum::drawnBack(share);
        }
        momentum_.keep(W);
        return true;
    }

    void startAt(std::size_t cols, std::span<const double> W, std::optional<double> /*epsilon*/,
                 ThreadPool& threads) override {
        kernel_ = minimiserAt(cols, {W}, threads);
        momentum_.keep(W);
    }

    void finish() override { momentum_.finish(); }
    std::size_t bytes() const override { return kernel_.bytes() + momentum_.bytes(); }

    /// R*(V) = max over Q of tr(V K(Q) V') / 2, where Q has the eigenvectors of V'V and kappa is concave in
    /// q: with lambda2 > 0 a water-filling again (kappa'(q) s^2 / 2 = nu for all q inside (0, 1)), with
    /// lambda2 = 0 the k largest directions take all.
    std::optional<double> jointConjugate(std::size_t cols, std::span<const double> V,
                                         ThreadPool& threads) const override {
        const GramSpectrum spectrum = gramSpectrum(cols, {V}, threads);
        const std::vector<double>& s = spectrum.s;
        const bool scarce = static_cast<double>(s.size()) > k_;
        // A lambda2 that small would be lost in rounding; leaving it out bounds the maximum from above too.
        const bool curved = scarce && weights_.lambda2 > 1e-9 * scale();
        const double lambda2 = scarce && !curved ? 0.0 : weights_.lambda2;
        const Levels best = curved ? waterFill(s, eta_ + scale() / lambda2, k_) : firstK(s.size());
        const double nu = curved ? 0.5 * scale() / std::pow(lambda2 * best.theta, 2) : 0.0;
        // Any nu bounds the maximum from above, so that a sum of q off k by rounding does no harm.
        // Nor do the directions that the spectrum counts as 0.
        double bound = nu * k_ + 0.5 * spectrum.left * kappa(1.0);
        for (std::size_t j = 0; j < s.size(); ++j) {
            bound += 0.5 * s[j] * s[j] * (eta_ + best.q[j]) / (scale() + lambda2 * (eta_ + best.q[j])) -
                     nu * best.q[j];
        }
        return bound;
    }

    void save(StateWriter& state) const override {
        momentum_.save(state);
        kernel_.save(state, "clustered");
    }

    void restore(const StateReader& state) override {
        momentum_.restore(state);
        kernel_ = LowRankKernel::restore(state, "clustered", tasks_);
    }

  private:
    double scale() const { return weights_.lambda1 * eta_ * (1.0 + eta_); }
    double kappa(double q) const { return (eta_ + q) / (scale() + weights_.lambda2 * (eta_ + q)); }

    LowRankKernel minimiserAt(std::size_t cols, const ExtrapolatedW& W, ThreadPool& threads) const {
        const GramSpectrum spectrum = gramSpectrum(cols, W, threads);
        Levels best = levels(spectrum.s);
        while (!best.q.empty() && best.q.back() == best.rest) {
            best.q.pop_back();  // as all other directions
        }
        return kernelOf(rightBasis(cols, W, spectrum, best.q.size(), threads), best);
    }

    Levels levels(std::span<const double> s) const {
        const double rank = static_cast<double>(s.size());
        if (rank > k_) {
            return waterFill(s, eta_, k_);
        }
        const double others = static_cast<double>(tasks_) - rank;
        return {.q = std::vector<double>(s.size(), 1.0), .rest = others > 0.0 ? (k_ - rank) / others : 1.0};
    }

    Levels firstK(std::size_t rank) const {
        Levels first{.q = std::vector<double>(rank)};
        std::fill_n(first.q.begin(), std::min(rank, static_cast<std::size_t>(k_)), 1.0);
        return first;
    }

    LowRankKernel kernelOf(std::vector<double> basis, const Levels& levels) const {
        std::vector<double> r;
        for (const double q : levels.q) {
            r.push_back(kappa(q) - kappa(levels.rest));
        }
        return LowRankKernel(tasks_, std::move(basis), std::move(r), kappa(levels.rest));
    }

    std::size_t tasks_;
    Regularization weights_;
    double k_;
    double eta_;
    Momentum momentum_;
    LowRankKernel kernel_;
};

}  // namespace

std::unique_ptr<Relationship> makeClustered(std::size_t tasks, Regularization weights,
                                            ClusteredOptions options) {
    if (options.k > tasks) {
        throw Error(ErrorCode::InvalidArgument, "there are " + std::to_string(tasks) + " tasks for " +
                                                    std::to_string(options.k) +
                                                    " clusters; give at most one cluster a task");
    }
    return std::make_unique<Clustered>(tasks, weights, options);
}

}  // namespace fedmtl
