// Checks of rows given by a caller: everything a TaskSet promises is established here, once, at entry.
// All throw Error InvalidArgument with what is wrong and where; rows and columns in messages count from 0, as
// in the arrays given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "native/feature_store.hpp"
#include "native/name_index.hpp"

namespace fedmtl {

/// What a message calls a row, such as `row 3 of task "a"`.
using RowName = std::function<std::string(std::size_t row)>;

/// d must be 1 .. kMaxCols.
void checkCols(std::size_t cols);

/// What can name a task: UTF-8, not empty, without control characters except tabs and line ends (which the
/// quotes of CSV allow).
bool isTaskName(std::string_view name);

/// A name must be one that can name a task.
void checkTaskName(std::string_view name);

/// There must be `expected` elements in the array called `what`.
void checkLength(std::string_view what, std::size_t found, std::size_t expected);

/// At least one row, finite labels; no weights or one a row, finite and >= 0.
void checkLabels(std::span<const double> labels, std::span<const double> sampleWeights,
                 const RowName& rowName);

/// rowCount * cols values, all of magnitude at most `limit` (the largest number of the type they are stored
/// as).
template <class T>
void checkDense(std::span<const T> values, std::size_t rowCount, std::size_t cols, double limit,
                const RowName& rowName);

/// The row pointers, the columns and, as above, the values of compressed sparse rows.
template <class T>
void checkCsr(std::span<const std::int64_t> indptr, std::span<const std::int32_t> indices,
              std::span<const T> values, std::size_t rowCount, std::size_t cols, double limit,
              const RowName& rowName);

/// Unique names as above; each row's position within them, each name with a row. Returns the names.
NameIndex checkTasks(std::span<const std::int32_t> taskOfRow, std::span<const std::string> names);

/// The largest magnitude a value of the precision has.
constexpr double largestValue(Precision precision) {
    return precision == Precision::Float64 ? std::numeric_limits<double>::max()
                                           : static_cast<double>(std::numeric_limits<float>::max());
}

}  // namespace fedmtl
