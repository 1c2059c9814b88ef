// What several tests of the solver need: seeded numbers, small problems, plain dense linear algebra.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "native/blas.hpp"
#include "native/client_pool.hpp"
#include "native/loss.hpp"
#include "native/low_rank_kernel.hpp"
#include "native/omega/relationship.hpp"
#include "native/task_set.hpp"
#include "native/thread_pool.hpp"

namespace fedmtl::testing {

/// As in the addon: BLAS on one thread, or results would depend on its thread count.
class OneBlasThread : public ::testing::Environment {
  public:
    void SetUp() override { blas::useOneThread(); }
};
inline const auto* const kOneBlasThread = ::testing::AddGlobalTestEnvironment(new OneBlasThread);

/// Seeded numbers.
class Numbers {
  public:
    explicit Numbers(std::uint64_t seed) : random_(seed) {}

    double uniform(double low, double high) {
        const double unit = static_cast<double>(random_() >> 11) * 0x1p-53;
        return low + unit * (high - low);
    }
    double normal() {
        return std::sqrt(-2.0 * std::log(uniform(1e-300, 1.0))) * std::cos(uniform(0.0, 6.283185307179586));
    }
    /// 10^low .. 10^high, evenly in the exponent.
    double magnitude(double low, double high) { return std::pow(10.0, uniform(low, high)); }
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
    std::vector<double> normals(std::size_t count) {
        std::vector<double> values(count);
        std::ranges::generate(values, [&] { return normal(); });
        return values;
    }

  private:
    std::mt19937_64 random_;
};

inline double dot(std::span<const double> x, std::span<const double> y) {
    return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

inline double largest(std::span<const double> values) {
    double result = 0.0;
    for (const double value : values) {
        result = std::max(result, std::abs(value));
    }
    return result;
}

/// Every entry equal to `tolerance` relative to the largest expected one.
inline void expectNear(std::span<const double> actual, std::span<const double> expected, double tolerance) {
    ASSERT_EQ(actual.size(), expected.size());
    const double allowed = tolerance * largest(expected);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_NEAR(actual[i], expected[i], allowed) << "entry " << i;
    }
}

/// Rows of k numbers a task with orthonormal columns: U' column-major, by Gram-Schmidt, twice.
inline std::vector<double> orthonormalBasis(std::size_t tasks, std::size_t rank, Numbers& numbers) {
    std::vector<std::vector<double>> columns;
    while (columns.size() < rank) {
        std::vector<double> column = numbers.normals(tasks);
        for (int pass = 0; pass < 2; ++pass) {
            for (const std::vector<double>& other : columns) {
                const double share = dot(column, other);
                for (std::size_t t = 0; t < tasks; ++t) {
                    column[t] -= share * other[t];
                }
            }
        }
        const double norm = std::sqrt(dot(column, column));
        for (double& value : column) {
            value /= norm;
        }
        columns.push_back(std::move(column));
    }
    std::vector<double> basis(tasks * rank);
    for (std::size_t t = 0; t < tasks; ++t) {
        for (std::size_t j = 0; j < rank; ++j) {
            basis[t * rank + j] = columns[j][t];
        }
    }
    return basis;
}

/// K with the given eigenvalues above `delta` on random directions.
inline LowRankKernel randomLowRank(std::size_t tasks, std::vector<double> r, double delta,
                                   std::uint64_t seed) {
    Numbers numbers(seed);
    std::vector<double> basis = orthonormalBasis(tasks, r.size(), numbers);
    return {tasks, std::move(basis), std::move(r), delta};
}

/// The kernel of a family that has low rank + identity.
inline const LowRankKernel& lowRankOf(const Relationship& relationship) {
    return dynamic_cast<const LowRankKernel&>(relationship.kernel());
}

/// A A' of a random n x rank matrix A: positive semi-definite, column-major.
inline std::vector<double> randomSemidefinite(std::size_t n, std::size_t rank, std::uint64_t seed) {
    Numbers numbers(seed);
    const std::vector<double> A = numbers.normals(n * rank);
    std::vector<double> matrix(n * n);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
            matrix[i * n + j] =
                dot(std::span(A).subspan(i * rank, rank), std::span(A).subspan(j * rank, rank));
        }
    }
    return matrix;
}

/// A small random problem: tasks of the given sizes, one row of zeros, one of weight 0, tasks of one row.
struct Problem {
    std::size_t cols = 4;
    std::vector<std::size_t> sizes = {9, 1, 14, 6};
    std::vector<double> values;   // n x d
    std::vector<double> labels;   // n, -1 or +1 for classification
    std::vector<double> weights;  // n
    std::vector<std::int32_t> taskOfRow;
    std::vector<std::string> names;

    explicit Problem(bool classification, std::uint64_t seed,
                     std::vector<std::size_t> taskSizes = {9, 1, 14, 6}, std::size_t features = 4)
        : cols(features), sizes(std::move(taskSizes)) {
        Numbers numbers(seed);
        for (std::size_t t = 0; t < sizes.size(); ++t) {
            names.push_back(std::to_string(t));
            const std::vector<double> w = numbers.normals(cols);
            for (std::size_t i = 0; i < sizes[t]; ++i) {
                std::vector<double> x = numbers.normals(cols);
                if (t == 0 && i == 1) {
                    std::ranges::fill(x, 0.0);
                }
                const double score = dot(x, w) + 0.3 * numbers.normal();
                values.insert(values.end(), x.begin(), x.end());
                labels.push_back(!classification ? score : score > 0.0 ? 1.0 : -1.0);
                weights.push_back(t == 0 && i == 2 ? 0.0 : numbers.uniform(0.25, 1.25));
                taskOfRow.push_back(static_cast<std::int32_t>(t));
            }
        }
    }

    std::shared_ptr<const TaskSet> set() const {
        return std::make_shared<const TaskSet>(
            TaskSet::fromDense(cols, values, labels, taskOfRow, names, weights));
    }

    std::size_t first(std::size_t task) const {
        return std::accumulate(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(task),
                               std::size_t{0});
    }
    std::span<const double> row(std::size_t i) const { return std::span(values).subspan(i * cols, cols); }

    /// v_t = sum_i q_i alpha_i x_i for weighting "sum".
    std::vector<double> dualVector(std::size_t task, std::span<const double> alpha) const {
        std::vector<double> v(cols);
        for (std::size_t i = first(task); i < first(task) + sizes[task]; ++i) {
            for (std::size_t j = 0; j < cols; ++j) {
                v[j] += weights[i] * alpha[i] * row(i)[j];
            }
        }
        return v;
    }
};

/// Every loss, with parameters other than the defaults.
inline std::vector<LossSpec> allLosses() {
    return {{.kind = LossKind::Hinge},
            {.kind = LossKind::SmoothedHinge, .smoothing = 0.5},
            {.kind = LossKind::Logistic},
            {.kind = LossKind::Squared},
            {.kind = LossKind::EpsilonInsensitive, .tube = 0.2},
            {.kind = LossKind::Huber, .huberDelta = 0.7}};
}

inline const std::atomic<bool> kNotCancelled{false};

}  // namespace fedmtl::testing
