// What several tests of task sets need: small random data, row by row reading and comparison.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "native/task_set.hpp"

namespace fedmtl::testing {

/// The shortest decimal that reads back as the same double.
inline std::string shortest(double value) {
    std::array<char, 32> digits;
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

/// One row of a set, written out in full.
inline std::vector<double> fullRow(const TaskSet& set, std::size_t row) {
    std::vector<double> out(set.cols(), 0.0);
    const auto read = [&](const auto& rows) {
        if constexpr (requires { rows.indptr; }) {
            for (std::int64_t k = rows.indptr[row]; k < rows.indptr[row + 1]; ++k) {
                out[static_cast<std::size_t>(rows.indices[k])] = static_cast<double>(rows.values[k]);
            }
        } else {
            for (std::size_t c = 0; c < rows.cols; ++c) {
                out[c] = static_cast<double>(rows.values[row * rows.cols + c]);
            }
        }
    };
    std::visit(read, set.features());
    return out;
}

template <class Span>
auto toVector(const Span& span) {
    return std::vector(span.begin(), span.end());
}

/// Same tasks, same rows in the same order, same numbers; storage may differ.
inline void expectSameData(const TaskSet& a, const TaskSet& b) {
    ASSERT_EQ(toVector(a.names()), toVector(b.names()));
    ASSERT_EQ(toVector(a.offsets()), toVector(b.offsets()));
    ASSERT_EQ(a.cols(), b.cols());
    EXPECT_EQ(toVector(a.labels()), toVector(b.labels()));
    EXPECT_EQ(toVector(a.sampleWeights()), toVector(b.sampleWeights()));
    for (std::size_t row = 0; row < a.rowCount(); ++row) {
        ASSERT_EQ(fullRow(a, row), fullRow(b, row)) << "row " << row;
    }
}

/// Same data in the same kind of storage.
inline void expectSameSet(const TaskSet& a, const TaskSet& b) {
    expectSameData(a, b);
    EXPECT_EQ(a.sparse(), b.sparse());
    EXPECT_EQ(a.precision(), b.precision());
    EXPECT_EQ(a.nnz(), b.nnz());
}

/// Runs the action, which must throw an Error of the code whose message contains all the parts.
template <class Action>
void expectError(ErrorCode code, const std::vector<std::string>& parts, Action action) {
    try {
        action();
        ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_STREQ(codeName(error.code()), codeName(code)) << error.what();
        for (const std::string& part : parts) {
            EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
                << error.what() << "\nlacks " << part;
        }
    }
}

/// Random rows in dense and CSR form, of a few tasks in random order. Values are exact in float32.
struct RandomRows {
    std::size_t cols = 5;
    std::vector<std::string> names = {"north", "east", "south"};
    std::vector<double> values;
    std::vector<std::int64_t> indptr = {0};
    std::vector<std::int32_t> indices;
    std::vector<double> entries;
    std::vector<double> labels;
    std::vector<double> weights;
    std::vector<std::int32_t> taskOfRow;

    explicit RandomRows(std::uint64_t seed, std::size_t rowCount = 40) {
        std::mt19937_64 random(seed);
        const auto below = [&](std::uint64_t n) { return static_cast<std::int32_t>(random() % n); };
        for (std::size_t row = 0; row < rowCount; ++row) {
            for (std::size_t c = 0; c < cols; ++c) {
                const double value = below(2) == 0 ? 0.0 : (below(2000) + 1) / 16.0;
                values.push_back(value);
                if (value != 0) {
                    indices.push_back(static_cast<std::int32_t>(c));
                    entries.push_back(value);
                }
            }
            indptr.push_back(static_cast<std::int64_t>(entries.size()));
            labels.push_back(below(100) / 7.0);
            weights.push_back(below(10) / 4.0);
            // The first rows give every task a row.
            taskOfRow.push_back(row < names.size() ? static_cast<std::int32_t>(row) : below(names.size()));
        }
    }

    TaskSet dense() const { return TaskSet::fromDense(cols, values, labels, taskOfRow, names, weights); }
    TaskSet sparse() const {
        return TaskSet::fromCsr(cols, indptr, indices, entries, labels, taskOfRow, names, weights);
    }

    /// The same rows ordered by task.
    RandomRows packed() const {
        RandomRows out(0, 0);
        for (std::int32_t task = 0; task < static_cast<std::int32_t>(names.size()); ++task) {
            for (std::size_t row = 0; row < labels.size(); ++row) {
                if (taskOfRow[row] == task) {
                    out.appendRow(*this, row);
                }
            }
        }
        return out;
    }

    void appendRow(const RandomRows& from, std::size_t row) {
        const auto copy = [](auto& target, const auto& source, std::size_t begin, std::size_t end) {
            target.insert(target.end(), source.begin() + static_cast<std::ptrdiff_t>(begin),
                          source.begin() + static_cast<std::ptrdiff_t>(end));
        };
        const auto begin = static_cast<std::size_t>(from.indptr[row]);
        const auto end = static_cast<std::size_t>(from.indptr[row + 1]);
        copy(values, from.values, row * cols, (row + 1) * cols);
        copy(indices, from.indices, begin, end);
        copy(entries, from.entries, begin, end);
        indptr.push_back(static_cast<std::int64_t>(entries.size()));
        labels.push_back(from.labels[row]);
        weights.push_back(from.weights[row]);
        taskOfRow.push_back(from.taskOfRow[row]);
    }
};

}  // namespace fedmtl::testing
