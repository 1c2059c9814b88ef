#include "native/task_set_checks.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "native/message_text.hpp"
#include "native/status.hpp"

namespace fedmtl {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::InvalidArgument, message); }

/// The position of the first value above the limit or not a number; values.size() if there is none.
template <class T>
std::size_t firstUnfit(std::span<const T> values, T limit) {
    // Without an early exit inside a block the comparisons are done several at a time.
    constexpr std::size_t block = 1024;
    const auto fits = [limit](T value) { return std::abs(value) <= limit; };
    for (std::size_t begin = 0; begin < values.size(); begin += block) {
        const std::span<const T> part = values.subspan(begin, std::min(block, values.size() - begin));
        int unfit = 0;
        for (const T value : part) {
            unfit |= static_cast<int>(!fits(value));
        }
        if (unfit != 0) {
            return begin + static_cast<std::size_t>(std::ranges::find_if_not(part, fits) - part.begin());
        }
    }
    return values.size();
}

template <class T>
T limitAs(double limit) {
    return static_cast<T>(std::min(limit, static_cast<double>(std::numeric_limits<T>::max())));
}

[[noreturn]] void failValue(double value, const std::string& rowName, std::int64_t column) {
    fail("The feature in " + rowName + ", column " + std::to_string(column) + " is " + formatNumber(value) +
         (std::isfinite(value) ? ", which float32 cannot hold; use float64 or smaller values."
                               : ", but features must be finite numbers."));
}

void checkRowPointers(std::span<const std::int64_t> indptr, std::size_t nnz, std::size_t rowCount,
                      const RowName& rowName) {
    checkLength("indptr", indptr.size(), rowCount + 1);
    if (indptr.front() != 0) {
        fail("The first entry of indptr is " + std::to_string(indptr.front()) + ", but it must be 0.");
    }
    for (std::size_t row = 0; row < rowCount; ++row) {
        if (indptr[row + 1] < indptr[row]) {
            fail("indptr falls from " + std::to_string(indptr[row]) + " to " +
                 std::to_string(indptr[row + 1]) + " at " + rowName(row) + ", but it must never fall.");
        }
    }
    if (indptr.back() != static_cast<std::int64_t>(nnz)) {
        fail("The last entry of indptr is " + std::to_string(indptr.back()) + ", but there are " +
             std::to_string(nnz) + " values.");
    }
}

void checkRowColumns(std::span<const std::int32_t> columns, std::size_t cols, std::size_t row,
                     const RowName& rowName) {
    std::int32_t previous = -1;
    for (const std::int32_t column : columns) {
        if (column < 0 || static_cast<std::size_t>(column) >= cols) {
            fail("A column index in " + rowName(row) + " is " + std::to_string(column) +
                 ", but indices must be from 0 to " + std::to_string(cols - 1) + ".");
        }
        if (column <= previous) {
            fail("Column index " + std::to_string(column) + " follows " + std::to_string(previous) + " in " +
                 rowName(row) + ", but the indices of a row must ascend without repeats.");
        }
        previous = column;
    }
}

}  // namespace

void checkCols(std::size_t cols) {
    if (cols < 1 || cols > kMaxCols) {
        fail("cols is " + std::to_string(cols) + ", but it must be from 1 to " + std::to_string(kMaxCols) +
             ".");
    }
}

bool isTaskName(std::string_view name) {
    if (name.empty()) {
        return false;
    }
    while (!name.empty()) {
        const std::size_t length = utf8Length(name);
        const auto first = static_cast<unsigned char>(name[0]);
        const bool control = (first < 0x20 && first != '\t' && first != '\n') || first == 0x7F;
        if (length == 0 || control) {
            return false;
        }
        name.remove_prefix(length);
    }
    return true;
}

void checkTaskName(std::string_view name) {
    if (name.empty()) {
        fail("A task's name is empty, but every task needs a name.");
    }
    if (!isTaskName(name)) {
        fail("The task name " + quoted(name) + " has a control character, but names must be printable text.");
    }
}

void checkLength(std::string_view what, std::size_t found, std::size_t expected) {
    if (found != expected) {
        fail(std::string(what) + " has " + std::to_string(found) + " elements, but " +
             std::to_string(expected) + " are needed.");
    }
}

