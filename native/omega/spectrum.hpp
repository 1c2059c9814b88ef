// The singular values and right singular vectors of W, from the smaller of its two Gram matrices (math.md 5).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "native/thread_pool.hpp"

namespace fedmtl {

/// W + momentum (W - previousW) for two m x d task-major matrices, without being written out.
struct ExtrapolatedW {
    std::span<const double> W;
    std::span<const double> previousW{};  // empty where momentum is 0
    double momentum = 0.0;

    /// m x d numbers begin .. begin + count - 1, in place where nothing is added.
    const double* numbers(std::size_t begin, std::size_t count, std::vector<double>& scratch) const;
};

/// The singular values, and what right singular vectors are made from.
struct GramSpectrum {
    std::vector<double> s;        // falling, each above 1e-6 of the first; smaller ones count as 0
    std::vector<double> vectors;  // min(d, m) a value, column-major: eigenvectors of the smaller Gram matrix
    double left = 0.0;            // sum of the squares of those that count as 0
};

/// O(min(d, m)^2 max(d, m)); same bits at any thread count.
GramSpectrum gramSpectrum(std::size_t cols, const ExtrapolatedW& W, ThreadPool& threads);

/// U' column-major, rank x m: the first right singular vectors, task t's numbers contiguous.
std::vector<double> rightBasis(std::size_t cols, const ExtrapolatedW& W, const GramSpectrum& spectrum,
                               std::size_t rank, ThreadPool& threads);

struct Spectrum {
    std::vector<double> s;      // k, as in GramSpectrum
    std::vector<double> basis;  // U' column-major, k x m
};

/// W: m x d task-major. Both at once.
Spectrum rightSpectrum(std::size_t cols, std::span<const double> W, ThreadPool& threads);

}  // namespace fedmtl
