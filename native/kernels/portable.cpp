// Level "portable": plain C++. Four accumulators hide the latency of the additions and fix the order of the
// sums.
#include "native/kernels/kernels.hpp"

namespace fedmtl {
namespace {

template <class Term>
double sumOfFour(std::size_t n, Term term) {
    double s0 = 0.0;
    double s1 = 0.0;
    double s2 = 0.0;
    double s3 = 0.0;
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        s0 += term(i);
        s1 += term(i + 1);
        s2 += term(i + 2);
        s3 += term(i + 3);
    }
    for (; i < n; ++i) {
        s0 += term(i);
    }
    return (s0 + s1) + (s2 + s3);
}

template <class X, class Y>
double inner(const X* x, const Y* y, std::size_t n) {
    return sumOfFour(n, [=](std::size_t i) { return static_cast<double>(x[i]) * static_cast<double>(y[i]); });
}

template <class T>
double sparseDot(const T* x, const std::int32_t* indices, const double* u, std::size_t n) {
    return sumOfFour(n, [=](std::size_t i) { return static_cast<double>(x[i]) * u[indices[i]]; });
}

template <class T>
void axpy(double c, const T* __restrict x, double* __restrict u, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        u[i] += c * static_cast<double>(x[i]);
    }
}

template <class T>
void sparseAxpy(double c, const T* __restrict x, const std::int32_t* __restrict indices, double* __restrict u,
                std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        u[indices[i]] += c * static_cast<double>(x[i]);
    }
}

template <class T>
constexpr RowKernels<T> kRowKernels{
    .dot = inner<T, double>,
    .axpy = axpy<T>,
    .inner = inner<T, T>,
    .sparseDot = sparseDot<T>,
    .sparseAxpy = sparseAxpy<T>,
};

}  // namespace

constinit const Kernels kPortableKernels{"portable", kRowKernels<double>, kRowKernels<float>};

}  // namespace fedmtl
