// Laws of the cut of a spectrum: it costs what it says, no more than it may, and no direction more could go.
#include "native/omega/spectrum_cut.hpp"

#include <gtest/gtest.h>

#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

/// tr((W'W + floor I) Sigma^-1) for the Sigma of the cut, W with singular values s and zeros up to m.
double valueOf(const SpectrumCut& cut, const std::vector<double>& s, std::size_t tasks, double floor) {
    double sum = 0.0;
    for (std::size_t j = 0; j < tasks; ++j) {
        const double square = (j < s.size() ? s[j] * s[j] : 0.0) + floor;
        sum += square * cut.trace / (j < cut.roots.size() ? cut.roots[j] : cut.rest);
    }
    return sum;
}

double leastValue(const std::vector<double>& s, std::size_t tasks, double floor) {
    double trace = static_cast<double>(tasks - s.size()) * std::sqrt(floor);
    for (const double value : s) {
        trace += std::sqrt(value * value + floor);
    }
    return trace * trace;
}

double traceOf(const SpectrumCut& cut, std::size_t tasks) {
    return std::accumulate(cut.roots.begin(), cut.roots.end(),
                           static_cast<double>(tasks - cut.roots.size()) * cut.rest);
}

TEST(SpectrumCut, CostsWhatItSaysAndNoMoreThanItMay) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Numbers numbers(seed);
        const std::size_t tasks = 1 + numbers.below(400);
        std::vector<double> s(numbers.below(1 + std::min<std::size_t>(tasks, 12)));
        for (double& value : s) {
            value = numbers.magnitude(-5.0, 0.0);
        }
        std::ranges::sort(s, std::greater{});
        const double floor = numbers.magnitude(-12.0, 1.0);
        const double tolerance = numbers.magnitude(-9.0, -1.0);
        const SpectrumCut cut = cutSpectrum({.s = s, .vectors = {}}, tasks, floor, tolerance);
        const double least = leastValue(s, tasks, floor);
        const double excess = valueOf(cut, s, tasks, floor) / least - 1.0;
        EXPECT_NEAR(traceOf(cut, tasks), cut.trace, 1e-12 * cut.trace);
        EXPECT_NEAR(cut.bound, excess, 1e-11);
        EXPECT_LE(cut.bound, tolerance);
        EXPECT_GE(cut.bound, 0.0);
        if (cut.roots.empty()) {
            continue;
        }
        // With one direction less, evened out as well as can be, it would cost more than it may.
        double squares = floor * static_cast<double>(tasks - cut.roots.size() + 1);
        for (std::size_t j = cut.roots.size() - 1; j < s.size(); ++j) {
            squares += s[j] * s[j];
        }
        const double others = static_cast<double>(tasks - cut.roots.size() + 1);
        const double trace =
            std::accumulate(cut.roots.begin(), cut.roots.end() - 1, std::sqrt(others * squares));
        EXPECT_GT(trace * trace / least - 1.0, tolerance - 1e-11);
    }
}

TEST(SpectrumCut, LeavesASpectrumAloneWhereNothingMayBeLost) {
    const std::vector<double> s{3.0, 1.0, 1e-3};
    const SpectrumCut cut = cutSpectrum({.s = s, .vectors = {}}, 10, 1e-8, 0.0);
    ASSERT_EQ(cut.roots.size(), 3u);
    EXPECT_EQ(cut.rest, std::sqrt(1e-8));
    EXPECT_EQ(cut.bound, 0.0);
}

TEST(SpectrumCut, BoundsWhatTheSpectrumCountsAsZeroToo) {
    const std::vector<double> known{2.0, 0.5};
    const std::vector<double> all{2.0, 0.5, 1e-4};
    const SpectrumCut cut = cutSpectrum({.s = known, .vectors = {}, .left = 1e-8}, 50, 1e-6, 0.0);
    const double excess = valueOf(cut, all, 50, 1e-6) / leastValue(all, 50, 1e-6) - 1.0;
    EXPECT_GT(excess, 0.0);
    EXPECT_GE(cut.bound, excess);
    EXPECT_LE(cut.bound, 1e-8 / (cut.rest * cut.trace));
}

TEST(SpectrumCut, LetsGoOfWhatIsLostInTheFloor) {
    const std::vector<double> s{1.0, 1e-5, 1e-5};
    EXPECT_EQ(cutSpectrum({.s = s, .vectors = {}}, 1000, 1e-4, 1e-8).roots.size(), 1u);
}

}  // namespace
}  // namespace fedmtl::testing
