// The singular values and right singular vectors of W, from the smaller of its two Gram matrices (math.md 5).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "native/thread_pool.hpp"

namespace fedmtl {

struct Spectrum {
    std::vector<double> s;  // k, falling, each above 1e-6 of the first; smaller ones count as 0
    std::vector<double>
        basis;  // U' column-major, k x m: right singular vectors, task t's k numbers contiguous
};

/// W: m x d task-major. O(min(d, m)^2 max(d, m)); same bits at any thread count.
Spectrum rightSpectrum(std::size_t cols, std::span<const double> W, ThreadPool& threads);

}  // namespace fedmtl
