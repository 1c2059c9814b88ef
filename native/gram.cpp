#include "native/gram.hpp"

#include <variant>

#include "native/kernels/rows.hpp"

namespace fedmtl {

// The cost model, in the time that a dot or an axpy takes for a feature in the cache (0.07 ns here). What
// both ways have in common, about 13 ns a step, is left out. Per row and round:
//     by features  E 2 d                a dot and an axpy a step
//     with G       E n + p 2 d          an axpy of n a step; two passes over the rows, each read only once: p
//     G itself     n d / 2, once        to be paid for within kRounds
// Measured with bench/races/gram.race.ts, which also checks the choice (docs/performance.md).
bool gramWins(const GramShape& shape) {
    constexpr double kRounds = 40.0;      // what trainings take, at the least
    constexpr double kPassInCache = 1.5;  // p
    constexpr double kPassFromMemory = 3.0;
    constexpr double kCacheBytes = 8 << 20;
    const auto n = static_cast<double>(shape.rows);
    const auto d = static_cast<double>(shape.cols);
    const double rowBytes = d * static_cast<double>(shape.bytesPerValue);
    if (n * sizeof(double) > rowBytes) {
        return false;
    }
    const double pass = n * rowBytes <= kCacheBytes ? kPassInCache : kPassFromMemory;
    const double saved = shape.localEpochs * (2.0 * d - n) - pass * 2.0 * d;
    return kRounds * saved > n * d / 2.0;
}

namespace {

std::size_t strideFor(std::size_t count) {
    constexpr std::size_t kPerLine = 64 / sizeof(double);
    return (count + kPerLine - 1) / kPerLine * kPerLine;
}

}  // namespace

std::size_t Gram::bytesFor(std::size_t count) { return count * strideFor(count) * sizeof(double); }

void Gram::build(const Kernels& kernels, const RowsView& rows, std::size_t first, std::size_t count,
                 std::size_t cols) {
    stride_ = strideFor(count);
    values_.assign(count * stride_, 0.0);
    AlignedVector<double> row(cols);
    std::visit(
        [&](const auto& all) {
            for (std::size_t i = 0; i < count; ++i) {
                std::ranges::fill(row, 0.0);
                axpyRow(kernels, 1.0, all, first + i, row.data());
                for (std::size_t j = 0; j <= i; ++j) {
                    const double inner = dotRow(kernels, all, first + j, row.data());
                    values_[i * stride_ + j] = inner;
                    values_[j * stride_ + i] = inner;
                }
            }
        },
        rows);
}

}  // namespace fedmtl
