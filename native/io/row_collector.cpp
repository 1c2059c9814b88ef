#include "native/io/row_collector.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace fedmtl {

std::size_t ColumnStack::lastSize() {
    const std::uint8_t* begin = codes_.end() - 1;
    std::size_t count = 0;
    for (; begin != codes_.begin() && begin[-1] != 0; --begin) {
        count += begin[-1] < 0x80U ? 1 : 0;
    }
    lastBegin_ = static_cast<std::size_t>(begin - codes_.data());
    return count;
}

void ColumnStack::pop(std::span<std::int32_t> columns) {
    const std::uint8_t* code = codes_.data() + lastBegin_;
    std::int32_t column = -1;
    for (std::int32_t& out : columns) {
        std::uint32_t gap = 0;
        std::uint32_t digit = 0x80U;
        for (std::uint32_t shift = 0; digit >= 0x80U; shift += 7) {
            digit = *code++;
            gap |= (digit & 0x7FU) << shift;
        }
        column += static_cast<std::int32_t>(gap);
        out = column;
    }
    codes_.resize(lastBegin_);
    if (codes_.size() < codes_.bytes() - codes_.bytes() / 8) {
        codes_.shrinkToFit();
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
        columns.resize(columns_.lastSize());
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
    for (std::size_t row = rows_; row > 0; --row) {
        store.indptr[row] = static_cast<std::int64_t>(stop);
        const std::size_t count = columns_.lastSize();
        stop -= count;
        columns_.pop({store.indices.data() + stop, count});
    }
    store.indptr[0] = 0;
    return store;
}

template class RowCollector<double>;
template class RowCollector<float>;

}  // namespace fedmtl
