// Standardising the features of a task set and appending a constant column.
#pragma once

#include <optional>
#include <vector>

#include "native/task_set.hpp"

namespace fedmtl {

/// x becomes (x - mean) / scale, column by column. Both have d entries; every scale is finite and > 0.
struct FeatureScaling {
    std::vector<double> mean;
    std::vector<double> scale;
};

/// The scaling that standardises the set, from the rows of all tasks together.
/// Dense: mean and population standard deviation (constant columns: scale 1). Sparse: no centring, mean 0 and
/// scale = root of the mean square, zeros counted (columns of zeros: scale 1).
/// @throws Error Numerical if a column's values are too large for its mean or spread to be represented
FeatureScaling measureScaling(const TaskSet& set);

/// A new set with scaled features and, if asked for, one more column that holds `interceptColumn` in every
/// row.
/// @param scaling null: values stay as they are. The set may have fewer columns than the scaling (missing
///   columns count as zeros), not more. A sparse set stays sparse unless some mean is not 0: then centring
///   fills its zeros and the result is dense.
/// @throws Error InvalidArgument if the sizes do not fit or a scaled value is not finite
TaskSet transform(const TaskSet& set, const FeatureScaling* scaling, std::optional<double> interceptColumn);

}  // namespace fedmtl
