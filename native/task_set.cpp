#include "native/task_set.hpp"

#include <utility>

#include "native/message_text.hpp"
#include "native/task_set_checks.hpp"

namespace fedmtl {
namespace {

GrowingBuffer<double> gatherValues(std::span<const double> values, std::span<const std::int64_t> order) {
    GrowingBuffer<double> out;
    out.reserveExtra(values.empty() ? 0 : order.size());
    if (!values.empty()) {
        for (const std::int64_t row : order) {
            out.push(values[static_cast<std::size_t>(row)]);
        }
    }
    return out;
}

RowName nameRows(std::span<const std::int32_t> taskOfRow, std::span<const std::string> names) {
    return [=](std::size_t row) {
        const std::string& task = names[static_cast<std::size_t>(taskOfRow[row])];
        return "row " + std::to_string(row) + " (task " + quoted(task) + ")";
    };
}

void checkSelectedRows(std::span<const std::int64_t> rows, std::size_t rowCount) {
    if (rows.empty()) {
        throw Error(ErrorCode::InvalidArgument, "No rows are selected, but a set needs at least one.");
    }
    std::int64_t previous = -1;
    for (const std::int64_t row : rows) {
        if (row <= previous || static_cast<std::size_t>(row) >= rowCount) {
            throw Error(ErrorCode::InvalidArgument, "Selected row " + std::to_string(row) + " follows " +
                                                        std::to_string(previous) +
                                                        ", but selected rows must ascend within 0 to " +
                                                        std::to_string(rowCount - 1) + ".");
        }
        previous = row;
    }
}

}  // namespace

TaskSet::TaskSet(TaskSetParts&& parts)
    : features_(std::move(parts.features)),
      labels_(std::move(parts.labels)),
      sampleWeights_(std::move(parts.sampleWeights)),
      names_(std::move(parts.names)) {
    TaskRuns::Layout layout = parts.tasks.pack(names_.size());
    offsets_ = std::move(layout.offsets);
    if (!layout.order.empty()) {
        // One array after the other, so that only one of them is held twice at a time.
        features_ = gatherRows(features(), layout.order.span());
        labels_ = gatherValues(labels(), layout.order.span());
        sampleWeights_ = gatherValues(sampleWeights(), layout.order.span());
    }
    std::visit([](auto& store) { store.shrinkToFit(); }, features_);
    labels_.shrinkToFit();
    sampleWeights_.shrinkToFit();
    names_.shrinkToFit();
}

TaskSet TaskSet::fromRows(const RowsView& rows, std::span<const double> labels,
                          std::span<const std::int32_t> taskOfRow, NameIndex names,
                          std::span<const double> sampleWeights) {
    TaskRuns runs;
    for (const std::int32_t task : taskOfRow) {
        runs.append(task, 1);
    }
    TaskRuns::Layout layout = runs.pack(names.size());
    const bool packed = layout.order.empty();
    const std::span<const std::int64_t> order = layout.order.span();
    TaskSet set;
    set.features_ = packed ? copyRows(rows, labels.size()) : gatherRows(rows, order);
    set.labels_ = packed ? GrowingBuffer<double>::copyOf(labels) : gatherValues(labels, order);
    set.sampleWeights_ =
        packed ? GrowingBuffer<double>::copyOf(sampleWeights) : gatherValues(sampleWeights, order);
    set.offsets_ = std::move(layout.offsets);
    set.names_ = std::move(names);
    set.names_.shrinkToFit();
    return set;
}

template <class T>
TaskSet TaskSet::fromDenseRows(std::size_t cols, std::span<const T> values, std::span<const double> labels,
                               std::span<const std::int32_t> taskOfRow, std::span<const std::string> names,
                               std::span<const double> sampleWeights) {
    checkCols(cols);
    checkLength("tasks", taskOfRow.size(), labels.size());
    NameIndex index = checkTasks(taskOfRow, names);
    const RowName rowName = nameRows(taskOfRow, names);
    checkLabels(labels, sampleWeights, rowName);
    checkDense(values, labels.size(), cols, largestValue(Precision::Float64), rowName);
    return fromRows(DenseRows<T>{values.data(), cols}, labels, taskOfRow, std::move(index), sampleWeights);
}

template <class T>
TaskSet TaskSet::fromCsrRows(std::size_t cols, std::span<const std::int64_t> indptr,
                             std::span<const std::int32_t> indices, std::span<const T> values,
                             std::span<const double> labels, std::span<const std::int32_t> taskOfRow,
                             std::span<const std::string> names, std::span<const double> sampleWeights) {
    checkCols(cols);
    checkLength("tasks", taskOfRow.size(), labels.size());
    NameIndex index = checkTasks(taskOfRow, names);
    const RowName rowName = nameRows(taskOfRow, names);
    checkLabels(labels, sampleWeights, rowName);
    checkCsr(indptr, indices, values, labels.size(), cols, largestValue(Precision::Float64), rowName);
    const CsrRows<T> rows{indptr.data(), indices.data(), values.data(), cols};
    return fromRows(rows, labels, taskOfRow, std::move(index), sampleWeights);
}

TaskSet TaskSet::fromDense(std::size_t cols, std::span<const double> values, std::span<const double> labels,
                           std::span<const std::int32_t> taskOfRow, std::span<const std::string> names,
                           std::span<const double> sampleWeights) {
    return fromDenseRows(cols, values, labels, taskOfRow, names, sampleWeights);
}

TaskSet TaskSet::fromDense(std::size_t cols, std::span<const float> values, std::span<const double> labels,
                           std::span<const std::int32_t> taskOfRow, std::span<const std::string> names,
                           std::span<const double> sampleWeights) {
    return fromDenseRows(cols, values, labels, taskOfRow, names, sampleWeights);
}

TaskSet TaskSet::fromCsr(std::size_t cols, std::span<const std::int64_t> indptr,
                         std::span<const std::int32_t> indices, std::span<const double> values,
                         std::span<const double> labels, std::span<const std::int32_t> taskOfRow,
                         std::span<const std::string> names, std::span<const double> sampleWeights) {
    return fromCsrRows(cols, indptr, indices, values, labels, taskOfRow, names, sampleWeights);
}

TaskSet TaskSet::fromCsr(std::size_t cols, std::span<const std::int64_t> indptr,
                         std::span<const std::int32_t> indices, std::span<const float> values,
                         std::span<const double> labels, std::span<const std::int32_t> taskOfRow,
                         std::span<const std::string> names, std::span<const double> sampleWeights) {
    return fromCsrRows(cols, indptr, indices, values, labels, taskOfRow, names, sampleWeights);
}

std::size_t TaskSet::cols() const noexcept {
    return std::visit([](const auto& store) { return store.cols; }, features_);
}

std::size_t TaskSet::nnz() const noexcept {
    return std::visit([](const auto& store) { return store.values.size(); }, features_);
}

RowsView TaskSet::features() const noexcept {
    return std::visit([](const auto& store) -> RowsView { return store.view(); }, features_);
}

bool TaskSet::sparse() const noexcept {
    return std::visit([](const auto& store) { return store.kSparse; }, features_);
}

Precision TaskSet::precision() const noexcept {
    return std::visit([](const auto& store) { return store.kPrecision; }, features_);
}

std::size_t TaskSet::bytes() const noexcept {
    const std::size_t features = std::visit([](const auto& store) { return store.bytes(); }, features_);
    return features + labels_.bytes() + sampleWeights_.bytes() + offsets_.bytes() + names_.bytes();
}

TaskSet TaskSet::selectRows(std::span<const std::int64_t> rows) const {
    checkSelectedRows(rows, rowCount());
    TaskSet set = gather(rows);
    set.offsets_.push(0);
    std::size_t taken = 0;
    for (std::size_t t = 0; t < taskCount(); ++t) {
        const std::size_t begin = taken;
        while (taken < rows.size() && rows[taken] < offsets_[t + 1]) {
            ++taken;
        }
        if (taken > begin) {
            set.names_.findOrAdd(names()[t]);
            set.offsets_.push(static_cast<std::int64_t>(taken));
        }
    }
    return set;
}

TaskSet TaskSet::selectTasks(std::span<const std::size_t> tasks) const {
    if (tasks.empty()) {
        throw Error(ErrorCode::InvalidArgument, "No tasks are selected, but a set needs at least one.");
    }
    NameIndex selected;
    GrowingBuffer<std::int64_t> newOffsets;
    GrowingBuffer<std::int64_t> rows;
    newOffsets.push(0);
    for (const std::size_t t : tasks) {
        if (t >= taskCount()) {
            throw Error(ErrorCode::InvalidArgument,
                        "Task index " + std::to_string(t) + " is selected, but there are " +
                            std::to_string(taskCount()) + " tasks (indices count from 0).");
        }
        if (!selected.findOrAdd(names()[t]).added) {
            throw Error(
                ErrorCode::InvalidArgument,
                "Task " + quoted(names()[t]) + " is selected twice, but a task occurs once in a set.");
        }
        for (std::int64_t row = offsets_[t]; row < offsets_[t + 1]; ++row) {
            rows.push(row);
        }
        newOffsets.push(static_cast<std::int64_t>(rows.size()));
    }
    TaskSet set = gather(rows.span());
    set.offsets_ = std::move(newOffsets);
    set.names_ = std::move(selected);
    return set;
}

/// A set of copies of the rows, its tasks still to be set.
TaskSet TaskSet::gather(std::span<const std::int64_t> rows) const {
    TaskSet set;
    set.features_ = gatherRows(features(), rows);
    set.labels_ = gatherValues(labels(), rows);
    set.sampleWeights_ = gatherValues(sampleWeights(), rows);
    return set;
}

}  // namespace fedmtl
