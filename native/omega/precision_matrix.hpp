// A precision over tasks: a symmetric m x m matrix of which most entries may be 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fedmtl {

struct PrecisionMatrix {
    std::vector<double> diagonal;  // m
    // Below the diagonal, by column and then by row: entry (to[e], from[e]) is values[e], from[e] < to[e].
    std::vector<std::int32_t> from;
    std::vector<std::int32_t> to;
    std::vector<double> values;

    std::size_t size() const { return diagonal.size(); }
    std::size_t bytes() const {
        return (diagonal.size() + values.size()) * sizeof(double) +
               (from.size() + to.size()) * sizeof(std::int32_t);
    }
};

}  // namespace fedmtl
