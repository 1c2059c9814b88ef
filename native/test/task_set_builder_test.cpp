// Laws of TaskSetBuilder: chunks add up to the same set however they are cut, and a refused chunk leaves no
// trace.
#include "native/task_set_builder.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "native/test/task_set_support.hpp"

namespace fedmtl::testing {
namespace {

/// Appends rows [begin, end), which must all be of one task.
void appendDense(TaskSetBuilder& builder, const RandomRows& rows, std::size_t begin, std::size_t end) {
    const std::size_t count = end - begin;
    builder.appendDense(rows.names[static_cast<std::size_t>(rows.taskOfRow[begin])],
                        std::span(rows.values).subspan(begin * rows.cols, count * rows.cols),
                        std::span(rows.labels).subspan(begin, count),
                        std::span(rows.weights).subspan(begin, count));
}

void appendCsr(TaskSetBuilder& builder, const RandomRows& rows, std::size_t begin, std::size_t end) {
    const std::size_t count = end - begin;
    const std::int64_t first = rows.indptr[begin];
    std::vector<std::int64_t> indptr;
    for (std::size_t row = begin; row <= end; ++row) {
        indptr.push_back(rows.indptr[row] - first);
    }
    const auto entries = static_cast<std::size_t>(indptr.back());
    builder.appendCsr(rows.names[static_cast<std::size_t>(rows.taskOfRow[begin])], indptr,
                      std::span(rows.indices).subspan(static_cast<std::size_t>(first), entries),
                      std::span<const double>(rows.entries).subspan(static_cast<std::size_t>(first), entries),
                      std::span(rows.labels).subspan(begin, count),
                      std::span(rows.weights).subspan(begin, count));
}

/// Builds the set from chunks of random length, each within one task.
template <class Append>
TaskSet buildInChunks(const RandomRows& rows, Precision precision, std::uint64_t seed, Append append) {
    std::mt19937_64 random(seed);
    TaskSetBuilder builder(rows.cols, precision);
    for (std::size_t begin = 0; begin < rows.labels.size();) {
        std::size_t end = begin + 1;
        while (end < rows.labels.size() && rows.taskOfRow[end] == rows.taskOfRow[begin] &&
               random() % 4 != 0) {
            ++end;
        }
        append(builder, rows, begin, end);
        begin = end;
    }
    return builder.finish();
}

TEST(TaskSetBuilder, AnyChunksGiveTheSetOfAllRows) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const RandomRows scattered(seed);
        const RandomRows packed = scattered.packed();
        for (const RandomRows& rows : {scattered, packed}) {
            expectSameSet(buildInChunks(rows, Precision::Float64, seed, appendDense), rows.dense());
            expectSameSet(buildInChunks(rows, Precision::Float64, seed, appendCsr), rows.sparse());
        }
    }
}

TEST(TaskSetBuilder, ConvertsToItsPrecision) {
    const RandomRows rows(21);
    const TaskSet dense = buildInChunks(rows, Precision::Float32, 1, appendDense);
    const TaskSet sparse = buildInChunks(rows, Precision::Float32, 1, appendCsr);
    EXPECT_EQ(dense.precision(), Precision::Float32);
    EXPECT_EQ(sparse.precision(), Precision::Float32);
    expectSameData(dense, rows.dense());
    expectSameData(sparse, rows.sparse());

    TaskSetBuilder widening(2, Precision::Float64);
    widening.appendDense("a", std::vector<float>{0.1F, 2.0F}, std::vector<double>{1});
    const TaskSet wide = widening.finish();
    EXPECT_EQ(wide.precision(), Precision::Float64);
    EXPECT_EQ(fullRow(wide, 0), (std::vector<double>{static_cast<double>(0.1F), 2.0}));
}

