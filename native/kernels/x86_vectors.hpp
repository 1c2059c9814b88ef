// Vectors of x86 for simd.hpp, as far as the including file's instruction set goes. In an unnamed namespace,
// and so a copy of its own for each file that includes it: see simd.hpp.
#pragma once

#include <immintrin.h>

#include "native/kernels/simd.hpp"

namespace fedmtl {
namespace {

struct Vector128 {
    using Vector = __m128d;
    using Half = simd::One<Vector128>;
    static constexpr std::size_t kWidth = 2;
    static Vector load(const double* p) { return _mm_loadu_pd(p); }
    static Vector load(const float* p) {
        return _mm_cvtps_pd(_mm_castsi128_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
    }
    /// Two loads of a scalar each. Gather instructions are no faster where they are fast, and several times
    /// slower on processors that guard them against data sampling.
    static Vector gather(const double* u, const std::int32_t* indices) {
        return _mm_loadh_pd(_mm_load_sd(u + indices[0]), u + indices[1]);
    }
    static Vector broadcast(double value) { return _mm_set1_pd(value); }
    static void store(double* p, Vector v) { _mm_storeu_pd(p, v); }
    static Vector multiply(Vector a, Vector b) { return _mm_mul_pd(a, b); }
    static Vector add(Vector a, Vector b) { return _mm_add_pd(a, b); }
    static Vector fma(Vector a, Vector b, Vector c) { return _mm_fmadd_pd(a, b, c); }
    static double fold(Vector v) { return _mm_cvtsd_f64(_mm_add_sd(v, _mm_unpackhi_pd(v, v))); }
};

struct Vector256 {
    using Vector = __m256d;
    using Half = Vector128;
    static constexpr std::size_t kWidth = 4;
    static Vector zero() { return _mm256_setzero_pd(); }
    static Vector load(const double* p) { return _mm256_loadu_pd(p); }
    static Vector load(const float* p) { return _mm256_cvtps_pd(_mm_loadu_ps(p)); }
    static Vector gather(const double* u, const std::int32_t* indices) {
        return _mm256_set_m128d(Half::gather(u, indices + 2), Half::gather(u, indices));
    }
    static Vector broadcast(double value) { return _mm256_set1_pd(value); }
    static void store(double* p, Vector v) { _mm256_storeu_pd(p, v); }
    static Vector multiply(Vector a, Vector b) { return _mm256_mul_pd(a, b); }
    static Vector add(Vector a, Vector b) { return _mm256_add_pd(a, b); }
    static Vector fma(Vector a, Vector b, Vector c) { return _mm256_fmadd_pd(a, b, c); }
    static Half::Vector fold(Vector v) {
        return _mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1));
    }
};

}  // namespace
}  // namespace fedmtl
