// Collects sparse rows whose number of columns is known only at the end, then stores them dense or CSR,
// whichever takes less memory.
//
// Column numbers are kept as gaps of mostly one byte, because int32 columns would be half as large as the
// float64 values (as large as float32) and a nearly full file ends up dense, where they are not wanted: one
// byte keeps the peak within 1.25 of the result in all cases.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "native/feature_store.hpp"
#include "native/growing_buffer.hpp"

namespace fedmtl {

/// A stack of rows' column numbers. A row is coded as its gaps (column minus the column before, the first
/// counted from -1, hence >= 1) in base 128, low digits first, the top bit set on all but a gap's last byte;
/// then a 0, which occurs nowhere else.
class ColumnStack {
  public:
    /// @param columns 0-based, strictly ascending
    void push(std::span<const std::int32_t> columns);

    /// Takes the last row off and gives memory back on the way.
    void pop(std::vector<std::int32_t>& columns);

  private:
    GrowingBuffer<std::uint8_t> codes_;
};

template <class T>
class RowCollector {
  public:
    /// @param columns 0-based, strictly ascending
    /// @param values one a column; they must be finite as T
    void append(std::span<const std::int32_t> columns, std::span<const double> values);

    std::size_t cols() const noexcept { return cols_; }

    /// All rows, dense if that takes no more memory than CSR; empties the collector.
    FeatureStore finish();

  private:
    DenseStore<T> expand();
    CsrStore<T> compress();

    ColumnStack columns_;
    GrowingBuffer<T> values_;
    std::size_t rows_ = 0;
    std::size_t cols_ = 0;
};

extern template class RowCollector<double>;
extern template class RowCollector<float>;

}  // namespace fedmtl
