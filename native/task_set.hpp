// The data of a set of tasks: one packed block of rows with labels, the rows of a task next to each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "native/feature_store.hpp"
#include "native/growing_buffer.hpp"
#include "native/name_index.hpp"
#include "native/status.hpp"
#include "native/task_runs.hpp"

namespace fedmtl {

/// What a task set is made of when its producer (builder, parser) has checked every value already; rows may
/// still be in any order of tasks.
struct TaskSetParts {
    FeatureStore features;
    GrowingBuffer<double> labels;
    /// One a row, or empty: all 1.
    GrowingBuffer<double> sampleWeights;
    NameIndex names;
    TaskRuns tasks;
};

/// An immutable set of tasks. m tasks, n rows in all, d columns; every task has at least one row, every
/// number is finite, weights are >= 0, names are unique and not empty. Share it by std::shared_ptr<const
/// TaskSet>.
class TaskSet {
  public:
    /// Takes over checked parts. Rows that are packed by task already are not copied; others are copied once.
    explicit TaskSet(TaskSetParts&& parts);

    /// Copies dense rows in and checks everything.
    /// @param cols d, 1 .. kMaxCols
    /// @param values n * d, row-major
    /// @param labels n
    /// @param taskOfRow n positions in `names`; rows in any order, packed stably in the order of `names`
    /// @param names m unique names, each with at least one row
    /// @param sampleWeights n weights >= 0, or none: all 1
    /// @throws Error InvalidArgument that names the first thing wrong and where
    static TaskSet fromDense(std::size_t cols, std::span<const double> values, std::span<const double> labels,
                             std::span<const std::int32_t> taskOfRow, std::span<const std::string> names,
                             std::span<const double> sampleWeights = {});
    static TaskSet fromDense(std::size_t cols, std::span<const float> values, std::span<const double> labels,
                             std::span<const std::int32_t> taskOfRow, std::span<const std::string> names,
                             std::span<const double> sampleWeights = {});

    /// The same for compressed sparse rows.
    /// @param indptr n + 1 positions, from 0 to the number of values, never falling
    /// @param indices 0-based columns, strictly ascending within a row
    static TaskSet fromCsr(std::size_t cols, std::span<const std::int64_t> indptr,
                           std::span<const std::int32_t> indices, std::span<const double> values,
                           std::span<const double> labels, std::span<const std::int32_t> taskOfRow,
                           std::span<const std::string> names, std::span<const double> sampleWeights = {});
    static TaskSet fromCsr(std::size_t cols, std::span<const std::int64_t> indptr,
                           std::span<const std::int32_t> indices, std::span<const float> values,
                           std::span<const double> labels, std::span<const std::int32_t> taskOfRow,
                           std::span<const std::string> names, std::span<const double> sampleWeights = {});

    std::size_t taskCount() const noexcept { return names_.size(); }
    std::size_t rowCount() const noexcept { return labels_.size(); }
    std::size_t cols() const noexcept;
    /// Stored values: n * d of a dense set, explicit zeros included in a sparse one.
    std::size_t nnz() const noexcept;

    /// m + 1 entries: the rows of task t are offsets[t] .. offsets[t+1] - 1.
    std::span<const std::int64_t> offsets() const noexcept { return offsets_.span(); }
    std::span<const std::string> names() const noexcept { return names_.names(); }
    const NameIndex& nameIndex() const noexcept { return names_; }
    std::span<const double> labels() const noexcept { return labels_.span(); }
    /// One a row, or empty: all 1.
    std::span<const double> sampleWeights() const noexcept { return sampleWeights_.span(); }

    RowsView features() const noexcept;
    bool sparse() const noexcept;
    Precision precision() const noexcept;
    /// Bytes of memory held.
    std::size_t bytes() const noexcept;

    /// The position of a task; nothing if there is no task of that name.
    std::optional<std::size_t> find(std::string_view name) const { return names_.find(name); }

    /// The set of the given packed rows (strictly ascending, at least one), as a copy; tasks left without
    /// rows are dropped, the others keep their order.
    TaskSet selectRows(std::span<const std::int64_t> rows) const;

    /// The set of the given tasks (positions, no repeats, at least one) in the given order, as a copy.
    TaskSet selectTasks(std::span<const std::size_t> tasks) const;

  private:
    TaskSet() = default;

    template <class T>
    static TaskSet fromDenseRows(std::size_t cols, std::span<const T> values, std::span<const double> labels,
                                 std::span<const std::int32_t> taskOfRow, std::span<const std::string> names,
                                 std::span<const double> sampleWeights);
    template <class T>
    static TaskSet fromCsrRows(std::size_t cols, std::span<const std::int64_t> indptr,
                               std::span<const std::int32_t> indices, std::span<const T> values,
                               std::span<const double> labels, std::span<const std::int32_t> taskOfRow,
                               std::span<const std::string> names, std::span<const double> sampleWeights);
    static TaskSet fromRows(const RowsView& rows, std::span<const double> labels,
                            std::span<const std::int32_t> taskOfRow, NameIndex names,
                            std::span<const double> sampleWeights);

    TaskSet gather(std::span<const std::int64_t> rows) const;

    FeatureStore features_;
    GrowingBuffer<double> labels_;
    GrowingBuffer<double> sampleWeights_;
    GrowingBuffer<std::int64_t> offsets_;
    NameIndex names_;
};

}  // namespace fedmtl
