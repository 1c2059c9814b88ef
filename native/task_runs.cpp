#include "native/task_runs.hpp"

#include <algorithm>
#include <limits>

namespace fedmtl {

void TaskRuns::append(std::int32_t task, std::size_t rows) {
    rowCount_ += rows;
    constexpr std::size_t limit = std::numeric_limits<std::uint32_t>::max();
    if (!runs_.empty() && runs_.back().task == task && rows <= limit - runs_.back().rows) {
        runs_.back().rows += static_cast<std::uint32_t>(rows);
        return;
    }
    while (rows > 0) {
        const std::size_t part = std::min(rows, limit);
        runs_.push({task, static_cast<std::uint32_t>(part)});
        rows -= part;
    }
}

TaskRuns::Layout TaskRuns::pack(std::size_t taskCount) {
    Layout layout{GrowingBuffer<std::int64_t>(taskCount + 1), {}};
    std::ranges::fill(layout.offsets, 0);
    for (const Run& run : runs_) {
        layout.offsets[static_cast<std::size_t>(run.task) + 1] += run.rows;
    }
    for (std::size_t t = 0; t < taskCount; ++t) {
        layout.offsets[t + 1] += layout.offsets[t];
    }
    if (!std::ranges::is_sorted(runs_, {}, &Run::task)) {
        auto next = GrowingBuffer<std::int64_t>::copyOf(layout.offsets.span());
        layout.order = GrowingBuffer<std::int64_t>(rowCount_);
        std::int64_t row = 0;
        for (const Run& run : runs_) {
            for (std::uint32_t i = 0; i < run.rows; ++i) {
                layout.order[static_cast<std::size_t>(next[static_cast<std::size_t>(run.task)]++)] = row++;
            }
        }
    }
    *this = TaskRuns();
    return layout;
}

}  // namespace fedmtl
