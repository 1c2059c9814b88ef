#include "native/predict.hpp"

#include <string>

#include "native/kernels/rows.hpp"

namespace fedmtl {

std::vector<double> decisions(const TaskSet& tasks, std::span<const double> W, std::size_t modelCols,
                              std::span<const std::int32_t> modelOfTask, std::span<const double> bias) {
    if (tasks.cols() > modelCols) {
        throw Error(ErrorCode::InvalidArgument, "the data have " + std::to_string(tasks.cols()) +
                                                    " features, the model has " + std::to_string(modelCols) +
                                                    "; give the features that the model was trained on");
    }
    const auto models = static_cast<std::int64_t>(W.size() / modelCols);
    for (const std::int32_t model : modelOfTask) {
        if (model < 0 || model >= models) {
            throw Error(ErrorCode::InvalidArgument, "model position " + std::to_string(model) +
                                                        " is outside 0 .. " + std::to_string(models - 1));
        }
    }
    const Kernels& k = kernels();
    const auto offsets = tasks.offsets();
    std::vector<double> z(tasks.rowCount());
    std::visit(
        [&](const auto& rows) {
            for (std::size_t t = 0; t < tasks.taskCount(); ++t) {
                const auto model = static_cast<std::size_t>(modelOfTask[t]);
                const double* w = W.data() + model * modelCols;
                const double b = bias.empty() ? 0.0 : bias[model];
                for (auto i = static_cast<std::size_t>(offsets[t]);
                     i < static_cast<std::size_t>(offsets[t + 1]); ++i) {
                    z[i] = dotRow(k, rows, i, w) + b;
                }
            }
        },
        tasks.features());
    return z;
}

}  // namespace fedmtl
