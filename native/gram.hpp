// Gram mode: a task's rows by their inner products G = X X', n_t x n_t.
//
// A coordinate step on features costs a dot and an axpy of the row. With G the scores z = X u are what a
// round keeps up to date: a step reads z_i and costs one axpy of n_t. In exchange a round makes two more
// passes over the rows, z = X u before its first step and u = u + S X' (q Delta) after its last, and G has to
// be made once. That is the precomputed kernel matrix of SVM solvers (Joachims 1999) for rows that are fewer
// than their features. Limits are those of the other way; roundings are not.
#pragma once

#include <cstddef>

#include "native/aligned_vector.hpp"
#include "native/kernels/kernels.hpp"
#include "native/task_set.hpp"

namespace fedmtl {

enum class GramMode { Off, Auto, On };

/// What decides between the two ways, of one task with dense rows. Sparse rows are left to the other way:
/// with fewer of them than stored features in each, they are rare and fast.
struct GramShape {
    double localEpochs = 1.0;  // passes over the rows in a round
    std::size_t rows = 1;      // n_t
    std::size_t cols = 1;      // d
    std::size_t bytesPerValue = sizeof(double);
};

/// Whether G takes no more memory than the rows themselves and, by the cost model in the source, makes a
/// training faster.
bool gramWins(const GramShape& shape);

/// G, row-major, each row padded to whole cache lines; built when a round first needs it.
class Gram {
  public:
    static std::size_t bytesFor(std::size_t count);
    bool built() const { return !values_.empty(); }
    /// Of the rows first .. first + count - 1, in O(count^2 storedPerRow).
    void build(const Kernels& kernels, const RowsView& rows, std::size_t first, std::size_t count,
               std::size_t cols);
    const double* row(std::size_t i) const { return values_.data() + i * stride_; }

  private:
    std::size_t stride_ = 0;
    AlignedVector<double> values_;
};

}  // namespace fedmtl
