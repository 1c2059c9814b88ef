// A fingerprint of a task set's content, by which a checkpoint knows its data.
#pragma once

#include <cstdint>

#include "native/task_set.hpp"

namespace fedmtl {

/// 64 bits over names, sizes, labels, sample weights and features, values bit by bit, in one pass. It tells
/// other data from the same data; it is no defence against data made to collide.
std::uint64_t contentHash(const TaskSet& tasks);

}  // namespace fedmtl
