// The only door to BLAS and LAPACK: names, integer width and column-major conventions end here.
//
// OpenBLAS runs on one thread (set when the addon loads and never raised): its results change with its thread
// count, and it is slower than one thread under contention. Parallelism comes from our own pool over fixed
// column blocks.
//
// All throw OutOfMemory where OpenBLAS could not have its working memory.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace fedmtl::blas {

enum class Transpose { No, Yes };

/// C (rows x cols) = beta C + a op(A) op(B), op(A) rows x inner, all column-major; leading dimensions as
/// stored.
struct Gemm {
    Transpose transposeA = Transpose::No;
    Transpose transposeB = Transpose::No;
    std::size_t rows = 0;
    std::size_t cols = 0;
    std::size_t inner = 0;
};
void gemm(const Gemm& shape, double a, const double* A, std::size_t ldA, const double* B, std::size_t ldB,
          double beta, double* C, std::size_t ldC);

/// The lower triangle of G (rows x rows) = A A', A rows x cols, column-major.
void gram(std::size_t rows, std::size_t cols, const double* A, double* G);

/// y (rows) += A x, A rows x cols column-major.
void gemv(std::size_t rows, std::size_t cols, const double* A, const double* x, double* y);

/// Eigenvalues of a symmetric matrix, ascending, and its eigenvectors as columns.
struct SymmetricEigen {
    std::vector<double> values;   // n
    std::vector<double> vectors;  // n x n column-major
};

/// dsyevd on the lower triangle of an n x n column-major matrix. Throws Numerical if it does not converge.
SymmetricEigen symmetricEigen(std::vector<double> matrix, std::size_t n);

/// Its largest eigenvalue alone (dsyevr).
double largestEigenvalue(std::vector<double> matrix, std::size_t n);

/// The lower triangle of an n x n column-major matrix A becomes that of L, A = L L' (dpotrf).
/// @returns whether A is positive definite; if it is not, A is spoilt
bool cholesky(std::vector<double>& A, std::size_t n);

/// The lower triangle of L, from cholesky(), becomes that of (L L')^-1 (dpotri); the upper one is set alike.
void invertCholesky(std::vector<double>& L, std::size_t n);

/// The processor OpenBLAS chose its kernels for, e.g. "SkylakeX": part of what decides the bits of a result.
std::string coreName();

/// One BLAS thread for the whole process.
void useOneThread();

}  // namespace fedmtl::blas
