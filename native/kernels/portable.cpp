// Plain C++ kernels: four accumulators hide the latency of the additions and fix the order of the sums.
#include <cstdlib>
#include <string>
#include <string_view>

#include "native/kernels/kernels.hpp"
#include "native/status.hpp"

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

template <class T>
double dot(const T* x, const double* u, std::size_t n) {
    return sumOfFour(n, [=](std::size_t i) { return static_cast<double>(x[i]) * u[i]; });
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

const Kernels& chooseKernels() {
    const char* wanted = std::getenv("FEDMTL_KERNEL");
    const std::string_view level = wanted == nullptr ? "auto" : wanted;
    if (level == "auto" || level == "portable") {
        return portableKernels();
    }
    throw Error(ErrorCode::InvalidArgument,
                "FEDMTL_KERNEL is \"" + std::string(level) + "\"; this build has \"portable\" and \"auto\"");
}

}  // namespace

const Kernels& portableKernels() {
    static const Kernels table{"portable",       dot<double>,        dot<float>,
                               axpy<double>,     axpy<float>,        sparseDot<double>,
                               sparseDot<float>, sparseAxpy<double>, sparseAxpy<float>};
    return table;
}

const Kernels& kernels() {
    static const Kernels& chosen = chooseKernels();
    return chosen;
}

}  // namespace fedmtl
