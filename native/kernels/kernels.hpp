// The two inner loops of the solver, dot and axpy, for every kind of row, chosen once a process.
//
// u is always float64; float32 rows are widened element by element. FEDMTL_KERNEL=portable|auto selects the
// level, which is recorded in models because another level rounds in another order.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fedmtl {

struct Kernels {
    const char* name;
    double (*dotF64)(const double* x, const double* u, std::size_t n);
    double (*dotF32)(const float* x, const double* u, std::size_t n);
    void (*axpyF64)(double c, const double* x, double* u, std::size_t n);
    void (*axpyF32)(double c, const float* x, double* u, std::size_t n);
    double (*sparseDotF64)(const double* x, const std::int32_t* indices, const double* u, std::size_t n);
    double (*sparseDotF32)(const float* x, const std::int32_t* indices, const double* u, std::size_t n);
    void (*sparseAxpyF64)(double c, const double* x, const std::int32_t* indices, double* u, std::size_t n);
    void (*sparseAxpyF32)(double c, const float* x, const std::int32_t* indices, double* u, std::size_t n);
};

/// The level in force. Throws InvalidArgument at first use when FEDMTL_KERNEL names a level this build does
/// not have.
const Kernels& kernels();

const Kernels& portableKernels();

}  // namespace fedmtl
