// The kernels on row i of a feature block, whatever its storage: the solver is written once against these.
#pragma once

#include <algorithm>

#include "native/kernels/kernels.hpp"
#include "native/task_set.hpp"

namespace fedmtl {

/// Stored features of row i.
template <class T>
std::size_t rowSize(const DenseRows<T>& rows, std::size_t) {
    return rows.cols;
}

template <class T>
std::size_t rowSize(const CsrRows<T>& rows, std::size_t i) {
    return static_cast<std::size_t>(rows.indptr[i + 1] - rows.indptr[i]);
}

// Prefetching. Always inlined: the compiler takes a function that only prefetches for one without effect, and
// drops calls of it.

/// Asks for the cache lines of the first 512 bytes: by then the processor sees what is read and fetches the
/// rest by itself, while asking for all of a long row takes a tenth of its step where it is in the cache
/// already.
[[gnu::always_inline]] inline void prefetchBytes(const void* begin, std::size_t bytes) {
    constexpr std::size_t kLine = 64;
    constexpr std::size_t kMost = 512;
    const char* const first = static_cast<const char*>(begin);
    for (std::size_t offset = 0; offset < std::min(bytes, kMost); offset += kLine) {
        __builtin_prefetch(first + offset);
    }
}

template <class T>
[[gnu::always_inline]] inline void prefetchRow(const DenseRows<T>& rows, std::size_t i) {
    prefetchBytes(rows.values + i * rows.cols, rows.cols * sizeof(T));
}

template <class T>
[[gnu::always_inline]] inline void prefetchRow(const CsrRows<T>& rows, std::size_t i) {
    prefetchBytes(rows.values + rows.indptr[i], rowSize(rows, i) * sizeof(T));
    prefetchBytes(rows.indices + rows.indptr[i], rowSize(rows, i) * sizeof(std::int32_t));
}

/// How many rows ahead of its step a row of this size is asked for: memory takes as long to answer as a step
/// on about 1.5 KB.
inline std::size_t prefetchDistance(std::size_t bytesPerRow) {
    return std::clamp<std::size_t>(1536 / std::max<std::size_t>(bytesPerRow, 1), 1, 16);
}

/// The same for the `count` rows from `first` on, by their mean size.
template <class T>
std::size_t prefetchDistance(const DenseRows<T>& rows, std::size_t /*first*/, std::size_t /*count*/) {
    return prefetchDistance(rows.cols * sizeof(T));
}

template <class T>
std::size_t prefetchDistance(const CsrRows<T>& rows, std::size_t first, std::size_t count) {
    const auto values = static_cast<std::size_t>(rows.indptr[first + count] - rows.indptr[first]);
    return prefetchDistance(values * (sizeof(T) + sizeof(std::int32_t)) / count);
}

/// x_i'u
template <class T>
double dotRow(const Kernels& k, const DenseRows<T>& rows, std::size_t i, const double* u) {
    return k.of<T>().dot(rows.values + i * rows.cols, u, rows.cols);
}

template <class T>
double dotRow(const Kernels& k, const CsrRows<T>& rows, std::size_t i, const double* u) {
    const auto begin = rows.indptr[i];
    return k.of<T>().sparseDot(rows.values + begin, rows.indices + begin, u, rowSize(rows, i));
}

/// u += c x_i
template <class T>
void axpyRow(const Kernels& k, double c, const DenseRows<T>& rows, std::size_t i, double* u) {
    k.of<T>().axpy(c, rows.values + i * rows.cols, u, rows.cols);
}

template <class T>
void axpyRow(const Kernels& k, double c, const CsrRows<T>& rows, std::size_t i, double* u) {
    const auto begin = rows.indptr[i];
    k.of<T>().sparseAxpy(c, rows.values + begin, rows.indices + begin, u, rowSize(rows, i));
}

/// ||x_i||^2
template <class T>
double squaredNorm(const Kernels& k, const DenseRows<T>& rows, std::size_t i) {
    const T* x = rows.values + i * rows.cols;
    return k.of<T>().inner(x, x, rows.cols);
}

template <class T>
double squaredNorm(const Kernels& k, const CsrRows<T>& rows, std::size_t i) {
    const T* x = rows.values + rows.indptr[i];
    return k.of<T>().inner(x, x, rowSize(rows, i));
}

/// x_i'x_j
template <class T>
double dotRows(const Kernels& k, const DenseRows<T>& rows, std::size_t i, std::size_t j) {
    return k.of<T>().inner(rows.values + i * rows.cols, rows.values + j * rows.cols, rows.cols);
}

template <class T>
double dotRows(const Kernels&, const CsrRows<T>& rows, std::size_t i, std::size_t j) {
    double sum = 0.0;
    auto p = rows.indptr[i];
    auto r = rows.indptr[j];
    while (p < rows.indptr[i + 1] && r < rows.indptr[j + 1]) {
        if (rows.indices[p] == rows.indices[r]) {
            sum += static_cast<double>(rows.values[p++]) * static_cast<double>(rows.values[r++]);
        } else {
            ++(rows.indices[p] < rows.indices[r] ? p : r);
        }
    }
    return sum;
}

}  // namespace fedmtl
