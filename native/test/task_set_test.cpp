// Laws of TaskSet: how rows are packed, what is refused at entry, and selection.
#include "native/task_set.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "native/test/task_set_support.hpp"

namespace fedmtl::testing {
namespace {

TEST(TaskSet, RowsInAnyOrderGiveTheSetOfRowsOrderedByTask) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const RandomRows rows(seed);
        expectSameSet(rows.dense(), rows.packed().dense());
        expectSameSet(rows.sparse(), rows.packed().sparse());
    }
}

TEST(TaskSet, DenseAndSparseHoldTheSameData) {
    const RandomRows rows(7);
    expectSameData(rows.dense(), rows.sparse());
    EXPECT_FALSE(rows.dense().sparse());
    EXPECT_TRUE(rows.sparse().sparse());
    EXPECT_EQ(rows.dense().nnz(), rows.values.size());
    EXPECT_EQ(rows.sparse().nnz(), rows.entries.size());
}

TEST(TaskSet, Float32HoldsTheSameValuesInLessMemory) {
    const RandomRows rows(8);
    const std::vector<float> values(rows.values.begin(), rows.values.end());
    const std::vector<float> entries(rows.entries.begin(), rows.entries.end());
    const TaskSet dense =
        TaskSet::fromDense(rows.cols, values, rows.labels, rows.taskOfRow, rows.names, rows.weights);
    const TaskSet sparse = TaskSet::fromCsr(rows.cols, rows.indptr, rows.indices, entries, rows.labels,
                                            rows.taskOfRow, rows.names, rows.weights);
    expectSameData(dense, rows.dense());
    expectSameData(sparse, rows.sparse());
    EXPECT_EQ(dense.precision(), Precision::Float32);
    EXPECT_EQ(rows.dense().bytes() - dense.bytes(), 4 * values.size());
    EXPECT_EQ(rows.sparse().bytes() - sparse.bytes(), 4 * entries.size());
}

TEST(TaskSet, RowsOfATaskAreContiguousAndCarryTheirLabels) {
    const RandomRows rows(9);
    const TaskSet set = rows.dense();
    ASSERT_EQ(toVector(set.names()), rows.names);
    for (std::size_t t = 0; t < set.taskCount(); ++t) {
        auto packed = static_cast<std::size_t>(set.offsets()[t]);
        for (std::size_t row = 0; row < rows.labels.size(); ++row) {
            if (rows.taskOfRow[row] == static_cast<std::int32_t>(t)) {
                EXPECT_EQ(set.labels()[packed], rows.labels[row]);
                EXPECT_EQ(set.sampleWeights()[packed], rows.weights[row]);
                ++packed;
            }
        }
        EXPECT_EQ(packed, static_cast<std::size_t>(set.offsets()[t + 1]));
    }
}

TEST(TaskSet, FindsEveryNameAndNoOther) {
    std::vector<std::string> names;
    std::vector<std::int32_t> taskOfRow(5000);
    std::iota(taskOfRow.begin(), taskOfRow.end(), 0);
    for (std::size_t i = 0; i < taskOfRow.size(); ++i) {
        names.push_back("task-" + std::to_string(i));
    }
    const std::vector<double> ones(taskOfRow.size(), 1.0);
    const TaskSet set = TaskSet::fromDense(1, ones, ones, taskOfRow, names);
    for (std::size_t i = 0; i < names.size(); ++i) {
        ASSERT_EQ(set.find(names[i]), i);
    }
    EXPECT_EQ(set.find("task-5000"), std::nullopt);
    EXPECT_EQ(set.find(""), std::nullopt);
    EXPECT_TRUE(set.sampleWeights().empty());
}

struct BadSet {
    std::function<void(RandomRows&)> spoil;
    std::vector<std::string> parts;
};

