// Passes over a task's rows that more than one part of a client makes. Included by native/client*.cpp only.
#pragma once

#include <algorithm>
#include <cmath>

#include "native/client.hpp"
#include "native/free_intercept.hpp"
#include "native/kernels/rows.hpp"

namespace fedmtl {

/// sum_i q_i coefficient(i) x_i.
template <class Coefficient>
void Client::accumulateRows(const Coefficient& coefficient, std::span<double> sum) const {
    std::ranges::fill(sum, 0.0);
    const Kernels& k = spec_.kernels;
    std::visit(
        [&](const auto& rows) {
            for (std::size_t i = 0; i < data_.count; ++i) {
                if (coefficient(i) != 0.0) {
                    axpyRow(k, q(i) * coefficient(i), rows, data_.first + i, sum.data());
                }
            }
        },
        data_.rows);
}

/// Writes x'w of every row to workspace.scores and returns the intercept that goes with them: the best one if
/// it is free, else 0.
template <class Loss, class Rows>
double Client::scoreAll(const Loss& loss, const Rows& rows, std::span<const double> w,
                        ClientWorkspace& workspace) const {
    const Kernels& k = spec_.kernels;
    workspace.scores.resize(data_.count);
    double reach = 50.0;  // beyond every label and score by more than a logistic loss can feel
    for (std::size_t i = 0; i < data_.count; ++i) {
        workspace.scores[i] = dotRow(k, rows, data_.first + i, w.data());
        reach = std::max(reach, 50.0 + std::abs(workspace.scores[i]) + std::abs(data_.terms[i].y));
    }
    if (!spec_.freeIntercept) {
        return 0.0;
    }
    const auto slope = [&](double b) {
        double sum = 0.0;
        for (std::size_t i = 0; i < data_.count; ++i) {
            sum += q(i) * loss.slope(workspace.scores[i] + b, data_.terms[i].y);
        }
        return sum;
    };
    return bestIntercept(slope, reach);
}

}  // namespace fedmtl
