#include "native/task_set_transform.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <variant>

#include "native/message_text.hpp"
#include "native/task_set_checks.hpp"

namespace fedmtl {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Calls visit(column, value) for the stored entries of a row.
template <class T, class Visit>
void visitRow(const DenseRows<T>& rows, std::size_t row, Visit visit) {
    const T* values = rows.values + row * rows.cols;
    for (std::size_t c = 0; c < rows.cols; ++c) {
        visit(c, static_cast<double>(values[c]));
    }
}

template <class T, class Visit>
void visitRow(const CsrRows<T>& rows, std::size_t row, Visit visit) {
    for (std::int64_t k = rows.indptr[row]; k < rows.indptr[row + 1]; ++k) {
        visit(static_cast<std::size_t>(rows.indices[k]), static_cast<double>(rows.values[k]));
    }
}

template <class Rows, class Visit>
void visitRows(const Rows& rows, std::size_t rowCount, Visit visit) {
    for (std::size_t row = 0; row < rowCount; ++row) {
        visitRow(rows, row, visit);
    }
}

/// Two passes: the second measures deviations from the first's mean in units of the column's range, which
/// corrects the mean and keeps squares from overflowing or vanishing.
template <class T>
FeatureScaling measure(const DenseRows<T>& rows, std::size_t rowCount) {
    const std::size_t d = rows.cols;
    const auto n = static_cast<double>(rowCount);
    std::vector<double> low(d, kInfinity);
    std::vector<double> range(d, -kInfinity);
    FeatureScaling scaling{std::vector<double>(d, 0.0), std::vector<double>(d, 1.0)};
    std::vector<double>& mean = scaling.mean;
    visitRows(rows, rowCount, [&](std::size_t c, double x) {
        low[c] = std::min(low[c], x);
        range[c] = std::max(range[c], x);
        mean[c] += x;
    });
    for (std::size_t c = 0; c < d; ++c) {
        const bool constant = low[c] == range[c];
        mean[c] = constant ? low[c] : mean[c] / n;
        range[c] = constant ? 1.0 : range[c] - low[c];
    }
    std::vector<double> shift(d, 0.0);
    std::vector<double> square(d, 0.0);
    visitRows(rows, rowCount, [&](std::size_t c, double x) {
        const double deviation = (x - mean[c]) / range[c];
        shift[c] += deviation;
        square[c] += deviation * deviation;
    });
    for (std::size_t c = 0; c < d; ++c) {
        const double meanShift = shift[c] / n;
        const double deviation = range[c] * std::sqrt(std::max(0.0, square[c] / n - meanShift * meanShift));
        mean[c] += range[c] * meanShift;
        scaling.scale[c] = deviation == 0 ? 1.0 : deviation;
    }
    return scaling;
}

/// Root mean squares, with squares in units of the column's largest magnitude.
template <class T>
FeatureScaling measure(const CsrRows<T>& rows, std::size_t rowCount) {
    const std::size_t d = rows.cols;
    std::vector<double> largest(d, 0.0);
    visitRows(rows, rowCount,
              [&](std::size_t c, double x) { largest[c] = std::max(largest[c], std::abs(x)); });
    std::vector<double> square(d, 0.0);
    visitRows(rows, rowCount, [&](std::size_t c, double x) {
        const double part = largest[c] == 0 ? 0.0 : x / largest[c];
        square[c] += part * part;
    });
    FeatureScaling scaling{std::vector<double>(d, 0.0), std::vector<double>(d, 1.0)};
    for (std::size_t c = 0; c < d; ++c) {
        const double root = largest[c] * std::sqrt(square[c] / static_cast<double>(rowCount));
        scaling.scale[c] = root == 0 ? 1.0 : root;
    }
    return scaling;
}

/// What one column's values become; the identity without a scaling.
class Scaler {
  public:
    Scaler(const FeatureScaling* scaling, double limit) : scaling_(scaling), limit_(limit) {}

    double operator()(std::size_t column, double x) const {
        if (scaling_ == nullptr) {
            return x;
        }
        const double scaled = (x - scaling_->mean[column]) / scaling_->scale[column];
        if (!(std::abs(scaled) <= limit_)) {
            throw Error(ErrorCode::InvalidArgument, "The value " + formatNumber(x) + " in column " +
                                                        std::to_string(column) + " becomes " +
                                                        formatNumber(scaled) +
                                                        " when scaled, which is too large to store.");
        }
        return scaled;
    }