const double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(TaskSet, RefusesWhatIsWrongWithAnyRows) {
    const std::vector<BadSet> cases = {
        {[](auto& r) { r.labels.pop_back(); }, {"tasks", "40", "39"}},
        {[](auto& r) { r.labels[11] = kNaN; }, {"label", "row 11", "NaN", "finite"}},
        {[](auto& r) { r.weights[4] = -0.5; }, {"weight", "row 4", "-0.5"}},
        {[](auto& r) { r.weights[4] = kNaN; }, {"weight", "row 4", "NaN"}},
        {[](auto& r) { r.weights.pop_back(); }, {"sampleWeights", "39", "40"}},
        {[](auto& r) { r.names[1] = ""; }, {"name", "empty"}},
        {[](auto& r) { r.names[1] = "south"; }, {"\"south\"", "twice"}},
        {[](auto& r) { r.names.push_back("west"); }, {"\"west\"", "no rows"}},
        {[](auto& r) { r.taskOfRow[9] = 3; }, {"row 9", "is 3", "3 task names"}},
        {[](auto& r) { r.taskOfRow[9] = -1; }, {"row 9", "is -1"}},
        {[](auto& r) { r.cols = 0; }, {"cols is 0", "1 to 2147483646"}},
        {[](auto& r) { r.cols = kMaxCols + 1; }, {"cols is 2147483647"}},
        {[](auto& r) {
             r = RandomRows(0, 0);
             r.names.clear();
         },
         {"no rows"}},
    };
    for (const BadSet& bad : cases) {
        RandomRows rows(3);
        bad.spoil(rows);
        expectError(ErrorCode::InvalidArgument, bad.parts, [&] { rows.dense(); });
        expectError(ErrorCode::InvalidArgument, bad.parts, [&] { rows.sparse(); });
    }
}

TEST(TaskSet, RefusesBadDenseFeatures) {
    const std::vector<BadSet> cases = {
        {[](auto& r) { r.values.pop_back(); }, {"features has 199", "40 rows of 5 columns"}},
        {[](auto& r) { r.cols = 4; }, {"features has 200", "40 rows of 4 columns"}},
        {[](auto& r) { r.values[5 * 2 + 3] = kNaN; }, {"row 2", "column 3", "\"south\"", "NaN"}},
        {[](auto& r) { r.values[5] = -HUGE_VAL; }, {"row 1", "column 0", "\"east\"", "-Infinity"}},
    };
    for (const BadSet& bad : cases) {
        RandomRows rows(3);
        bad.spoil(rows);
        expectError(ErrorCode::InvalidArgument, bad.parts, [&] { rows.dense(); });
    }
}

TEST(TaskSet, RefusesBadSparseFeatures) {
    const std::vector<BadSet> cases = {
        {[](auto& r) { r.indptr.pop_back(); }, {"indptr has 2 elements", "3 are needed"}},
        {[](auto& r) { r.indptr[0] = 1; }, {"first entry of indptr", "is 1", "0"}},
        {[](auto& r) { r.indptr[1] = 5; }, {"falls from 5 to 4", "row 1"}},
        {[](auto& r) { r.indptr[2] = 3; }, {"last entry of indptr is 3", "4 values"}},
        {[](auto& r) { r.indptr[1] = std::numeric_limits<std::int64_t>::max(); }, {"falls", "row 1"}},
        {[](auto& r) { r.indices.pop_back(); }, {"indices has 3 elements", "4 are needed"}},
        {[](auto& r) { r.indices[1] = 6; }, {"row 0", "is 6", "0 to 5"}},
        {[](auto& r) { r.indices[2] = -1; }, {"row 1", "is -1"}},
        {[](auto& r) { r.indices[3] = 1; }, {"1 follows 1", "row 1"}},
        {[](auto& r) { r.indices[1] = 0; }, {"0 follows 3", "row 0"}},
        {[](auto& r) { r.entries[3] = kNaN; }, {"row 1", "column 4", "NaN"}},
    };
    for (const BadSet& bad : cases) {
        RandomRows rows(0, 0);
        rows.cols = 6;
        rows.names = {"a"};
        rows.indptr = {0, 2, 4};
        rows.indices = {3, 5, 1, 4};
        rows.entries = {1, 2, 3, 4};
        rows.labels = rows.weights = {1, 1};
        rows.taskOfRow = {0, 0};
        EXPECT_NO_THROW(rows.sparse());
        bad.spoil(rows);
        expectError(ErrorCode::InvalidArgument, bad.parts, [&] { rows.sparse(); });
    }
}

