// Generated problems of the native benchmarks.
#pragma once

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "native/task_set.hpp"

namespace fedmtl::bench {

struct Shape {
    std::string name;
    std::size_t tasks;
    std::size_t rowsPerTask;
    std::size_t cols;
    std::size_t stored;  // values a row; fewer than cols: sparse

    std::size_t rows() const { return tasks * rowsPerTask; }
    double elements() const { return static_cast<double>(rows() * stored); }
    double bytes() const { return elements() * (stored < cols ? 12.0 : 8.0); }
};

/// `stored` distinct columns, ascending.
inline void drawColumns(const Shape& shape, std::mt19937_64& random, std::vector<std::int32_t>& indices) {
    const std::size_t begin = indices.size();
    while (indices.size() < begin + shape.stored) {
        indices.push_back(static_cast<std::int32_t>(random() % shape.cols));
        const auto row = indices.begin() + static_cast<std::ptrdiff_t>(begin);
        std::sort(row, indices.end());
        indices.erase(std::unique(row, indices.end()), indices.end());
    }
}

/// Rows of uniform numbers; the label is the sum of the first eight values and noise, or its sign.
inline std::shared_ptr<const TaskSet> makeTasks(const Shape& shape, bool classification) {
    std::mt19937_64 random(1);
    const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-52 - 1.0; };
    std::vector<double> values(shape.rows() * shape.stored);
    std::ranges::generate(values, uniform);
    std::vector<double> labels(shape.rows());
    std::vector<std::int32_t> taskOfRow(shape.rows());
    std::vector<std::int32_t> indices;
    std::vector<std::int64_t> indptr(shape.rows() + 1);
    for (std::size_t i = 0; i < shape.rows(); ++i) {
        const auto row = values.begin() + static_cast<std::ptrdiff_t>(i * shape.stored);
        const double score = std::accumulate(row, row + 8, 2.0 * uniform());
        labels[i] = !classification ? score : score > 0.0 ? 1.0 : -1.0;
        taskOfRow[i] = static_cast<std::int32_t>(i / shape.rowsPerTask);
        indptr[i + 1] = indptr[i] + static_cast<std::int64_t>(shape.stored);
        if (shape.stored < shape.cols) {
            drawColumns(shape, random, indices);
        }
    }
    std::vector<std::string> names(shape.tasks);
    std::ranges::generate(names, [t = 0]() mutable { return std::to_string(t++); });
    const std::span<const double> x(values);
    return std::make_shared<const TaskSet>(
        shape.stored < shape.cols ? TaskSet::fromCsr(shape.cols, indptr, indices, x, labels, taskOfRow, names)
                                  : TaskSet::fromDense(shape.cols, x, labels, taskOfRow, names));
}

}  // namespace fedmtl::bench
