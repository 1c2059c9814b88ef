// dot and axpy on row i of a feature block, whatever its storage: the solver is written once against these
// four.
#pragma once

#include <type_traits>

#include "native/kernels/kernels.hpp"
#include "native/task_set.hpp"

namespace fedmtl {

template <class T>
double dotRow(const Kernels& k, const DenseRows<T>& rows, std::size_t i, const double* u) {
    const T* x = rows.values + i * rows.cols;
    if constexpr (std::is_same_v<T, float>) {
        return k.dotF32(x, u, rows.cols);
    } else {
        return k.dotF64(x, u, rows.cols);
    }
}

template <class T>
void axpyRow(const Kernels& k, double c, const DenseRows<T>& rows, std::size_t i, double* u) {
    const T* x = rows.values + i * rows.cols;
    if constexpr (std::is_same_v<T, float>) {
        k.axpyF32(c, x, u, rows.cols);
    } else {
        k.axpyF64(c, x, u, rows.cols);
    }
}

template <class T>
double dotRow(const Kernels& k, const CsrRows<T>& rows, std::size_t i, const double* u) {
    const auto begin = rows.indptr[i];
    const auto n = static_cast<std::size_t>(rows.indptr[i + 1] - begin);
    if constexpr (std::is_same_v<T, float>) {
        return k.sparseDotF32(rows.values + begin, rows.indices + begin, u, n);
    } else {
        return k.sparseDotF64(rows.values + begin, rows.indices + begin, u, n);
    }
}

template <class T>
void axpyRow(const Kernels& k, double c, const CsrRows<T>& rows, std::size_t i, double* u) {
    const auto begin = rows.indptr[i];
    const auto n = static_cast<std::size_t>(rows.indptr[i + 1] - begin);
    if constexpr (std::is_same_v<T, float>) {
        k.sparseAxpyF32(c, rows.values + begin, rows.indices + begin, u, n);
    } else {
        k.sparseAxpyF64(c, rows.values + begin, rows.indices + begin, u, n);
    }
}

/// x_i'x_j
template <class T>
double dotRows(const DenseRows<T>& rows, std::size_t i, std::size_t j) {
    double sum = 0.0;
    for (std::size_t c = 0; c < rows.cols; ++c) {
        sum += static_cast<double>(rows.values[i * rows.cols + c]) *
               static_cast<double>(rows.values[j * rows.cols + c]);
    }
    return sum;
}

template <class T>
double dotRows(const CsrRows<T>& rows, std::size_t i, std::size_t j) {
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

/// Stored features of row i.
template <class T>
std::size_t rowSize(const DenseRows<T>& rows, std::size_t) {
    return rows.cols;
}

template <class T>
std::size_t rowSize(const CsrRows<T>& rows, std::size_t i) {
    return static_cast<std::size_t>(rows.indptr[i + 1] - rows.indptr[i]);
}

template <class T>
double squaredNorm(const DenseRows<T>& rows, std::size_t i) {
    double sum = 0.0;
    for (const T* x = rows.values + i * rows.cols; x != rows.values + (i + 1) * rows.cols; ++x) {
        sum += static_cast<double>(*x) * static_cast<double>(*x);
    }
    return sum;
}

template <class T>
double squaredNorm(const CsrRows<T>& rows, std::size_t i) {
    double sum = 0.0;
    for (auto p = rows.indptr[i]; p < rows.indptr[i + 1]; ++p) {
        sum += static_cast<double>(rows.values[p]) * static_cast<double>(rows.values[p]);
    }
    return sum;
}

}  // namespace fedmtl