TEST(TaskSet, RowsWithoutFeaturesAreLegal) {
    const std::vector<std::int64_t> indptr = {0, 0, 0};
    const std::vector<double> labels = {1, -1};
    const std::vector<std::int32_t> taskOfRow = {1, 0};
    const std::vector<std::string> names = {"a", "b"};
    const TaskSet set = TaskSet::fromCsr(3, indptr, {}, std::span<const double>(), labels, taskOfRow, names);
    EXPECT_EQ(set.nnz(), 0U);
    EXPECT_EQ(toVector(set.labels()), (std::vector<double>{-1, 1}));
    EXPECT_EQ(fullRow(set, 1), (std::vector<double>{0, 0, 0}));
}

TEST(TaskSet, SelectingAllRowsOrAllTasksGivesTheSet) {
    for (const TaskSet& set : {RandomRows(11).dense(), RandomRows(11).sparse()}) {
        std::vector<std::int64_t> rows(set.rowCount());
        std::iota(rows.begin(), rows.end(), 0);
        expectSameSet(set.selectRows(rows), set);
        const std::vector<std::size_t> tasks = {0, 1, 2};
        expectSameSet(set.selectTasks(tasks), set);
    }
}

TEST(TaskSet, SelectedRowsKeepTheirTasksAndTasksWithoutRowsGo) {
    const TaskSet set = RandomRows(12).sparse();
    const std::vector<std::int64_t> rows = {set.offsets()[0], set.offsets()[2], set.offsets()[2] + 1};
    const TaskSet part = set.selectRows(rows);
    EXPECT_EQ(toVector(part.names()), (std::vector<std::string>{"north", "south"}));
    EXPECT_EQ(toVector(part.offsets()), (std::vector<std::int64_t>{0, 1, 3}));
    EXPECT_EQ(part.find("south"), 1U);
    EXPECT_EQ(part.find("east"), std::nullopt);
    EXPECT_EQ(part.cols(), set.cols());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto row = static_cast<std::size_t>(rows[i]);
        EXPECT_EQ(fullRow(part, i), fullRow(set, row));
        EXPECT_EQ(part.labels()[i], set.labels()[row]);
        EXPECT_EQ(part.sampleWeights()[i], set.sampleWeights()[row]);
    }
}

TEST(TaskSet, SelectingTasksTwiceUndoesTheirOrder) {
    const TaskSet set = RandomRows(13).dense();
    const std::vector<std::size_t> reversed = {2, 1, 0};
    const TaskSet backwards = set.selectTasks(reversed);
    EXPECT_EQ(toVector(backwards.names()), (std::vector<std::string>{"south", "east", "north"}));
    expectSameSet(backwards.selectTasks(reversed), set);
}

TEST(TaskSet, RefusesSelectionsThatAreNotASet) {
    const TaskSet set = RandomRows(14).dense();
    using Rows = std::vector<std::int64_t>;
    using Tasks = std::vector<std::size_t>;
    for (const Rows& rows : {Rows{}, Rows{3, 3}, Rows{3, 2}, Rows{-1}, Rows{0, 40}}) {
        expectError(ErrorCode::InvalidArgument, {"elected"}, [&] { set.selectRows(rows); });
    }
    for (const Tasks& tasks : {Tasks{}, Tasks{1, 1}, Tasks{3}}) {
        expectError(ErrorCode::InvalidArgument, {"elected"}, [&] { set.selectTasks(tasks); });
    }
}

}  // namespace
}  // namespace fedmtl::testing
