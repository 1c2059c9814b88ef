// Which task each incoming row belongs to, kept as runs of rows of one task, and the order that packs the
// rows by task.
#pragma once

#include <cstddef>
#include <cstdint>

#include "native/growing_buffer.hpp"

namespace fedmtl {

class TaskRuns {
  public:
    /// Where packed rows come from.
    struct Layout {
        /// taskCount + 1 entries: packed rows of task t are offsets[t] .. offsets[t+1] - 1.
        GrowingBuffer<std::int64_t> offsets;
        /// order[i] is the incoming row that becomes packed row i; empty if rows arrived packed already.
        GrowingBuffer<std::int64_t> order;
    };

    /// The next `rows` incoming rows belong to the task.
    void append(std::int32_t task, std::size_t rows);

    /// Makes room so that the next append cannot fail.
    void reserveOne() { runs_.reserveExtra(1); }

    std::size_t rowCount() const noexcept { return rowCount_; }
    std::size_t bytes() const noexcept { return runs_.bytes(); }

    /// The stable order by task; empties this object.
    Layout pack(std::size_t taskCount);

  private:
    struct Run {
        std::int32_t task;
        std::uint32_t rows;
    };

    GrowingBuffer<Run> runs_;
    std::size_t rowCount_ = 0;
};

}  // namespace fedmtl
