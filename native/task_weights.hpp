// W = V K, of which rounds need one column at a time.
//
// Low rank + identity gives w_t = C u_t + delta v_t with the d x k core C = V U diag(r). While C fits in a
// processor's cache a column costs about what reading it from memory would, so W is not written out: a
// million tasks save m x d numbers for every W that is held. Elsewhere, and where K has another form, it is.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "native/task_kernel.hpp"

namespace fedmtl {

/// What a move of V to V + Delta does to tr(V K V'): both terms, and the value it ends at.
struct KernelMove {
    double linear = 0.0;     // tr(W' Delta)
    double quadratic = 0.0;  // tr(Delta K Delta')
    double there = 0.0;      // tr((V + Delta) K (V + Delta)')

    friend KernelMove operator+(const KernelMove& a, const KernelMove& b) {
        return {a.linear + b.linear, a.quadratic + b.quadratic, a.there + b.there};
    }
};

/// Belongs to the V and the K that it was computed from; all calls take both, V m x d task-major.
class TaskWeights {
  public:
    void compute(const TaskKernel& K, std::size_t cols, std::span<const double> V, ThreadPool& threads);

    /// Becomes W + beta (W - previous), both of the same K; its columns then take v_t + beta (v_t - vp_t).
    void extrapolate(const TaskWeights& W, const TaskWeights& previous, double beta, ThreadPool& threads);

    /// w_t (d), given v_t.
    void column(const TaskKernel& K, std::size_t task, std::span<const double> v, std::span<double> w) const;

    /// All of W, m x d task-major, the same bits as its columns.
    std::vector<double> all(const TaskKernel& K, std::span<const double> V, ThreadPool& threads) const;

    /// tr(V K V').
    double quadratic(const TaskKernel& K, std::span<const double> V, ThreadPool& threads) const;

    /// From this W to another one, of `otherV` and the same K.
    KernelMove moveTo(const TaskWeights& other, const TaskKernel& K, std::span<const double> V,
                      std::span<const double> otherV, ThreadPool& threads) const;

    std::size_t bytes() const { return values_.size() * sizeof(double); }

  private:
    KernelMove moveOfTask(const TaskWeights& other, const TaskKernel& K, std::size_t task,
                          std::span<const double> v, std::span<const double> otherV,
                          std::span<double> scratch) const;
    std::span<const double> columnOf(std::size_t task) const {
        return std::span(values_).subspan(task * cols_, cols_);
    }

    std::size_t cols_ = 0;
    bool writtenOut_ = false;
    std::vector<double> values_;  // the core, d x k column-major; or W, m x d task-major
};

}  // namespace fedmtl
