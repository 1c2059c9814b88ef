// The inner loops of the solver for every kind of row, at the instruction-set level chosen once a process.
//
// u is always float64; float32 rows are widened element by element. A level sums in a fixed order that
// depends on nothing but the row's length, so that its results are the same bits whatever the alignment.
// Another level rounds in another order, which is why the level is recorded in models.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fedmtl {

/// Kernels on rows of n values of type T.
template <class T>
struct RowKernels {
    /// x'u
    double (*dot)(const T* x, const double* u, std::size_t n);
    /// u += c x
    void (*axpy)(double c, const T* x, double* u, std::size_t n);
    /// x'y of two rows. With y = x the squared norm; a sparse row's is that of its stored values.
    double (*inner)(const T* x, const T* y, std::size_t n);
    /// x'u for the sparse row with x[i] in column indices[i]
    double (*sparseDot)(const T* x, const std::int32_t* indices, const double* u, std::size_t n);
    /// u += c x for such a row; its indices differ from each other
    void (*sparseAxpy)(double c, const T* x, const std::int32_t* indices, double* u, std::size_t n);
};

struct Kernels {
    const char* name;  // the level: "portable", "avx2", "avx512" or "neon"
    RowKernels<double> float64;
    RowKernels<float> float32;

    template <class T>
    const RowKernels<T>& of() const;
};

template <>
inline const RowKernels<double>& Kernels::of<double>() const {
    return float64;
}

template <>
inline const RowKernels<float>& Kernels::of<float>() const {
    return float32;
}

/// The level in force: the last of availableKernels(), or the one that the environment variable FEDMTL_KERNEL
/// names ("auto" is the former). Throws InvalidArgument where that level is unknown or not available.
const Kernels& kernels();

/// The levels that this build has and this processor can run, from "portable" to the fastest.
std::span<const Kernels* const> availableKernels();

// One table a level, each in the file of its name; those of other processors do not exist in a build.
extern const Kernels kPortableKernels;
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
extern const Kernels kNeonKernels;

}  // namespace fedmtl
