// Builds a task set from chunks of rows, for data larger than one array or that arrives in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "native/task_set.hpp"

namespace fedmtl {

/// Rows are copied in chunk by chunk. A task may be appended to several times and tasks may alternate; if
/// they do not, finish() copies nothing and the peak of memory is the set itself.
class TaskSetBuilder {
  public:
    /// @param cols d, 1 .. kMaxCols
    /// @param precision how values are stored; given values are converted
    /// @throws Error InvalidArgument
    TaskSetBuilder(std::size_t cols, Precision precision);

    /// Appends dense rows to a task. The first append decides whether the set is dense or sparse.
    /// @param name the task, not empty
    /// @param values rows * d, row-major
    /// @param labels one a row, at least one
    /// @param sampleWeights one a row, >= 0, or none: all 1
    /// @throws Error InvalidArgument; the builder is then unchanged
    void appendDense(std::string_view name, std::span<const double> values, std::span<const double> labels,
                     std::span<const double> sampleWeights = {});
    void appendDense(std::string_view name, std::span<const float> values, std::span<const double> labels,
                     std::span<const double> sampleWeights = {});

    /// Appends compressed sparse rows; positions in `indptr` count from the start of this chunk.
    void appendCsr(std::string_view name, std::span<const std::int64_t> indptr,
                   std::span<const std::int32_t> indices, std::span<const double> values,
                   std::span<const double> labels, std::span<const double> sampleWeights = {});
    void appendCsr(std::string_view name, std::span<const std::int64_t> indptr,
                   std::span<const std::int32_t> indices, std::span<const float> values,
                   std::span<const double> labels, std::span<const double> sampleWeights = {});

    std::size_t cols() const noexcept { return cols_; }
    std::size_t rowCount() const noexcept { return labels_.size(); }
    std::size_t taskCount() const noexcept { return names_.size(); }
    /// Bytes of memory held so far.
    std::size_t bytes() const noexcept;

    /// The set, tasks in the order of their first rows. The builder is empty afterwards and may be used
    /// again.
    /// @throws Error InvalidArgument if no row was appended
    TaskSet finish();

  private:
    template <class Source>
    void appendDenseRows(std::string_view name, std::span<const Source> values,
                         std::span<const double> labels, std::span<const double> sampleWeights);
    template <class Source>
    void appendCsrRows(std::string_view name, std::span<const std::int64_t> indptr,
                       std::span<const std::int32_t> indices, std::span<const Source> values,
                       std::span<const double> labels, std::span<const double> sampleWeights);
    void requireKind(bool sparse) const;
    void openStore(bool sparse);
    void reserveRows(std::size_t rows, bool weighted);
    void appendRows(std::string_view name, std::span<const double> labels,
                    std::span<const double> sampleWeights);

    std::size_t cols_;
    Precision precision_;
    std::optional<FeatureStore> features_;
    GrowingBuffer<double> labels_;
    GrowingBuffer<double> sampleWeights_;
    NameIndex names_;
    TaskRuns tasks_;
};

}  // namespace fedmtl
