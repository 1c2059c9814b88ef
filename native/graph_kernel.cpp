#include "native/graph_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "native/status.hpp"

namespace fedmtl {
namespace {

/// Up to here K may be written out, for what needs its diagonal or its eigenvalues.
constexpr std::size_t kLargestWrittenOut = 2000;

void requireEdges(std::size_t tasks, const GraphEdges& edges) {
    if (edges.from.size() != edges.to.size() || edges.from.size() != edges.weights.size()) {
        throw Error(ErrorCode::InvalidArgument,
                    "the graph has " + std::to_string(edges.from.size()) + ", " +
                        std::to_string(edges.to.size()) + " and " + std::to_string(edges.weights.size()) +
                        " ends and weights; give each edge two ends and a weight");
    }
    for (std::size_t e = 0; e < edges.from.size(); ++e) {
        const auto outside = [&](std::int32_t task) {
            return task < 0 || static_cast<std::size_t>(task) >= tasks;
        };
        const double weight = edges.weights[e];
        if (outside(edges.from[e]) || outside(edges.to[e]) || edges.from[e] == edges.to[e] ||
            !(weight >= 0.0 && std::isfinite(weight))) {
            throw Error(
                ErrorCode::InvalidArgument,
                "edge " + std::to_string(e) + " of the graph is not between two tasks with a weight from 0");
        }
    }
}

struct Entry {
    std::int32_t row;
    std::int32_t column;
    double value;
};

/// lambda1 L + lambda2 I; edges of weight 0 leave no entry, several between the same tasks add up.
SparseSymmetric precision(std::size_t tasks, double lambda1, double lambda2, const GraphEdges& edges) {
    std::vector<Entry> entries;
    std::vector<double> degrees(tasks);
    for (std::size_t e = 0; e < edges.from.size(); ++e) {
        const std::int32_t from = edges.from[e];
        const std::int32_t to = edges.to[e];
        const double weight = edges.weights[e];
        if (weight > 0.0) {
            entries.push_back({from, to, -lambda1 * weight});
            entries.push_back({to, from, -lambda1 * weight});
            degrees[static_cast<std::size_t>(from)] += weight;
            degrees[static_cast<std::size_t>(to)] += weight;
        }
    }
    for (std::size_t t = 0; t < tasks; ++t) {
        const auto task = static_cast<std::int32_t>(t);
        entries.push_back({task, task, lambda1 * degrees[t] + lambda2});
    }
    std::ranges::stable_sort(entries, {},
                             [](const Entry& entry) { return std::pair(entry.row, entry.column); });
    SparseSymmetric M;
    M.begins.assign(tasks + 1, 0);
    const Entry* before = nullptr;
    for (const Entry& entry : entries) {
        if (before != nullptr && before->row == entry.row && before->column == entry.column) {
            M.values.back() += entry.value;
        } else {
            M.columns.push_back(entry.column);
            M.values.push_back(entry.value);
            ++M.begins[static_cast<std::size_t>(entry.row) + 1];
        }
        before = &entry;
    }
    std::partial_sum(M.begins.begin(), M.begins.end(), M.begins.begin());
    return M;
}

}  // namespace

GraphKernel::GraphKernel(std::size_t tasks, double lambda1, double lambda2, GraphEdges edges)
    : tasks_(tasks), lambda1_(lambda1), lambda2_(lambda2), edges_(std::move(edges)) {
    if (!(lambda2 > 0.0)) {
        throw Error(
            ErrorCode::InvalidArgument,
            "relationship \"graph\" leaves the mean of connected tasks unpenalised when lambda2 is 0; "
            "give lambda2 > 0");
    }
    requireEdges(tasks, edges_);
    solver_ = makeSparseSolver(precision(tasks, lambda1, lambda2, edges_));
}

void GraphKernel::apply(std::size_t cols, std::span<const double> V, std::span<double> W,
                        ThreadPool& threads) const {
    solver_->solve(cols, V, W, threads);
}

std::vector<double> GraphKernel::entries(std::span<const std::int32_t> positions, ThreadPool& threads) const {
    for (const std::int32_t position : positions) {
        if (position < 0 || static_cast<std::size_t>(position) >= tasks_) {
            throw Error(ErrorCode::InvalidArgument, "task position " + std::to_string(position) +
                                                        " is outside 0 .. " + std::to_string(tasks_ - 1));
        }
    }
    // Some columns of K at a time, by solves with unit vectors; of each only the rows asked for are kept.
    constexpr std::size_t kColumns = 128;
    const std::size_t p = positions.size();
    std::vector<double> entries(p * p);
    for (std::size_t first = 0; first < p; first += kColumns) {
        const std::size_t count = std::min(kColumns, p - first);
        std::vector<double> units(tasks_ * count);
        for (std::size_t c = 0; c < count; ++c) {
            units[static_cast<std::size_t>(positions[first + c]) * count + c] = 1.0;
        }
        std::vector<double> columns(units.size());
        solver_->solve(count, units, columns, threads);
        for (std::size_t c = 0; c < count; ++c) {
            for (std::size_t row = 0; row < p; ++row) {
                entries[(first + c) * p + row] =
                    columns[static_cast<std::size_t>(positions[row]) * count + c];
            }
        }
    }
    return entries;
}

std::vector<double> GraphKernel::writtenOut(ThreadPool& threads) const {
    std::vector<std::int32_t> all(tasks_);
    std::iota(all.begin(), all.end(), 0);
    return entries(all, threads);
}

std::vector<double> GraphKernel::diagonal(ThreadPool& threads) const {
    const std::vector<double> K = writtenOut(threads);
    std::vector<double> diagonal(tasks_);
    for (std::size_t t = 0; t < tasks_; ++t) {
        diagonal[t] = K[t * tasks_ + t];
    }
    return diagonal;
}

std::vector<double> GraphKernel::absoluteRowSums(ThreadPool& /*threads*/) const {
    return std::vector<double>(tasks_, 1.0 / lambda2_);
}

std::optional<std::vector<double>> GraphKernel::scalingOfManyTasks(ThreadPool& threads) const {
    return tasks_ > kLargestWrittenOut ? std::optional(absoluteRowSums(threads)) : std::nullopt;
}

std::size_t GraphKernel::bytes() const {
    return solver_->bytes() + edges_.from.size() * (2 * sizeof(std::int32_t) + sizeof(double));
}

}  // namespace fedmtl
