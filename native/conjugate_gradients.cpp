// Conjugate gradients with the diagonal as preconditioner (Saad, Iterative Methods for Sparse Linear Systems,
// Algorithm 9.1), a block of features at once: each has its own step lengths and stops by itself.
//
// Started at 0, the residual R = V - W M is orthogonal to W up to rounding, so that sum(V o W) is tr(W M W')
// as a certificate takes it to be, and tr(V K V') exceeds it by tr(R K R') only: the dual is overstated by at
// most ||R||^2 / (2 lambda2), a relative 1e-26 times the condition of M.
#include <algorithm>
#include <array>
#include <functional>
#include <string>

#include "native/sparse_solver.hpp"
#include "native/status.hpp"

namespace fedmtl {
namespace {

constexpr double kRelativeResidual = 1e-13;
constexpr int kMostSteps = 20000;

/// A number for each feature of a block.
using Row = std::array<double, kFeatureBlock>;

/// n rows of `count` numbers: a vector over tasks for each feature of a block.
struct Block {
    std::size_t count;
    std::vector<double> numbers;

    Block(std::size_t tasks, std::size_t features) : count(features), numbers(tasks * features) {}
    double* row(std::size_t i) { return numbers.data() + i * count; }
    const double* row(std::size_t i) const { return numbers.data() + i * count; }
};

class ConjugateGradients final : public SparseSolver {
  public:
    explicit ConjugateGradients(SparseSymmetric M) : M_(std::move(M)), inverseDiagonal_(M_.size()) {
        for (std::size_t i = 0; i < M_.size(); ++i) {
            forRow(i, [&](std::size_t column, double value) {
                inverseDiagonal_[i] = column == i ? 1.0 / value : inverseDiagonal_[i];
            });
        }
    }

    void solve(std::size_t cols, std::span<const double> V, std::span<double> W,
               ThreadPool& threads) const override {
        forFeatureBlocks(cols, threads, [&](std::size_t first, std::size_t count) {
            Block R(M_.size(), count);
            for (std::size_t i = 0; i < M_.size(); ++i) {
                const double* row = V.data() + i * cols + first;
                std::copy(row, row + count, R.row(i));
            }
            const Block X = solveBlock(std::move(R));
            for (std::size_t i = 0; i < M_.size(); ++i) {
                std::copy(X.row(i), X.row(i) + count, W.data() + i * cols + first);
            }
        });
    }

    std::size_t bytes() const override { return M_.bytes() + inverseDiagonal_.size() * sizeof(double); }

  private:
    template <class Visit>
    void forRow(std::size_t i, const Visit& visit) const {
        for (auto at = static_cast<std::size_t>(M_.begins[i]);
             at < static_cast<std::size_t>(M_.begins[i + 1]); ++at) {
            visit(static_cast<std::size_t>(M_.columns[at]), M_.values[at]);
        }
    }

    /// X with M X = R, where R is the residual of X = 0 and is used up.
    Block solveBlock(Block R) const {
        const std::size_t count = R.count;
        Block X(M_.size(), count);
        Block P(M_.size(), count);
        Block MP(M_.size(), count);
        Products at = descend(Row{}, P, MP, X, R);
        Row allowed = at.rr;
        for (double& square : allowed) {
            square *= kRelativeResidual * kRelativeResidual;
        }
        Row share{};
        for (int step = 0; step < kMostSteps; ++step) {
            if (std::ranges::equal(at.rr, allowed, std::less_equal{})) {
                return X;
            }
            turn(share, R, P);
            const Row pMp = multiply(P, MP);
            // A feature that is done stands still: its length is 0.
            Row length{};
            for (std::size_t j = 0; j < count; ++j) {
                length[j] = at.rr[j] > allowed[j] ? at.rz[j] / pMp[j] : 0.0;
            }
            const Products next = descend(length, P, MP, X, R);
            for (std::size_t j = 0; j < count; ++j) {
                share[j] = at.rr[j] > allowed[j] ? next.rz[j] / at.rz[j] : 0.0;
            }
            at = next;
        }
        throw Error(ErrorCode::Numerical,
                    "the models did not follow from the graph within " + std::to_string(kMostSteps) +
                        " steps of conjugate gradients; raise lambda2 or lower lambda1");
    }

    struct Products {
        Row rr{};  // R'R
        Row rz{};  // R'Z, Z the preconditioned residual
    };

    /// X += length P, R -= length M P, and the products of the new residual.
    Products descend(const Row& length, const Block& P, const Block& MP, Block& X, Block& R) const {
        Products products;
        for (std::size_t i = 0; i < M_.size(); ++i) {
            for (std::size_t j = 0; j < R.count; ++j) {
                X.row(i)[j] += length[j] * P.row(i)[j];
                const double r = R.row(i)[j] -= length[j] * MP.row(i)[j];
                products.rr[j] += r * r;
                products.rz[j] += inverseDiagonal_[i] * r * r;
            }
        }
        return products;
    }

    /// P = Z + share P.
    void turn(const Row& share, const Block& R, Block& P) const {
        for (std::size_t i = 0; i < M_.size(); ++i) {
            for (std::size_t j = 0; j < R.count; ++j) {
                P.row(i)[j] = inverseDiagonal_[i] * R.row(i)[j] + share[j] * P.row(i)[j];
            }
        }
    }

    /// MP = M P; returns P'MP.
    Row multiply(const Block& P, Block& MP) const {
        Row products{};
        for (std::size_t i = 0; i < M_.size(); ++i) {
            Row sum{};
            forRow(i, [&](std::size_t column, double value) {
                for (std::size_t j = 0; j < P.count; ++j) {
                    sum[j] += value * P.row(column)[j];
                }
            });
            for (std::size_t j = 0; j < P.count; ++j) {
                MP.row(i)[j] = sum[j];
                products[j] += P.row(i)[j] * sum[j];
            }
        }
        return products;
    }

    SparseSymmetric M_;
    std::vector<double> inverseDiagonal_;
};

}  // namespace

std::unique_ptr<SparseSolver> makeConjugateGradients(SparseSymmetric M) {
    return std::make_unique<ConjugateGradients>(std::move(M));
}

std::unique_ptr<SparseSolver> makeSparseSolver(SparseSymmetric M) {
    auto direct = makeCholesky(M);
    return direct != nullptr ? std::move(direct) : makeConjugateGradients(std::move(M));
}

}  // namespace fedmtl
