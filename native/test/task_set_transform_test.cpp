// Laws of standardising and of the intercept column.
#include "native/task_set_transform.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "native/test/task_set_support.hpp"

namespace fedmtl::testing {
namespace {

struct Moments {
    double mean = 0;
    double variance = 0;
    double meanSquare = 0;
};

Moments momentsOf(const TaskSet& set, std::size_t column) {
    const auto n = static_cast<double>(set.rowCount());
    Moments moments;
    for (std::size_t row = 0; row < set.rowCount(); ++row) {
        moments.mean += fullRow(set, row)[column] / n;
    }
    for (std::size_t row = 0; row < set.rowCount(); ++row) {
        const double x = fullRow(set, row)[column];
        moments.variance += (x - moments.mean) * (x - moments.mean) / n;
        moments.meanSquare += x * x / n;
    }
    return moments;
}

TaskSet oneTask(std::size_t cols, const std::vector<double>& values) {
    const std::size_t rows = values.size() / cols;
    const std::vector<std::string> names = {"a"};
    return TaskSet::fromDense(cols, values, std::vector<double>(rows, 1.0),
                              std::vector<std::int32_t>(rows, 0), names);
}

TEST(FeatureScaling, AStandardisedDenseSetHasMeanZeroAndVarianceOne) {
    // Columns of very different size and offset, and one near the ends of the range of double.
    const std::vector<double> size = {1.0, 1e-3, 1e6, 1e-200, 1e200};
    const std::vector<double> offset = {0.0, 1e3, -1e6, 0.0, 1e200};
    std::mt19937_64 random(5);
    std::normal_distribution<double> normal;
    std::vector<double> values;
    for (std::size_t i = 0; i < 300 * size.size(); ++i) {
        values.push_back(offset[i % size.size()] + size[i % size.size()] * normal(random));
    }
    const TaskSet set = oneTask(size.size(), values);
    const FeatureScaling scaling = measureScaling(set);
    const TaskSet standard = transform(set, &scaling, std::nullopt);
    for (std::size_t c = 0; c < size.size(); ++c) {
        // A column of spread s around m is known to rounding errors of m, that is to 1e-16 m / s of its
        // spread.
        const double tolerance = 1e-13 * (1 + std::abs(offset[c]) / size[c]);
        EXPECT_NEAR(momentsOf(standard, c).mean, 0.0, tolerance) << c;
        EXPECT_NEAR(momentsOf(standard, c).variance, 1.0, tolerance) << c;
    }
}

TEST(FeatureScaling, RowsOfAllTasksCountTogether) {
    const RandomRows rows(31);
    RandomRows merged(31);
    merged.names = {"all"};
    merged.taskOfRow.assign(merged.labels.size(), 0);
    const FeatureScaling apart = measureScaling(rows.dense());
    const FeatureScaling together = measureScaling(merged.dense());
    for (std::size_t c = 0; c < rows.cols; ++c) {
        EXPECT_NEAR(apart.mean[c], together.mean[c], 1e-13 * std::abs(together.mean[c]));
        EXPECT_NEAR(apart.scale[c], together.scale[c], 1e-13 * together.scale[c]);
    }
}

TEST(FeatureScaling, AConstantColumnBecomesZeroAndKeepsItsScale) {
    // The sum of ten times 0.1 is not 1 in binary; the mean must be 0.1 all the same.
    const TaskSet set = oneTask(1, std::vector<double>(10, 0.1));
    const FeatureScaling scaling = measureScaling(set);
    EXPECT_EQ(scaling.mean[0], 0.1);
    EXPECT_EQ(scaling.scale[0], 1.0);
    EXPECT_EQ(fullRow(transform(set, &scaling, std::nullopt), 3)[0], 0.0);
}

TEST(FeatureScaling, AScaledSparseSetHasMeanSquareOneAndKeepsItsZeros) {
    const TaskSet set = RandomRows(32).sparse();
    const FeatureScaling scaling = measureScaling(set);
    const TaskSet scaled = transform(set, &scaling, std::nullopt);
    EXPECT_TRUE(scaled.sparse());
    EXPECT_EQ(scaled.nnz(), set.nnz());
    for (std::size_t c = 0; c < set.cols(); ++c) {
        EXPECT_EQ(scaling.mean[c], 0.0);
        EXPECT_NEAR(momentsOf(scaled, c).meanSquare, 1.0, 1e-13);
    }
}

TEST(FeatureScaling, AnEmptySparseColumnHasScaleOne) {
    const std::vector<std::int64_t> indptr = {0, 1};
    const std::vector<std::int32_t> indices = {1};
    const std::vector<double> one = {2.0};
    const TaskSet set = TaskSet::fromCsr(3, indptr, indices, one, one, std::vector<std::int32_t>{0},
                                         std::vector<std::string>{"a"});
    EXPECT_EQ(measureScaling(set).scale, (std::vector<double>{1, 2, 1}));
}

TEST(FeatureScaling, RefusesColumnsTooLargeForTheirMoments) {
    const TaskSet set = oneTask(2, {0, 1.7e308, 1, -1.7e308});
    expectError(ErrorCode::Numerical, {"column 1"}, [&] { measureScaling(set); });
}

TEST(Transform, ChangesNothingUnlessAsked) {
    for (const TaskSet& set : {RandomRows(33).dense(), RandomRows(33).sparse()}) {
        expectSameSet(transform(set, nullptr, std::nullopt), set);
    }
}

TEST(Transform, TheInterceptColumnIsLastAndNotScaled) {
    for (const TaskSet& set : {RandomRows(34).dense(), RandomRows(34).sparse()}) {
        const FeatureScaling scaling = measureScaling(set);
        const TaskSet plain = transform(set, &scaling, std::nullopt);
        const TaskSet extended = transform(set, &scaling, 0.5);
        ASSERT_EQ(extended.cols(), set.cols() + 1);
        EXPECT_EQ(extended.sparse(), set.sparse());
        EXPECT_EQ(toVector(extended.offsets()), toVector(set.offsets()));
        EXPECT_EQ(toVector(extended.names()), toVector(set.names()));
        EXPECT_EQ(toVector(extended.labels()), toVector(set.labels()));
        EXPECT_EQ(toVector(extended.sampleWeights()), toVector(set.sampleWeights()));
        for (std::size_t row = 0; row < set.rowCount(); ++row) {
            std::vector<double> expected = fullRow(plain, row);
            expected.push_back(0.5);
            EXPECT_EQ(fullRow(extended, row), expected);
        }
    }
}

TEST(Transform, StorageMakesNoDifference) {
    const RandomRows rows(35);
    const FeatureScaling scaling = measureScaling(rows.dense());
    const TaskSet fromSparse = transform(rows.sparse(), &scaling, 1.0);
    EXPECT_FALSE(fromSparse.sparse());
    expectSameSet(fromSparse, transform(rows.dense(), &scaling, 1.0));
}

TEST(Transform, MissingColumnsAreZeros) {
    const FeatureScaling scaling{{1, 2, 3}, {1, 2, 4}};
    const TaskSet narrow = oneTask(2, {3, 6, 5, 8});
    const TaskSet full = oneTask(3, {3, 6, 0, 5, 8, 0});
    expectSameSet(transform(narrow, &scaling, 1.0), transform(full, &scaling, 1.0));
}

TEST(Transform, KeepsThePrecision) {
    const std::vector<float> values = {1, 2, 3, 6};
    const TaskSet set = TaskSet::fromDense(1, values, std::vector<double>(4, 1.0),
                                           std::vector<std::int32_t>(4, 0), std::vector<std::string>{"a"});
    const FeatureScaling scaling = measureScaling(set);
    const TaskSet standard = transform(set, &scaling, 1.0);
    EXPECT_EQ(standard.precision(), Precision::Float32);
    EXPECT_NEAR(momentsOf(standard, 0).mean, 0.0, 1e-6);
    EXPECT_NEAR(momentsOf(standard, 0).variance, 1.0, 1e-6);
}

TEST(Transform, RefusesScalingsThatDoNotFit) {
    const TaskSet set = oneTask(2, {1, 2, 3, 1e10});
    const FeatureScaling narrow{{0}, {1}};
    const FeatureScaling uneven{{0, 0}, {1}};
    const FeatureScaling zero{{0, 0}, {1, 0}};
    const FeatureScaling endless{{0, std::nan("")}, {1, 1}};
    const FeatureScaling tiny{{0, 0}, {1, 1e-305}};
    for (const FeatureScaling* scaling : {&narrow, &uneven, &zero, &endless, &tiny}) {
        expectError(ErrorCode::InvalidArgument, {"column"}, [&] { transform(set, scaling, std::nullopt); });
    }
    expectError(ErrorCode::InvalidArgument, {"intercept", "NaN"},
                [&] { transform(set, nullptr, std::nan("")); });
}

}  // namespace
}  // namespace fedmtl::testing
