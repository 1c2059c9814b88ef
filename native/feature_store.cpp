#include "native/feature_store.hpp"

namespace fedmtl {
namespace {

template <class T>
std::span<const T> entries(const T* first, std::int64_t begin, std::int64_t end) {
    return {first + begin, static_cast<std::size_t>(end - begin)};
}

template <class T>
FeatureStore gather(const DenseRows<T>& rows, std::span<const std::int64_t> order) {
    DenseStore<T> store{rows.cols};
    store.values.reserveExtra(order.size() * rows.cols);
    const auto cols = static_cast<std::int64_t>(rows.cols);
    for (const std::int64_t row : order) {
        store.values.append(entries(rows.values, row * cols, (row + 1) * cols));
    }
    return store;
}

template <class T>
FeatureStore gather(const CsrRows<T>& rows, std::span<const std::int64_t> order) {
    CsrStore<T> store{rows.cols, GrowingBuffer<std::int64_t>(order.size() + 1)};
    store.indptr[0] = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        store.indptr[i + 1] = store.indptr[i] + rows.indptr[order[i] + 1] - rows.indptr[order[i]];
    }
    const auto nnz = static_cast<std::size_t>(store.indptr.back());
    store.indices.reserveExtra(nnz);
    store.values.reserveExtra(nnz);
    for (const std::int64_t row : order) {
        store.indices.append(entries(rows.indices, rows.indptr[row], rows.indptr[row + 1]));
        store.values.append(entries(rows.values, rows.indptr[row], rows.indptr[row + 1]));
    }
    return store;
}

template <class T>
FeatureStore copy(const DenseRows<T>& rows, std::size_t rowCount) {
    return DenseStore<T>{rows.cols, GrowingBuffer<T>::copyOf({rows.values, rowCount * rows.cols})};
}

template <class T>
FeatureStore copy(const CsrRows<T>& rows, std::size_t rowCount) {
    return CsrStore<T>{rows.cols, GrowingBuffer<std::int64_t>::copyOf({rows.indptr, rowCount + 1}),
                       GrowingBuffer<std::int32_t>::copyOf(entries(rows.indices, 0, rows.indptr[rowCount])),
                       GrowingBuffer<T>::copyOf(entries(rows.values, 0, rows.indptr[rowCount]))};
}

}  // namespace

FeatureStore gatherRows(const RowsView& rows, std::span<const std::int64_t> order) {
    return std::visit([&](const auto& view) { return gather(view, order); }, rows);
}

FeatureStore copyRows(const RowsView& rows, std::size_t rowCount) {
    return std::visit([&](const auto& view) { return copy(view, rowCount); }, rows);
}

}  // namespace fedmtl
