// The probabilistic prior / trace-norm relationship: Omega = Sigma^-1, Sigma >= 0, tr Sigma = 1 (math.md 5).
//
// Problem of the Omega step, W held: lower over Sigma
//     Q(Sigma) = 1/2 tr(W (lambda1 Sigma^-1 + lambda2 I) W') + lambda1 epsilon/2 tr(Sigma^-1),   tr Sigma
//     = 1.
// The minimiser, Sigma = (W'W + epsilon I)^1/2 / T with T its trace (Zhang & Yeung, UAI 2010), makes the
// alternation with W steps crawl: directions outside the first W's row space have sigma near sqrt(epsilon) /
// T and grow about 1 % a step. So the step is taken on W extrapolated by Nesterov's momentum and with a floor
// that sinks to epsilon over the first steps, and it is drawn back towards the minimiser until Q does not
// rise. Measured on the eight trace-norm optima of the tests, excess of the joint objective after 40 steps:
// at most 1e-4, against up to 2e-2 for the plain minimiser (docs/rounds.md). Everything is low rank +
// identity: in the basis of right singular vectors sigma_j = sqrt(s_j^2 + floor) / T, and K has the
// eigenvalues sigma / (lambda1 + lambda2 sigma). The smallest s_j share one sigma (spectrum_cut.hpp).
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "native/low_rank_kernel.hpp"
#include "native/omega/momentum.hpp"
#include "native/omega/relationship.hpp"
#include "native/omega/spectrum_cut.hpp"

namespace fedmtl {
namespace {

/// Sigma = U diag(sigma) U' + rest (I - UU'), as what the server and the objective need of it.
struct Covariance {
    LowRankKernel kernel{0, {}, {}, 0.0};
    double traceOfInverse = 0.0;
    double cutBound = 0.0;  // SpectrumCut::bound
};

class TraceNorm final : public Relationship {
  public:
    TraceNorm(std::size_t tasks, Regularization weights, TraceNormOptions options)
        : tasks_(tasks),
          weights_(weights),
          epsilon_(options.epsilon),
          sinkingSteps_(static_cast<double>(options.sinkingSteps)),
          cutTolerance_(options.cutTolerance),
          current_(makeCovariance({}, {}, 1.0 / static_cast<double>(tasks))) {}

    const TaskKernel& kernel() const override { return current_.kernel; }
    bool learned() const override { return true; }
    bool settled() const override { return atFloor_; }
    std::optional<double> epsilon() const override { return epsilon_; }
    double penalty() const override { return penaltyOf(current_); }
    double regularizer(std::size_t cols, std::span<const double> W, ThreadPool& threads) const override {
        return regularizerOf(current_, cols, W, threads);
    }
    double cutBound() const override { return current_.cutBound; }

    /// min over nu >= s_1^2 of nu / (2 lambda1) - sqrt(epsilon) sum_j sqrt(nu - s_j^2), s_j the singular
    /// values of V with zeros up to m (math.md 5). Convex in nu, and valid at any nu: how well it is
    /// minimised decides only how tight it is. With lambda2 > 0 it stays valid and is no longer tight.
    std::optional<double> jointConjugate(std::size_t cols, std::span<const double> V,
                                         ThreadPool& threads) const override {
        if (!epsilon_) {
            return std::nullopt;
        }
        const std::vector<double> s = gramSpectrum(cols, {V}, threads).s;
        const double floor = std::sqrt(*epsilon_);
        const double least = s.empty() ? 0.0 : s[0] * s[0];
        const auto sumOver = [&](double nu, auto term) {
            double sum = static_cast<double>(tasks_ - s.size()) * term(nu);
            for (const double value : s) {
                sum += term(std::max(0.0, nu - value * value));
            }
            return sum;
        };
        double low = least;
        double high = least + std::pow(static_cast<double>(tasks_) * floor * weights_.lambda1, 2);
        constexpr int kHalvings = 60;
        for (int halving = 0; halving < kHalvings; ++halving) {
            const double nu = 0.5 * (low + high);
            const double slope =
                1.0 / weights_.lambda1 - floor * sumOver(nu, [](double x) { return 1.0 / std::sqrt(x); });
            (slope < 0.0 ? low : high) = nu;
        }
        return high / (2.0 * weights_.lambda1) - floor * sumOver(high, [](double x) { return std::sqrt(x); });
    }

    void fixDefaults(std::size_t cols, std::span<const double> W, ThreadPool& threads) override {
        if (epsilon_) {
            return;
        }
        const double root = 0.1 * meanSingularValue(cols, W, threads);
        // W = 0 (say, no rounds yet) gives no scale: any positive floor keeps Sigma at I/m.
        epsilon_ = root > 0.0 ? root * root : 1.0;
    }

    bool update(std::size_t cols, std::span<const double> W, ThreadPool& threads,
                const std::atomic<bool>& /*cancelled*/) override {
        fixDefaults(cols, W, threads);
        const double before = regularizerOf(current_, cols, W, threads);
        const double meanSquare = std::pow(meanSingularValue(cols, W, threads), 2);
        double share = momentum_.next();
        for (;;) {
            const double floor = sinkingFloor(meanSquare);
            Covariance candidate = fromWeights(momentum_.ahead(W, share), cols, floor, threads);
            if (regularizerOf(candidate, cols, W, threads) <= before) {
                current_ = std::move(candidate);
                atFloor_ = floor == *epsilon_;
                break;
            }
            if (share > 0.0) {
                share = Momentum::drawnBack(share);
            } else if (floor > *epsilon_) {
                startFloor_ *= 0.5;
            } else {
                atFloor_ = true;  // the minimiser itself: Q can rise by rounding only, so Sigma is as good as
                                  // it gets
                break;
            }
        }
        momentum_.keep(W);
        ++steps_;
        return true;
    }

