// W = V M^-1 for a sparse symmetric positive definite M over tasks.
//
// Two ways behind one interface. A Cholesky factor is exact and serves graphs that can be cut in two by few
// tasks: chains, trees, maps, neighbours in the plane. Graphs that cannot (random ones, neighbours in many
// dimensions) have factors that fill up; those are just the well-conditioned ones, on which conjugate
// gradients converge in a few dozen steps (measured: docs/relationships.md). Both take all features at once,
// in fixed blocks, and give the same bits at any thread count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "native/blocks.hpp"
#include "native/thread_pool.hpp"

namespace fedmtl {

/// Rows with ascending columns, both triangles and the diagonal.
struct SparseSymmetric {
    std::vector<std::int64_t> begins;   // n + 1: where rows begin
    std::vector<std::int32_t> columns;  // in 0 .. n-1
    std::vector<double> values;

    std::size_t size() const { return begins.size() - 1; }
    std::size_t bytes() const {
        return begins.size() * sizeof(std::int64_t) +
               columns.size() * (sizeof(std::int32_t) + sizeof(double));
    }
};

class SparseSolver {
  public:
    virtual ~SparseSolver() = default;

    /// W = V M^-1; V and W n x cols task-major, not overlapping.
    /// @throws Error Numerical if it does not converge
    virtual void solve(std::size_t cols, std::span<const double> V, std::span<double> W,
                       ThreadPool& threads) const = 0;
    virtual std::size_t bytes() const = 0;
};

/// Multiply-adds that a factorisation may take: a second or two. Beyond, conjugate gradients are used.
constexpr double kMostFactorOperations = 2e9;

/// The Cholesky factor M = L D L' under an approximate minimum degree ordering; nothing if it takes more than
/// `mostOperations`. @throws Error Numerical if M is not positive definite to working precision
std::unique_ptr<SparseSolver> makeCholesky(const SparseSymmetric& M,
                                           double mostOperations = kMostFactorOperations);

/// Conjugate gradients, preconditioned with the diagonal and started at 0, until the residual of every
/// feature is at most 1e-13 of its right-hand side.
std::unique_ptr<SparseSolver> makeConjugateGradients(SparseSymmetric M);

/// The Cholesky factor where it is affordable, else conjugate gradients.
std::unique_ptr<SparseSolver> makeSparseSolver(SparseSymmetric M);

constexpr std::size_t kFeatureBlock = 8;

/// Calls body(first, count) for fixed blocks of features, in parallel; each block solves by itself.
template <class Body>
void forFeatureBlocks(std::size_t cols, ThreadPool& threads, const Body& body) {
    forBlocks(cols, kFeatureBlock, threads,
              [&](std::size_t, std::size_t first, std::size_t count) { body(first, count); });
}

}  // namespace fedmtl
