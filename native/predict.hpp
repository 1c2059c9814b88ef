// Decision values of linear models on a task set.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/task_set.hpp"

namespace fedmtl {

/// n: z_i = w'x_i + b for every row, w and b of the model assigned to the row's task.
/// @param W models x modelCols, one model's weights contiguous; missing features of the set count as zeros
/// @param modelOfTask m positions in W
/// @param bias one a model, or empty: all 0
/// @throws Error InvalidArgument if the set has more features than the models, or a position is out of range
std::vector<double> decisions(const TaskSet& tasks, std::span<const double> W, std::size_t modelCols,
                              std::span<const std::int32_t> modelOfTask, std::span<const double> bias);

}  // namespace fedmtl