TEST(TaskSetBuilder, HoldsNoMoreThanTheSetWhenDone) {
    const RandomRows rows(22);
    EXPECT_EQ(buildInChunks(rows, Precision::Float64, 1, appendDense).bytes(), rows.dense().bytes());
    EXPECT_EQ(buildInChunks(rows, Precision::Float64, 1, appendCsr).bytes(), rows.sparse().bytes());
}

TEST(TaskSetBuilder, RowsWithoutWeightsWeighOneBesideRowsWithWeights) {
    const std::vector<double> x = {1, 2};
    const std::vector<double> y = {1, 1};
    const std::vector<double> weights = {3, 4};
    TaskSetBuilder builder(1, Precision::Float64);
    builder.appendDense("a", x, y);
    builder.appendDense("b", x, y, weights);
    builder.appendDense("a", x, y);
    EXPECT_EQ(toVector(builder.finish().sampleWeights()), (std::vector<double>{1, 1, 1, 1, 3, 4}));
    builder.appendDense("a", x, y);
    EXPECT_TRUE(builder.finish().sampleWeights().empty());
}

TEST(TaskSetBuilder, IsEmptyAndUsableAfterFinish) {
    const RandomRows rows(23);
    TaskSetBuilder builder(rows.cols, Precision::Float64);
    appendDense(builder, rows, 0, 1);
    EXPECT_EQ(builder.finish().rowCount(), 1U);
    EXPECT_EQ(builder.rowCount(), 0U);
    EXPECT_EQ(builder.taskCount(), 0U);
    EXPECT_EQ(builder.bytes(), 0U);
    expectError(ErrorCode::InvalidArgument, {"No rows"}, [&] { builder.finish(); });
    appendCsr(builder, rows, 1, 2);
    const TaskSet second = builder.finish();
    EXPECT_TRUE(second.sparse());
    EXPECT_EQ(toVector(second.names()), (std::vector<std::string>{"east"}));
}

TEST(TaskSetBuilder, ARefusedChunkLeavesTheBuilderUnchanged) {
    const std::vector<double> good = {1, 2, 3, 4};
    const std::vector<double> huge = {1, 2, 3, 1e300};
    const std::vector<double> notFinite = {1, 2, std::numeric_limits<double>::infinity(), 4};
    const std::vector<double> labels = {1, -1};
    const std::vector<double> badWeights = {1, -1};
    const std::vector<std::int64_t> indptr = {0, 1, 2};
    const std::vector<std::int32_t> indices = {0, 1};

    TaskSetBuilder untouched(2, Precision::Float32);
    untouched.appendDense("a", good, labels);
    TaskSetBuilder builder(2, Precision::Float32);
    builder.appendDense("a", good, labels);
    const auto refuse = [](const std::vector<std::string>& parts, auto action) {
        expectError(ErrorCode::InvalidArgument, parts, action);
    };
    refuse({"row 1", "column 1", "task \"b\"", "1e+300", "float32"},
           [&] { builder.appendDense("b", huge, labels); });
    refuse({"row 1", "column 0", "Infinity"}, [&] { builder.appendDense("b", notFinite, labels); });
    refuse({"features has 4", "1 rows"}, [&] { builder.appendDense("b", good, std::vector<double>{1}); });
    refuse({"no rows"}, [&] { builder.appendDense("b", std::vector<double>{}, std::vector<double>{}); });
    refuse({"weight", "row 1"}, [&] { builder.appendDense("b", good, labels, badWeights); });
    refuse({"name", "empty"}, [&] { builder.appendDense("", good, labels); });
    refuse({"sparse", "dense"},
           [&] { builder.appendCsr("b", indptr, indices, std::span(good).first(2), labels); });
    expectSameSet(builder.finish(), untouched.finish());
}

TEST(TaskSetBuilder, RefusesColumnsOutOfRange) {
    for (const std::size_t cols : {std::size_t{0}, kMaxCols + 1}) {
        expectError(ErrorCode::InvalidArgument, {"cols is"},
                    [&] { TaskSetBuilder(cols, Precision::Float64); });
    }
}

}  // namespace
}  // namespace fedmtl::testing
