#include "native/task_set_builder.hpp"

#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "native/message_text.hpp"
#include "native/task_set_checks.hpp"

namespace fedmtl {
namespace {

template <class T>
FeatureStore emptyStore(std::size_t cols, bool sparse) {
    if (!sparse) {
        return DenseStore<T>{cols};
    }
    CsrStore<T> store{cols};
    store.indptr.push(0);
    return store;
}

RowName nameChunkRows(std::string_view task) {
    return [task](std::size_t row) {
        return "row " + std::to_string(row) + " of the chunk appended to task " + quoted(task);
    };
}

}  // namespace

TaskSetBuilder::TaskSetBuilder(std::size_t cols, Precision precision) : cols_(cols), precision_(precision) {
    checkCols(cols);
}

void TaskSetBuilder::appendDense(std::string_view name, std::span<const double> values,
                                 std::span<const double> labels, std::span<const double> sampleWeights) {
    appendDenseRows(name, values, labels, sampleWeights);
}

void TaskSetBuilder::appendDense(std::string_view name, std::span<const float> values,
                                 std::span<const double> labels, std::span<const double> sampleWeights) {
    appendDenseRows(name, values, labels, sampleWeights);
}

void TaskSetBuilder::appendCsr(std::string_view name, std::span<const std::int64_t> indptr,
                               std::span<const std::int32_t> indices, std::span<const double> values,
                               std::span<const double> labels, std::span<const double> sampleWeights) {
    appendCsrRows(name, indptr, indices, values, labels, sampleWeights);
}

void TaskSetBuilder::appendCsr(std::string_view name, std::span<const std::int64_t> indptr,
                               std::span<const std::int32_t> indices, std::span<const float> values,
                               std::span<const double> labels, std::span<const double> sampleWeights) {
    appendCsrRows(name, indptr, indices, values, labels, sampleWeights);
}

template <class Source>
void TaskSetBuilder::appendDenseRows(std::string_view name, std::span<const Source> values,
                                     std::span<const double> labels, std::span<const double> sampleWeights) {
    const RowName rowName = nameChunkRows(name);
    requireKind(false);
    checkTaskName(name);
    checkLabels(labels, sampleWeights, rowName);
    checkDense(values, labels.size(), cols_, largestValue(precision_), rowName);
    openStore(false);
    reserveRows(labels.size(), !sampleWeights.empty());
    std::visit(
        [&](auto& store) {
            store.values.reserveExtra(values.size());
            appendRows(name, labels, sampleWeights);
            store.values.append(values);
        },
        *features_);
}

template <class Source>
void TaskSetBuilder::appendCsrRows(std::string_view name, std::span<const std::int64_t> indptr,
                                   std::span<const std::int32_t> indices, std::span<const Source> values,
                                   std::span<const double> labels, std::span<const double> sampleWeights) {
    const RowName rowName = nameChunkRows(name);
    requireKind(true);
    checkTaskName(name);
    checkLabels(labels, sampleWeights, rowName);
    checkCsr(indptr, indices, values, labels.size(), cols_, largestValue(precision_), rowName);
    openStore(true);
    reserveRows(labels.size(), !sampleWeights.empty());
    std::visit(
        [&](auto& store) {
            if constexpr (std::decay_t<decltype(store)>::kSparse) {
                store.indptr.reserveExtra(labels.size());
                store.indices.reserveExtra(indices.size());
                store.values.reserveExtra(values.size());
                appendRows(name, labels, sampleWeights);
                const std::int64_t shift = store.indptr.back();
                for (const std::int64_t position : indptr.subspan(1)) {
                    store.indptr.push(shift + position);
                }
                store.indices.append(indices);
                store.values.append(values);
            }
        },
        *features_);
}

std::size_t TaskSetBuilder::bytes() const noexcept {
    std::size_t bytes = labels_.bytes() + sampleWeights_.bytes() + names_.bytes() + tasks_.bytes();
    if (features_) {
        bytes += std::visit([](const auto& store) { return store.bytes(); }, *features_);
    }
    return bytes;
}

TaskSet TaskSetBuilder::finish() {
    if (!features_) {
        throw Error(ErrorCode::InvalidArgument, "No rows were appended, but a set needs at least one.");
    }
    TaskSetParts parts{*std::move(features_), std::move(labels_), std::move(sampleWeights_),
                       std::exchange(names_, {}), std::exchange(tasks_, {})};
    features_.reset();
    return TaskSet(std::move(parts));
}

void TaskSetBuilder::requireKind(bool sparse) const {
    if (!features_) {
        return;
    }
    const bool isSparse = std::visit([](const auto& store) { return store.kSparse; }, *features_);
    if (isSparse != sparse) {
        throw Error(ErrorCode::InvalidArgument, std::string("The rows appended are ") +
                                                    (sparse ? "sparse, but earlier ones were dense"
                                                            : "dense, but earlier ones were sparse") +
                                                    "; a set is either dense or sparse.");
    }
}

void TaskSetBuilder::openStore(bool sparse) {
    if (!features_) {
        features_ = precision_ == Precision::Float64 ? emptyStore<double>(cols_, sparse)
                                                     : emptyStore<float>(cols_, sparse);
    }
}

/// Makes all room the rows need, so that appendRows and what follows it cannot fail half-way.
void TaskSetBuilder::reserveRows(std::size_t rows, bool weighted) {
    if (weighted && sampleWeights_.empty()) {
        sampleWeights_.reserveExtra(rowCount() + rows);
    } else if (weighted || !sampleWeights_.empty()) {
        sampleWeights_.reserveExtra(rows);
    }
    labels_.reserveExtra(rows);
    tasks_.reserveOne();
}

void TaskSetBuilder::appendRows(std::string_view name, std::span<const double> labels,
                                std::span<const double> sampleWeights) {
    tasks_.append(names_.findOrAdd(name).position, labels.size());
    if (!sampleWeights.empty()) {
        // Rows appended without weights before these count as 1.
        sampleWeights_.appendCopies(rowCount() - sampleWeights_.size(), 1.0);
        sampleWeights_.append(sampleWeights);
    } else if (!sampleWeights_.empty()) {
        sampleWeights_.appendCopies(labels.size(), 1.0);
    }
    labels_.append(labels);
}

}  // namespace fedmtl
