// The features of a task set: four ways to hold a matrix of rows (dense or CSR, float64 or float32), read
// through plain views on which kernels are templates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <variant>

#include "native/growing_buffer.hpp"

namespace fedmtl {

/// Row-major rows: row i is values[i*cols .. (i+1)*cols).
template <class T>
struct DenseRows {
    using Value = T;
    const T* values;
    std::size_t cols;
};

/// Compressed sparse rows: row i is entries indptr[i] .. indptr[i+1] - 1 of indices (0-based columns,
/// strictly ascending within a row) and values.
template <class T>
struct CsrRows {
    using Value = T;
    const std::int64_t* indptr;
    const std::int32_t* indices;
    const T* values;
    std::size_t cols;
};

/// Borrowed rows; valid as long as their owner.
using RowsView = std::variant<DenseRows<double>, DenseRows<float>, CsrRows<double>, CsrRows<float>>;

enum class Precision { Float64, Float32 };

template <class T>
inline constexpr Precision precisionOf = std::is_same_v<T, double> ? Precision::Float64 : Precision::Float32;

/// Largest number of columns: column numbers are int32 and one column more may be appended.
inline constexpr std::size_t kMaxCols = 2147483646;

template <class T>
struct DenseStore {
    using Value = T;
    static constexpr bool kSparse = false;
    static constexpr Precision kPrecision = precisionOf<T>;
    std::size_t cols = 0;
    GrowingBuffer<T> values{};

    DenseRows<T> view() const noexcept { return {values.data(), cols}; }
    std::size_t bytes() const noexcept { return values.bytes(); }
    void shrinkToFit() { values.shrinkToFit(); }
};

template <class T>
struct CsrStore {
    using Value = T;
    static constexpr bool kSparse = true;
    static constexpr Precision kPrecision = precisionOf<T>;
    std::size_t cols = 0;
    GrowingBuffer<std::int64_t> indptr{};
    GrowingBuffer<std::int32_t> indices{};
    GrowingBuffer<T> values{};

    CsrRows<T> view() const noexcept { return {indptr.data(), indices.data(), values.data(), cols}; }
    std::size_t bytes() const noexcept { return indptr.bytes() + indices.bytes() + values.bytes(); }
    void shrinkToFit() {
        indptr.shrinkToFit();
        indices.shrinkToFit();
        values.shrinkToFit();
    }
};

using FeatureStore = std::variant<DenseStore<double>, DenseStore<float>, CsrStore<double>, CsrStore<float>>;

/// A copy of the given rows, in the given order.
FeatureStore gatherRows(const RowsView& rows, std::span<const std::int64_t> order);

/// A copy of the first rowCount rows.
FeatureStore copyRows(const RowsView& rows, std::size_t rowCount);

}  // namespace fedmtl
