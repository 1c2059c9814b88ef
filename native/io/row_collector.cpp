#include "native/io/row_collector.hpp"

#include <algorithm>
#include <utility>

namespace fedmtl {

void ColumnStack::push(std::span<const std::int32_t> columns) {
    constexpr std::size_t maxGapBytes = 5;
    const std::size_t size = codes_.size();
    codes_.resize(size + maxGapBytes * columns.size() + 1);
    std::uint8_t* out = codes_.data() + size;
    std::int32_t previous = -1;
    for (const std::int32_t column : columns) {
        auto gap = static_cast<std::uint32_t>(column - previous);
        for (; gap >= 0x80U; gap >>= 7U) {
            *out++ = static_cast<std::uint8_t>(gap | 0x80U);
        }
        *out++ = static_cast<std::uint8_t>(gap);
        previous = column;
    }
    *out++ = 0;
    codes_.resize(static_cast<std::size_t>(out - codes_.data()));
}

void ColumnStack::pop(std::vector<std::int32_t>& columns) {
    const std::uint8_t* const end = codes_.end() - 1;
    const std::uint8_t* begin = end;
    while (begin != codes_.begin() && begin[-1] != 0) {
        --begin;
    }
    columns.clear();
    std::int32_t column = -1;
    std::uint32_t gap = 0;
    std::uint32_t shift = 0;
    for (const std::uint8_t* code = begin; code != end; ++code) {
        gap |= (*code & 0x7FU) << shift;
        shift += 7;
        if (*code < 0x80U) {
            column += static_cast<std::int32_t>(gap);
            columns.push_back(column);
            gap = shift = 0;
        }
    }
    codes_.resize(static_cast<std::size_t>(begin - codes_.data()));
    if (codes_.size() < codes_.bytes() - codes_.bytes() / 8) {
        codes_.shrinkToFit();
    }
}

template <class T>
void RowCollector<T>::append(std::span<const std::int32_t> columns, std::span<const double> values) {
    columns_.push(columns);
    values_.append(values);
    ++rows_;
    if (!columns.empty()) {
        cols_ = std::max(cols_, static_cast<std::size_t>(columns.back()) + 1);
    }
}

template <class T>
FeatureStore RowCollector<T>::finish() {
    const auto rows = static_cast<double>(rows_);
    const double denseBytes = rows * static_cast<double>(cols_) * sizeof(T);
    const double csrBytes = static_cast<double>(values_.size()) * (sizeof(T) + sizeof(std::int32_t)) +
                            rows * sizeof(std::int64_t);
    FeatureStore store;
    if (denseBytes <= csrBytes) {
        store = expand();
    } else {
        store = compress();
    }
    *this = RowCollector();
    return store;
}

/// Spreads the values over full rows in place, from the back: a value's place is never before the value
/// itself.
template <class T>
DenseStore<T> RowCollector<T>::expand() {
    std::size_t from = values_.size();
    values_.resize(rows_ * cols_);
    std::vector<std::int32_t> columns;
    // Once every value left fills its row, everything is in place.
    for (std::size_t row = rows_; row > 0 && from < row * cols_; --row) {
        columns_.pop(columns);
        from -= columns.size();
        T* const out = values_.data() + (row - 1) * cols_;
        std::size_t stop = cols_;
        for (std::size_t i = columns.size(); i > 0; --i) {
            const T value = values_[from + i - 1];
            const auto column = static_cast<std::size_t>(columns[i - 1]);
            std::fill(out + column + 1, out + stop, T{0});
            out[column] = value;
            stop = column;
        }
        std::fill(out, out + stop, T{0});
    }
    return {cols_, std::move(values_)};
}

template <class T>
CsrStore<T> RowCollector<T>::compress() {
    CsrStore<T> store{cols_, GrowingBuffer<std::int64_t>(rows_ + 1),
                      GrowingBuffer<std::int32_t>(values_.size()), std::move(values_)};
    std::size_t stop = store.indices.size();
    std::vector<std::int32_t> columns;
    for (std::size_t row = rows_; row > 0; --row) {
        columns_.pop(columns);
        store.indptr[row] = static_cast<std::int64_t>(stop);
        stop -= columns.size();
        std::ranges::copy(columns, store.indices.data() + stop);
    }
    store.indptr[0] = 0;
    return store;
}

template class RowCollector<double>;
template class RowCollector<float>;

}  // namespace fedmtl
