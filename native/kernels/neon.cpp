// Level "neon": the vectors that every 64-bit ARM processor has.
#include <arm_neon.h>

#include "native/kernels/kernels.hpp"
#include "native/kernels/simd.hpp"

namespace fedmtl {
namespace {

struct Neon {
    using Vector = float64x2_t;
    using Half = simd::One<Neon>;
    static constexpr std::size_t kWidth = 2;
    static Vector zero() { return vdupq_n_f64(0.0); }
    static Vector load(const double* p) { return vld1q_f64(p); }
    static Vector load(const float* p) { return vcvt_f64_f32(vld1_f32(p)); }
    static Vector gather(const double* u, const std::int32_t* indices) {
        return vcombine_f64(vld1_f64(u + indices[0]), vld1_f64(u + indices[1]));
    }
    static Vector broadcast(double value) { return vdupq_n_f64(value); }
    static void store(double* p, Vector v) { vst1q_f64(p, v); }
    static Vector add(Vector a, Vector b) { return vaddq_f64(a, b); }
    static Vector fma(Vector a, Vector b, Vector c) { return vfmaq_f64(c, a, b); }
    static double fold(Vector v) { return vaddvq_f64(v); }
};

template <class T>
constexpr RowKernels<T> kRowKernels{
    .dot = simd::inner<Neon, T, double>,
    .axpy = simd::axpy<Neon, T>,
    .inner = simd::inner<Neon, T, T>,
    .sparseDot = simd::sparseDot<Neon, T>,
    .sparseAxpy = simd::sparseAxpy<Neon, T>,
};

}  // namespace

constinit const Kernels kNeonKernels{"neon", kRowKernels<double>, kRowKernels<float>};

}  // namespace fedmtl