    /// The minimiser for W, at the floor itself: the sinking floor is for starts that know no directions.
    void startAt(std::size_t cols, std::span<const double> W, std::optional<double> epsilon,
                 ThreadPool& threads) override {
        if (!epsilon_) {
            epsilon_ = epsilon;
        }
        fixDefaults(cols, W, threads);
        current_ = fromWeights({W}, cols, *epsilon_, threads);
        momentum_.keep(W);
        steps_ = static_cast<std::size_t>(sinkingSteps_);
        atFloor_ = true;
    }

    void finish() override { momentum_.finish(); }
    std::size_t bytes() const override { return current_.kernel.bytes() + momentum_.bytes(); }

    void save(StateWriter& state) const override {
        state.write("traceNorm.epsilon", epsilon_ ? std::span(&*epsilon_, 1) : std::span<const double>{});
        state.write("traceNorm.startFloor", startFloor_);
        state.write("traceNorm.steps", static_cast<double>(steps_));
        state.write("traceNorm.atFloor", atFloor_ ? 1.0 : 0.0);
        momentum_.save(state);
        current_.kernel.save(state, "traceNorm");
        state.write("traceNorm.traceOfInverse", current_.traceOfInverse);
        state.write("traceNorm.cutBound", current_.cutBound);
    }

    void restore(const StateReader& state) override {
        const auto epsilon = state.read("traceNorm.epsilon");
        epsilon_ = epsilon.empty() ? std::nullopt : std::optional(epsilon[0]);
        startFloor_ = state.readNumber("traceNorm.startFloor");
        steps_ = static_cast<std::size_t>(state.readNumber("traceNorm.steps"));
        atFloor_ = state.readNumber("traceNorm.atFloor") != 0.0;
        momentum_.restore(state);
        current_.kernel = LowRankKernel::restore(state, "traceNorm", tasks_);
        current_.traceOfInverse = state.readNumber("traceNorm.traceOfInverse");
        current_.cutBound = state.readNumber("traceNorm.cutBound");
    }

  private:
    double penaltyOf(const Covariance& sigma) const {
        return epsilon_ ? 0.5 * weights_.lambda1 * *epsilon_ * sigma.traceOfInverse
                        : std::numeric_limits<double>::quiet_NaN();
    }

    /// Q(Sigma) at W.
    double regularizerOf(const Covariance& sigma, std::size_t cols, std::span<const double> W,
                         ThreadPool& threads) const {
        return 0.5 * sigma.kernel.inverseQuadratic(cols, W, threads) + penaltyOf(sigma);
    }

    /// ||W||_* / m
    double meanSingularValue(std::size_t cols, std::span<const double> W, ThreadPool& threads) const {
        const std::vector<double> s = gramSpectrum(cols, {W}, threads).s;
        return std::accumulate(s.begin(), s.end(), 0.0) / static_cast<double>(tasks_);
    }

    /// Geometric from startFloor_ times the mean square of W's singular values down to epsilon.
    double sinkingFloor(double meanSquare) const {
        const double progress = std::min(1.0, static_cast<double>(steps_) / sinkingSteps_);
        const double start = startFloor_ * meanSquare;
        if (progress >= 1.0 || start <= *epsilon_) {
            return *epsilon_;
        }
        return std::max(*epsilon_, std::pow(start, 1.0 - progress) * std::pow(*epsilon_, progress));
    }

    /// (W'W + floor I)^1/2 / T, with the small end of the spectrum cut.
    Covariance fromWeights(const ExtrapolatedW& W, std::size_t cols, double floor,
                           ThreadPool& threads) const {
        const GramSpectrum spectrum = gramSpectrum(cols, W, threads);
        SpectrumCut cut = cutSpectrum(spectrum, tasks_, floor, cutTolerance_);
        for (double& root : cut.roots) {
            root /= cut.trace;
        }
        Covariance covariance = makeCovariance(rightBasis(cols, W, spectrum, cut.roots.size(), threads),
                                               cut.roots, cut.rest / cut.trace);
        covariance.cutBound = cut.bound;
        return covariance;
    }

    Covariance makeCovariance(std::vector<double> basis, const std::vector<double>& sigma,
                              double rest) const {
        const auto kappa = [&](double value) {
            return value / (weights_.lambda1 + weights_.lambda2 * value);
        };
        Covariance covariance;
        covariance.traceOfInverse = static_cast<double>(tasks_ - sigma.size()) / rest;
        std::vector<double> r(sigma.size());
        for (std::size_t j = 0; j < sigma.size(); ++j) {
            r[j] = kappa(sigma[j]) - kappa(rest);
            covariance.traceOfInverse += 1.0 / sigma[j];
        }
        covariance.kernel = LowRankKernel(tasks_, std::move(basis), std::move(r), kappa(rest));
        return covariance;
    }

    std::size_t tasks_;
    Regularization weights_;
    std::optional<double> epsilon_;
    double sinkingSteps_;
    double cutTolerance_;
    // In units of (||W||_* / m)^2. 10 and 30 both meet the targets on all optima; 30 is the better one on
    // school.
    double startFloor_ = 30.0;
    std::size_t steps_ = 0;
    bool atFloor_ = false;
    Momentum momentum_;
    Covariance current_;
};

}  // namespace

std::size_t traceNormSinkingSteps(double omegaSteps) {
    return static_cast<std::size_t>(std::clamp(std::round(0.75 * omegaSteps), 1.0, 32.0));
}

std::unique_ptr<Relationship> makeTraceNorm(std::size_t tasks, Regularization weights,
                                            TraceNormOptions options) {
    return std::make_unique<TraceNorm>(tasks, weights, options);
}

}  // namespace fedmtl
