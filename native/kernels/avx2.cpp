// Level "avx2": AVX2 and FMA, in every x86-64 processor since about 2015.
#include "native/kernels/kernels.hpp"
#include "native/kernels/x86_vectors.hpp"

namespace fedmtl {
namespace {

template <class T>
constexpr RowKernels<T> kRowKernels{
    .dot = simd::inner<Vector256, T, double>,
    .axpy = simd::axpy<Vector256, T>,
    .inner = simd::inner<Vector256, T, T>,
    .sparseDot = simd::sparseDot<Vector256, T>,
    .sparseAxpy = simd::sparseAxpy<Vector256, T>,
};

}  // namespace

constinit const Kernels kAvx2Kernels{"avx2", kRowKernels<double>, kRowKernels<float>};

}  // namespace fedmtl
