// Sparse Cholesky by Eigen: the only door to it. Ordering and factorisation are Eigen's; the triangular
// solves are ours, because they take a block of features at once where Eigen takes one after the other.
#include <Eigen/OrderingMethods>
#include <Eigen/SparseCholesky>
#include <Eigen/SparseCore>
#include <algorithm>

#include "native/sparse_solver.hpp"
#include "native/status.hpp"

namespace fedmtl {
namespace {

using Matrix = Eigen::SparseMatrix<double, Eigen::ColMajor, int>;
using Factorisation = Eigen::SimplicialLDLT<Matrix, Eigen::Upper, Eigen::NaturalOrdering<int>>;

Matrix copied(const SparseSymmetric& M) {
    const auto n = static_cast<Eigen::Index>(M.size());
    const std::vector<int> begins(M.begins.begin(), M.begins.end());
    return Eigen::Map<const Matrix>(n, n, static_cast<Eigen::Index>(M.values.size()), begins.data(),
                                    M.columns.data(), M.values.data());
}

/// order[k]: the task that is eliminated k-th.
std::vector<int> minimumDegreeOrder(const Matrix& M) {
    Eigen::PermutationMatrix<Eigen::Dynamic, Eigen::Dynamic, int> order;
    Eigen::AMDOrdering<int>{}(M, order);
    return {order.indices().data(), order.indices().data() + order.size()};
}

/// The upper triangle of M with rows and columns in this order.
Matrix permutedUpper(const Matrix& M, const std::vector<int>& order) {
    std::vector<int> place(order.size());
    std::vector<Eigen::Triplet<double, int>> entries;
    for (std::size_t k = 0; k < order.size(); ++k) {
        place[static_cast<std::size_t>(order[k])] = static_cast<int>(k);
    }
    for (int column = 0; column < static_cast<int>(order.size()); ++column) {
        for (Matrix::InnerIterator it(M, order[static_cast<std::size_t>(column)]); it; ++it) {
            const int row = place[static_cast<std::size_t>(it.index())];
            if (row <= column) {
                entries.emplace_back(row, column, it.value());
            }
        }
    }
    Matrix upper(M.rows(), M.cols());
    upper.setFromTriplets(entries.begin(), entries.end());
    return upper;
}

/// Whether the factor takes at most `most` multiply-adds: the sum of squares of its columns' lengths, counted
/// along the elimination tree (Davis, Direct Methods for Sparse Linear Systems, 4.1) and given up when too
/// many.
bool isAffordable(const Matrix& upper, double most) {
    const auto n = static_cast<std::size_t>(upper.cols());
    std::vector<int> parent(n, -1);
    std::vector<int> seen(n, -1);
    std::vector<double> lengths(n);
    double operations = 0.0;
    for (int k = 0; k < static_cast<int>(n); ++k) {
        seen[static_cast<std::size_t>(k)] = k;
        for (Matrix::InnerIterator it(upper, k); it; ++it) {
            for (auto i = static_cast<std::size_t>(it.index()); seen[i] != k;
                 i = static_cast<std::size_t>(parent[i])) {
                parent[i] = parent[i] < 0 ? k : parent[i];
                seen[i] = k;
                operations += 2.0 * lengths[i] + 1.0;
                lengths[i] += 1.0;
            }
            if (operations > most) {
                return false;
            }
        }
    }
    return true;
}

class Cholesky final : public SparseSolver {
  public:
    Cholesky(std::vector<int> order, const Matrix& upper) : order_(std::move(order)) {
        const Factorisation factorisation(upper);
        L_ = factorisation.matrixL().nestedExpression();
        D_ = factorisation.vectorD();
        if (factorisation.info() != Eigen::Success || !(D_.array() > 0.0).all()) {
            throw Error(
                ErrorCode::Numerical,
                "lambda1 Omega + lambda2 I is not positive definite to working precision; raise lambda2");
        }
    }

    void solve(std::size_t cols, std::span<const double> V, std::span<double> W,
               ThreadPool& threads) const override {
        forFeatureBlocks(cols, threads, [&](std::size_t first, std::size_t count) {
            std::vector<double> X(order_.size() * count);
            for (std::size_t k = 0; k < order_.size(); ++k) {
                const double* row = V.data() + static_cast<std::size_t>(order_[k]) * cols + first;
                std::copy(row, row + count, X.data() + k * count);
            }
            forward(count, X.data());
            divide(count, X.data());
            backward(count, X.data());
            for (std::size_t k = 0; k < order_.size(); ++k) {
                const double* row = X.data() + k * count;
                std::copy(row, row + count, W.data() + static_cast<std::size_t>(order_[k]) * cols + first);
            }
        });
    }

    std::size_t bytes() const override {
        return static_cast<std::size_t>(L_.nonZeros()) * (sizeof(int) + sizeof(double)) +
               order_.size() * (2 * sizeof(int) + sizeof(double));
    }

  private:
    void forward(std::size_t count, double* X) const {
        for (int k = 0; k < static_cast<int>(order_.size()); ++k) {
            const double* from = X + static_cast<std::size_t>(k) * count;
            for (Matrix::InnerIterator it(L_, k); it; ++it) {
                double* to = X + static_cast<std::size_t>(it.index()) * count;
                for (std::size_t j = 0; j < count; ++j) {
                    to[j] -= it.value() * from[j];
                }
            }
        }
    }

    void divide(std::size_t count, double* X) const {
        for (std::size_t k = 0; k < order_.size(); ++k) {
            for (std::size_t j = 0; j < count; ++j) {
                X[k * count + j] /= D_[static_cast<Eigen::Index>(k)];
            }
        }
    }

    void backward(std::size_t count, double* X) const {
        for (int k = static_cast<int>(order_.size()); k-- > 0;) {
            double* to = X + static_cast<std::size_t>(k) * count;
            for (Matrix::InnerIterator it(L_, k); it; ++it) {
                const double* from = X + static_cast<std::size_t>(it.index()) * count;
                for (std::size_t j = 0; j < count; ++j) {
                    to[j] -= it.value() * from[j];
                }
            }
        }
    }

    std::vector<int> order_;
    Matrix L_;  // strictly lower; its diagonal of ones is not stored
    Eigen::VectorXd D_;
};

}  // namespace

std::unique_ptr<SparseSolver> makeCholesky(const SparseSymmetric& M, double mostOperations) {
    const Matrix copy = copied(M);
    std::vector<int> order = minimumDegreeOrder(copy);
    const Matrix upper = permutedUpper(copy, order);
    if (!isAffordable(upper, mostOperations)) {
        return nullptr;
    }
    return std::make_unique<Cholesky>(std::move(order), upper);
}

}  // namespace fedmtl
