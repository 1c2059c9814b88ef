// A task relationship given by the user, as a precision Omega or a covariance Sigma (math.md 5, `fixed`).
#include <algorithm>
#include <cmath>
#include <string>

#include "native/blas.hpp"
#include "native/dense_kernel.hpp"
#include "native/omega/relationship.hpp"
#include "native/status.hpp"

namespace fedmtl {
namespace {

class Fixed final : public Relationship {
  public:
    explicit Fixed(DenseKernel kernel) : kernel_(std::move(kernel)) {}
    const TaskKernel& kernel() const override { return kernel_; }

  private:
    DenseKernel kernel_;
};

void requireSymmetric(std::size_t tasks, const std::vector<double>& matrix, const std::string& name) {
    if (matrix.size() != tasks * tasks) {
        throw Error(ErrorCode::InvalidArgument, name + " has " + std::to_string(matrix.size()) +
                                                    " entries; " + std::to_string(tasks) + " tasks need " +
                                                    std::to_string(tasks) + " x " + std::to_string(tasks));
    }
    double largest = 0.0;
    for (const double value : matrix) {
        if (!std::isfinite(value)) {
            throw Error(ErrorCode::InvalidArgument, name + " has an entry that is not a finite number");
        }
        largest = std::max(largest, std::abs(value));
    }
    for (std::size_t i = 0; i < tasks; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (std::abs(matrix[i * tasks + j] - matrix[j * tasks + i]) > 1e-10 * largest) {
                throw Error(ErrorCode::InvalidArgument,
                            name + " is not symmetric: entries (" + std::to_string(i + 1) + ", " +
                                std::to_string(j + 1) + ") and (" + std::to_string(j + 1) + ", " +
                                std::to_string(i + 1) + ") differ");
            }
        }
    }
}

/// Eigenvalues below zero by no more than rounding count as zero.
void requirePositiveSemiDefinite(std::vector<double>& eigenvalues, const std::string& name) {
    const double tolerance = 1e-10 * std::max(std::abs(eigenvalues.front()), std::abs(eigenvalues.back()));
    if (eigenvalues.front() < -tolerance) {
        throw Error(ErrorCode::InvalidArgument,
                    name + " is not positive semi-definite: its smallest eigenvalue is " +
                        std::to_string(eigenvalues.front()));
    }
    for (double& value : eigenvalues) {
        value = value > tolerance ? value : 0.0;
    }
}

double kernelEigenvalue(double eigenvalue, Regularization weights, FixedMatrix kind) {
    if (kind == FixedMatrix::Sigma) {
        return eigenvalue / (weights.lambda1 + weights.lambda2 * eigenvalue);
    }
    const double M = weights.lambda1 * eigenvalue + weights.lambda2;
    if (M == 0.0) {
        throw Error(ErrorCode::InvalidArgument,
                    "Omega is singular and lambda2 is 0, so some models are unpenalised; give lambda2 > 0");
    }
    return 1.0 / M;
}

/// K must be representable, so that what follows need not ask whether data or matrix are to blame.
void requireFinite(double kappa, const std::string& name) {
    if (!std::isfinite(kappa)) {
        throw Error(
            ErrorCode::InvalidArgument,
            name + " is too " + (name == "Sigma" ? "large" : "small") +
                ": the inverse of lambda1 Omega + lambda2 I is beyond the range of numbers; rescale it");
    }
}

}  // namespace

std::unique_ptr<Relationship> makeFixed(std::size_t tasks, Regularization weights, FixedMatrix kind,
                                        std::vector<double> matrix) {
    const std::string name = kind == FixedMatrix::Sigma ? "Sigma" : "Omega";
    requireSymmetric(tasks, matrix, name);
    blas::SymmetricEigen eigen = blas::symmetricEigen(std::move(matrix), tasks);
    requirePositiveSemiDefinite(eigen.values, name);
    std::vector<double> scaled(eigen.vectors);
    for (std::size_t j = 0; j < tasks; ++j) {
        const double kappa = kernelEigenvalue(eigen.values[j], weights, kind);
        requireFinite(kappa, name);
        for (std::size_t t = 0; t < tasks; ++t) {
            scaled[j * tasks + t] *= kappa;
        }
    }
    std::vector<double> K(tasks * tasks);
    blas::gemm({.transposeB = blas::Transpose::Yes, .rows = tasks, .cols = tasks, .inner = tasks}, 1.0,
               scaled.data(), tasks, eigen.vectors.data(), tasks, 0.0, K.data(), tasks);
    for (std::size_t i = 0; i < tasks; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const double mean = 0.5 * (K[i * tasks + j] + K[j * tasks + i]);
            K[i * tasks + j] = mean;
            K[j * tasks + i] = mean;
        }
    }
    return std::make_unique<Fixed>(DenseKernel(tasks, std::move(K)));
}

}  // namespace fedmtl