void checkLabels(std::span<const double> labels, std::span<const double> sampleWeights,
                 const RowName& rowName) {
    if (labels.empty()) {
        fail("There are no rows, but at least one is needed.");
    }
    const std::size_t label = firstUnfit(labels, std::numeric_limits<double>::max());
    if (label < labels.size()) {
        fail("The label of " + rowName(label) + " is " + formatNumber(labels[label]) +
             ", but labels must be finite numbers.");
    }
    if (sampleWeights.empty()) {
        return;
    }
    checkLength("sampleWeights", sampleWeights.size(), labels.size());
    for (std::size_t row = 0; row < sampleWeights.size(); ++row) {
        if (!(sampleWeights[row] >= 0) || std::isinf(sampleWeights[row])) {
            fail("The sample weight of " + rowName(row) + " is " + formatNumber(sampleWeights[row]) +
                 ", but weights must be finite and at least 0.");
        }
    }
}

template <class T>
void checkDense(std::span<const T> values, std::size_t rowCount, std::size_t cols, double limit,
                const RowName& rowName) {
    if (values.size() % cols != 0 || values.size() / cols != rowCount) {
        fail("features has " + std::to_string(values.size()) + " elements, but " + std::to_string(rowCount) +
             " rows of " + std::to_string(cols) + " columns are needed.");
    }
    const std::size_t unfit = firstUnfit(values, limitAs<T>(limit));
    if (unfit < values.size()) {
        failValue(static_cast<double>(values[unfit]), rowName(unfit / cols),
                  static_cast<std::int64_t>(unfit % cols));
    }
}

template <class T>
void checkCsr(std::span<const std::int64_t> indptr, std::span<const std::int32_t> indices,
              std::span<const T> values, std::size_t rowCount, std::size_t cols, double limit,
              const RowName& rowName) {
    checkLength("indices", indices.size(), values.size());
    checkRowPointers(indptr, values.size(), rowCount, rowName);
    for (std::size_t row = 0; row < rowCount; ++row) {
        const auto begin = static_cast<std::size_t>(indptr[row]);
        const auto end = static_cast<std::size_t>(indptr[row + 1]);
        checkRowColumns(indices.subspan(begin, end - begin), cols, row, rowName);
    }
    const std::size_t unfit = firstUnfit(values, limitAs<T>(limit));
    if (unfit < values.size()) {
        const auto after = std::ranges::upper_bound(indptr, static_cast<std::int64_t>(unfit));
        const auto row = static_cast<std::size_t>(after - indptr.begin()) - 1;
        failValue(static_cast<double>(values[unfit]), rowName(row), indices[unfit]);
    }
}

NameIndex checkTasks(std::span<const std::int32_t> taskOfRow, std::span<const std::string> names) {
    NameIndex index;
    for (const std::string& name : names) {
        checkTaskName(name);
        if (!index.findOrAdd(name).added) {
            fail("The task name " + quoted(name) + " occurs twice, but names must be unique.");
        }
    }
    std::vector<bool> hasRow(names.size(), false);
    for (std::size_t row = 0; row < taskOfRow.size(); ++row) {
        const std::int32_t task = taskOfRow[row];
        if (task < 0 || static_cast<std::size_t>(task) >= names.size()) {
            fail("The task index of row " + std::to_string(row) + " is " + std::to_string(task) +
                 ", but there are " + std::to_string(names.size()) + " task names (indices count from 0).");
        }
        hasRow[static_cast<std::size_t>(task)] = true;
    }
    const auto missing = std::ranges::find(hasRow, false);
    if (missing != hasRow.end()) {
        fail("Task " + quoted(names[static_cast<std::size_t>(missing - hasRow.begin())]) +
             " has no rows, but every task needs at least one.");
    }
    return index;
}

template void checkDense(std::span<const double>, std::size_t, std::size_t, double, const RowName&);
template void checkDense(std::span<const float>, std::size_t, std::size_t, double, const RowName&);
template void checkCsr(std::span<const std::int64_t>, std::span<const std::int32_t>, std::span<const double>,
                       std::size_t, std::size_t, double, const RowName&);
template void checkCsr(std::span<const std::int64_t>, std::span<const std::int32_t>, std::span<const float>,
                       std::size_t, std::size_t, double, const RowName&);

}  // namespace fedmtl
