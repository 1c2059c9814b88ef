// Sums over tasks of outer products, a block of tasks at a time: what is summed need not exist as a whole.
#pragma once

#include <span>
#include <vector>

#include "native/blas.hpp"
#include "native/blocks.hpp"

namespace fedmtl {

/// The columns of a matrix, one a task, that lies in memory.
class StoredColumns {
  public:
    /// `values`: m columns of `rows` numbers.
    StoredColumns(std::span<const double> values, std::size_t rows) : values_(values), rows_(rows) {}
    const double* operator()(std::size_t begin, std::size_t, std::vector<double>&) const {
        return values_.data() + begin * rows_;
    }

  private:
    std::span<const double> values_;
    std::size_t rows_;
};

/// The sum of `size` numbers that add(begin, count, part) gives for each block of tasks, added up in their
/// order.
template <class Add>
std::vector<double> sumOfBlocks(std::size_t tasks, std::size_t size, const Add& add, ThreadPool& threads) {
    constexpr std::size_t kBlock = 4096;
    std::vector<double> sum(size);
    std::vector<double> parts(blockCount(tasks, kBlock) * size);
    forBlocks(tasks, kBlock, threads, [&](std::size_t index, std::size_t begin, std::size_t count) {
        add(begin, count, parts.data() + index * size);
    });
    for (std::size_t i = 0; i < parts.size(); ++i) {
        sum[i % size] += parts[i];
    }
    return sum;
}

/// sum_t a_t b_t', rowsA x rowsB column-major, over fixed blocks of tasks in order. `a` and `b` give a
/// pointer to the columns begin .. begin + count - 1: (begin, count, scratch) -> const double*.
template <class ColumnsA, class ColumnsB>
std::vector<double> sumOfProducts(std::size_t tasks, std::size_t rowsA, const ColumnsA& a, std::size_t rowsB,
                                  const ColumnsB& b, ThreadPool& threads) {
    const auto add = [&](std::size_t begin, std::size_t count, double* part) {
        std::vector<double> scratchA;
        std::vector<double> scratchB;
        blas::gemm({.transposeB = blas::Transpose::Yes, .rows = rowsA, .cols = rowsB, .inner = count}, 1.0,
                   a(begin, count, scratchA), rowsA, b(begin, count, scratchB), rowsB, 0.0, part, rowsA);
    };
    return sumOfBlocks(tasks, rowsA * rowsB, add, threads);
}

/// sum_t a_t a_t', rows x rows column-major, of which only the lower triangle is set.
template <class Columns>
std::vector<double> gramOfColumns(std::size_t tasks, std::size_t rows, const Columns& a,
                                  ThreadPool& threads) {
    const auto add = [&](std::size_t begin, std::size_t count, double* part) {
        std::vector<double> scratch;
        blas::gram(rows, count, a(begin, count, scratch), part);
    };
    return sumOfBlocks(tasks, rows * rows, add, threads);
}

}  // namespace fedmtl
