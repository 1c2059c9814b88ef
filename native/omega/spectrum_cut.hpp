// Which directions of W a learned Sigma need not know one by one.
//
// Problem: Q(Sigma) = tr((W'W + floor I) Sigma^-1) over tr Sigma = 1 is least, T^2, at Sigma = (W'W + floor
// I)^1/2 / T: one direction a nonzero singular value of W, T the sum of sqrt(s_j^2 + floor) over all m. The
// directions with the smallest s_j, and those where it is 0, are given one common variance instead. The best
// one is that of their mean square, and Q is then T'^2 with T' the sum of the roots of the spectrum so evened
// out: T' >= T, and (T' / T)^2 - 1 is exactly what the cut costs. It touches the quality of an Omega step,
// not the certificate, which holds for any K.
#pragma once

#include <vector>

#include "native/omega/spectrum.hpp"

namespace fedmtl {

struct SpectrumCut {
    std::vector<double> roots;  // k, falling: sqrt(s_j^2 + floor) of the directions that are kept
    double rest = 0.0;          // the same for each of the other m - k directions
    double trace = 0.0;         // T'
    // Q here is at most (1 + bound) times its minimum; what the spectrum counts as 0 is included.
    double bound = 0.0;
};

/// Keeps the fewest directions for which (T' / T)^2 - 1 <= `tolerance`.
SpectrumCut cutSpectrum(const GramSpectrum& spectrum, std::size_t tasks, double floor, double tolerance);

}  // namespace fedmtl