  private:
    const FeatureScaling* scaling_;
    double limit_;
};

/// Rows written out in full: a template of what zeros become, then the entries that are stored.
template <class Rows>
FeatureStore writeDense(const Rows& rows, std::size_t rowCount, std::size_t d, const Scaler& scaler,
                        std::optional<double> interceptColumn) {
    using T = typename Rows::Value;
    GrowingBuffer<T> zeroRow;
    for (std::size_t c = 0; c < d; ++c) {
        zeroRow.push(static_cast<T>(scaler(c, 0.0)));
    }
    if (interceptColumn) {
        zeroRow.push(static_cast<T>(*interceptColumn));
    }
    DenseStore<T> store{zeroRow.size()};
    store.values.reserveExtra(rowCount * zeroRow.size());
    for (std::size_t row = 0; row < rowCount; ++row) {
        store.values.append(zeroRow.span());
        T* out = store.values.end() - zeroRow.size();
        visitRow(rows, row, [&](std::size_t c, double x) { out[c] = static_cast<T>(scaler(c, x)); });
    }
    return store;
}

template <class T>
FeatureStore writeSparse(const CsrRows<T>& rows, std::size_t rowCount, std::size_t d, const Scaler& scaler,
                         std::optional<double> interceptColumn) {
    const std::size_t nnz =
        static_cast<std::size_t>(rows.indptr[rowCount]) + (interceptColumn ? rowCount : 0);
    CsrStore<T> store{d + (interceptColumn ? 1 : 0)};
    store.indptr.reserveExtra(rowCount + 1);
    store.indices.reserveExtra(nnz);
    store.values.reserveExtra(nnz);
    store.indptr.push(0);
    for (std::size_t row = 0; row < rowCount; ++row) {
        visitRow(rows, row, [&](std::size_t c, double x) {
            store.indices.push(static_cast<std::int32_t>(c));
            store.values.push(static_cast<T>(scaler(c, x)));
        });
        if (interceptColumn) {
            store.indices.push(static_cast<std::int32_t>(d));
            store.values.push(static_cast<T>(*interceptColumn));
        }
        store.indptr.push(static_cast<std::int64_t>(store.values.size()));
    }
    return store;
}

bool centres(const FeatureScaling* scaling) {
    return scaling != nullptr && std::ranges::any_of(scaling->mean, [](double mean) { return mean != 0; });
}

template <class T>
FeatureStore write(const DenseRows<T>& rows, std::size_t rowCount, std::size_t d,
                   const FeatureScaling* scaling, std::optional<double> interceptColumn) {
    return writeDense(rows, rowCount, d, Scaler(scaling, largestValue(precisionOf<T>)), interceptColumn);
}

template <class T>
FeatureStore write(const CsrRows<T>& rows, std::size_t rowCount, std::size_t d, const FeatureScaling* scaling,
                   std::optional<double> interceptColumn) {
    const Scaler scaler(scaling, largestValue(precisionOf<T>));
    return centres(scaling) ? writeDense(rows, rowCount, d, scaler, interceptColumn)
                            : writeSparse(rows, rowCount, d, scaler, interceptColumn);
}

void checkScaling(const FeatureScaling& scaling, std::size_t cols) {
    if (scaling.mean.size() != scaling.scale.size() || scaling.mean.size() < cols) {
        throw Error(ErrorCode::InvalidArgument, "The set has " + std::to_string(cols) +
                                                    " columns, but the scaling has " +
                                                    std::to_string(scaling.mean.size()) + " means and " +
                                                    std::to_string(scaling.scale.size()) + " scales.");
    }
    for (std::size_t c = 0; c < scaling.mean.size(); ++c) {
        if (!std::isfinite(scaling.mean[c]) || !(scaling.scale[c] > 0) || std::isinf(scaling.scale[c])) {
            throw Error(ErrorCode::InvalidArgument,
                        "The scaling of column " + std::to_string(c) + " has mean " +
                            formatNumber(scaling.mean[c]) + " and scale " + formatNumber(scaling.scale[c]) +
                            ", but means must be finite and scales finite and above 0.");
        }
    }
}

}  // namespace

FeatureScaling measureScaling(const TaskSet& set) {
    FeatureScaling scaling =
        std::visit([&](const auto& rows) { return measure(rows, set.rowCount()); }, set.features());
    for (std::size_t c = 0; c < set.cols(); ++c) {
        if (!std::isfinite(scaling.mean[c]) || !std::isfinite(scaling.scale[c])) {
            throw Error(ErrorCode::Numerical, "The values of column " + std::to_string(c) +
                                                  " are too large for their mean and spread to be computed; "
                                                  "give the feature in a larger unit.");
        }
    }
    return scaling;
}

TaskSet transform(const TaskSet& set, const FeatureScaling* scaling, std::optional<double> interceptColumn) {
    if (scaling != nullptr) {
        checkScaling(*scaling, set.cols());
    }
    if (interceptColumn && !(std::abs(*interceptColumn) <= largestValue(set.precision()))) {
        throw Error(ErrorCode::InvalidArgument, "The intercept column's value is " +
                                                    formatNumber(*interceptColumn) +
                                                    ", but it must be a finite number.");
    }
    const std::size_t d = scaling != nullptr ? scaling->mean.size() : set.cols();
    checkCols(d);
    TaskSetParts parts;
    parts.features =
        std::visit([&](const auto& rows) { return write(rows, set.rowCount(), d, scaling, interceptColumn); },
                   set.features());
    parts.labels = GrowingBuffer<double>::copyOf(set.labels());
    parts.sampleWeights = GrowingBuffer<double>::copyOf(set.sampleWeights());
    parts.names = set.nameIndex();
    for (std::size_t t = 0; t < set.taskCount(); ++t) {
        parts.tasks.append(static_cast<std::int32_t>(t),
                           static_cast<std::size_t>(set.offsets()[t + 1] - set.offsets()[t]));
    }
    return TaskSet(std::move(parts));
}

}  // namespace fedmtl
