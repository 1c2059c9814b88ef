#include "native/omega/spectrum_cut.hpp"

#include <cmath>
#include <numeric>

namespace fedmtl {

SpectrumCut cutSpectrum(const GramSpectrum& spectrum, std::size_t tasks, double floor, double tolerance) {
    SpectrumCut cut;
    for (const double s : spectrum.s) {
        cut.roots.push_back(std::sqrt(s * s + floor));
    }
    const auto others = [&](std::size_t kept) { return static_cast<double>(tasks - kept); };
    cut.rest = std::sqrt(floor);
    const double least =
        std::accumulate(cut.roots.begin(), cut.roots.end(), 0.0) + others(cut.roots.size()) * cut.rest;  // T
    double cost = 0.0;  // T' - T
    double rootsGone = others(cut.roots.size()) * cut.rest;
    double squaresGone = 0.0;
    while (!cut.roots.empty()) {
        const double s = spectrum.s[cut.roots.size() - 1];
        const double rootsThen = rootsGone + cut.roots.back();
        const double squaresThen = squaresGone + s * s;
        const double count = others(cut.roots.size() - 1);
        const double restThen = std::sqrt(floor + squaresThen / count);
        const double costThen = count * restThen - rootsThen;
        if (costThen * (costThen + 2.0 * least) > tolerance * least * least) {
            break;
        }
        cut.roots.pop_back();
        cut.rest = restThen;
        cost = costThen;
        rootsGone = rootsThen;
        squaresGone = squaresThen;
    }
    cost = std::max(0.0, cost);
    cut.trace = least + cost;
    // What counts as 0 in the spectrum meets the variance of the rest, rest / T'.
    const double uncounted = spectrum.left * cut.trace / cut.rest;
    cut.bound = (cost * (cost + 2.0 * least) + uncounted) / (least * least);
    return cut;
}

}  // namespace fedmtl
