// Level "avx512": AVX-512 for long rows. Short and sparse rows take the instructions of level "avx2": there
// it is latency that counts, and wider vectors leave longer tails.
#include "native/kernels/kernels.hpp"
#include "native/kernels/x86_vectors.hpp"

namespace fedmtl {
namespace {

struct Vector512 {
    using Vector = __m512d;
    using Half = Vector256;
    static constexpr std::size_t kWidth = 8;
    static Vector zero() { return _mm512_setzero_pd(); }
    static Vector load(const double* p) { return _mm512_loadu_pd(p); }
    static Vector load(const float* p) { return _mm512_cvtps_pd(_mm256_loadu_ps(p)); }
    static Vector broadcast(double value) { return _mm512_set1_pd(value); }
    static void store(double* p, Vector v) { _mm512_storeu_pd(p, v); }
    static Vector add(Vector a, Vector b) { return _mm512_add_pd(a, b); }
    static Vector fma(Vector a, Vector b, Vector c) { return _mm512_fmadd_pd(a, b, c); }
    static Half::Vector fold(Vector v) {
        return _mm256_add_pd(_mm512_castpd512_pd256(v), _mm512_extractf64x4_pd(v, 1));
    }
};

// Where the two levels cross, dot and axpy together: near 100 on an Intel Sapphire Rapids, between 100 and
// 130 on an AMD EPYC of the Zen 4 generation.
constexpr std::size_t kLongRow = 128;

template <class X, class Y>
double inner(const X* x, const Y* y, std::size_t n) {
    return n < kLongRow ? simd::inner<Vector256>(x, y, n) : simd::inner<Vector512>(x, y, n);
}

template <class X>
void axpy(double c, const X* x, double* u, std::size_t n) {
    n < kLongRow ? simd::axpy<Vector256>(c, x, u, n) : simd::axpy<Vector512>(c, x, u, n);
}

template <class T>
constexpr RowKernels<T> kRowKernels{
    .dot = inner<T, double>,
    .axpy = axpy<T>,
    .inner = inner<T, T>,
    .sparseDot = simd::sparseDot<Vector256, T>,
    .sparseAxpy = simd::sparseAxpy<Vector256, T>,
};

}  // namespace

constinit const Kernels kAvx512Kernels{"avx512", kRowKernels<double>, kRowKernels<float>};

}  // namespace fedmtl
