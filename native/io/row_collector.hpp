// Collects sparse rows whose number of columns is known only at the end, then stores them dense or CSR,
// whichever takes less memory.
//
// Column numbers are kept as gaps of mostly one byte, because int32 columns would be half as large as the
// float64 values (as large as float32) and a nearly full file ends up dense, where they are not wanted: one
// byte keeps the peak within 1.25 of the result in all cases.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "native/feature_store.hpp"
#include "native/growing_buffer.hpp"

namespace fedmtl {

/// A stack of rows' column numbers. A row is coded as its gaps (column minus the column before, the first
/// counted from -1, hence >= 1) in base 128, low digits first, the top bit set on all but a gap's last byte;
/// then a 0, which occurs nowhere else.
class ColumnStack {
  public:
    static constexpr std::size_t kMaxGapBytes = 5;

    /// Makes room for a row of at most `most` columns. @return where its code goes
    std::uint8_t* reserve(std::size_t most) {
        codes_.reserveExtra(kMaxGapBytes * most + 1);
        return codes_.end();
    }

    /// Writes one column's gap. @return where the next goes
    static std::uint8_t* write(std::uint8_t* out, std::uint32_t gap) {
        for (; gap >= 0x80U; gap >>= 7U) {
            *out++ = static_cast<std::uint8_t>(gap | 0x80U);
        }
        *out++ = static_cast<std::uint8_t>(gap);
        return out;
    }

    /// Ends the row whose code stops at `out`.
    void end(std::uint8_t* out) {
        *out++ = 0;
        codes_.resize(static_cast<std::size_t>(out - codes_.data()));
    }

    /// The number of columns of the last row.
    std::size_t lastSize();

    /// Takes the last row off and gives memory back on the way.
    /// @param columns lastSize(), just asked for, places for its columns, 0-based
    void pop(std::span<std::int32_t> columns);

  private:
    GrowingBuffer<std::uint8_t> codes_;
    /// Where the last row begins, found by lastSize().
    std::size_t lastBegin_ = 0;
};

template <class T>
class RowCollector {
  public:
    /// A row being written, straight to where it stays.
    struct Row {
        std::uint8_t* code;
        T* value;

        /// @param gap the column minus the one before it, >= 1; of the first column, its number from 1
        /// @param finite its value
        void push(std::uint32_t gap, T finite) {
            code = ColumnStack::write(code, gap);
            *value++ = finite;
        }
    };

    /// Begins a row of at most `most` values.
    Row beginRow(std::size_t most) {
        values_.reserveExtra(most);
        return {columns_.reserve(most), values_.end()};
    }

    /// @param cols the last column of the row, from 1; 0 if there is none
    void endRow(const Row& row, std::size_t cols) {
        columns_.end(row.code);
        values_.resize(static_cast<std::size_t>(row.value - values_.data()));
        ++rows_;
        cols_ = std::max(cols_, cols);
    }

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
