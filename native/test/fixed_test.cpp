// Laws of the relationships that are not learned: K is the inverse of M, and what has none is refused.
#include <gtest/gtest.h>

#include <limits>

#include "native/omega/relationship.hpp"
#include "native/status.hpp"
#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

constexpr std::size_t kTasks = 6;
constexpr Regularization kWeights{.lambda1 = 0.7, .lambda2 = 0.2};

std::vector<double> identity(std::size_t n, double value = 1.0) {
    std::vector<double> matrix(n * n);
    for (std::size_t i = 0; i < n; ++i) {
        matrix[i * n + i] = value;
    }
    return matrix;
}

std::vector<double> product(std::span<const double> A, std::span<const double> B, std::size_t n) {
    std::vector<double> C(n * n);
    blas::gemm({.rows = n, .cols = n, .inner = n}, 1.0, A.data(), n, B.data(), n, 0.0, C.data(), n);
    return C;
}

/// lambda1 Omega + lambda2 I
std::vector<double> precision(std::vector<double> Omega, Regularization weights) {
    for (std::size_t i = 0; i < Omega.size(); ++i) {
        Omega[i] = weights.lambda1 * Omega[i] + (i % (kTasks + 1) == 0 ? weights.lambda2 : 0.0);
    }
    return Omega;
}

std::vector<double> writtenOut(const Relationship& relationship) {
    ThreadPool threads(1);
    return relationship.kernel().writtenOut(threads);
}

void expectInverse(const Relationship& relationship, const std::vector<double>& M) {
    expectNear(product(writtenOut(relationship), M, kTasks), identity(kTasks), 1e-12);
    EXPECT_FALSE(relationship.learned());
    EXPECT_EQ(relationship.penalty(), 0.0);
    EXPECT_FALSE(relationship.epsilon().has_value());
}

TEST(Constant, KernelIsTheInverseOfM) {
    expectInverse(*makeIndependent(kTasks, kWeights), precision(identity(kTasks), kWeights));
    std::vector<double> centring = identity(kTasks);
    for (double& value : centring) {
        value -= 1.0 / static_cast<double>(kTasks);
    }
    expectInverse(*makeMean(kTasks, kWeights), precision(centring, kWeights));
    const std::vector<double> ones(kTasks * kTasks, 1.0 / (kWeights.lambda1 + kWeights.lambda2));
    expectNear(writtenOut(*makeGlobal(kTasks, kWeights)), ones, 1e-13);
    EXPECT_THROW(makeMean(kTasks, {.lambda1 = 1.0, .lambda2 = 0.0}), Error);
}

TEST(Fixed, KernelIsTheInverseOfMForOmegaAndForSigma) {
    const std::vector<double> Omega = randomSemidefinite(kTasks, kTasks, 1);
    expectInverse(*makeFixed(kTasks, kWeights, FixedMatrix::Omega, Omega), precision(Omega, kWeights));
    const std::vector<double> singular = randomSemidefinite(kTasks, 2, 2);
    expectInverse(*makeFixed(kTasks, kWeights, FixedMatrix::Omega, singular), precision(singular, kWeights));
    // K^-1 Sigma = lambda1 I + lambda2 Sigma, whether Sigma has an inverse or not.
    for (const std::size_t rank : {std::size_t{3}, kTasks}) {
        const std::vector<double> Sigma = randomSemidefinite(kTasks, rank, 3);
        const auto relationship = makeFixed(kTasks, kWeights, FixedMatrix::Sigma, Sigma);
        std::vector<double> M(Sigma);
        for (std::size_t i = 0; i < M.size(); ++i) {
            M[i] = kWeights.lambda2 * M[i] + (i % (kTasks + 1) == 0 ? kWeights.lambda1 : 0.0);
        }
        expectNear(product(writtenOut(*relationship), M, kTasks), Sigma, 1e-12);
    }
}

TEST(Fixed, ATaskWithoutPriorVarianceHasARowOfZeros) {
    std::vector<double> Sigma = identity(kTasks);
    Sigma[0] = 0.0;
    const auto relationship = makeFixed(kTasks, kWeights, FixedMatrix::Sigma, Sigma);
    EXPECT_EQ(writtenOut(*relationship)[0], 0.0);
}

TEST(Fixed, RoundedSymmetryAndRoundedZerosAreAccepted) {
    std::vector<double> matrix = randomSemidefinite(kTasks, 2, 4);
    matrix[1] *= 1.0 + 1e-14;
    EXPECT_NO_THROW(makeFixed(kTasks, kWeights, FixedMatrix::Sigma, matrix));
    EXPECT_NO_THROW(makeFixed(kTasks, kWeights, FixedMatrix::Omega, matrix));
}

void expectRefused(FixedMatrix kind, std::vector<double> matrix, Regularization weights,
                   const std::string& reason) {
    try {
        makeFixed(kTasks, weights, kind, std::move(matrix));
        ADD_FAILURE() << "was accepted: " << reason;
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::InvalidArgument);
        EXPECT_NE(std::string(error.what()).find(reason), std::string::npos) << error.what();
    }
}

TEST(Fixed, RefusesWhatIsNoRelationshipAndSaysWhy) {
    const Regularization ridgeless{.lambda1 = 1.0, .lambda2 = 0.0};
    for (const FixedMatrix kind : {FixedMatrix::Omega, FixedMatrix::Sigma}) {
        const std::string name = kind == FixedMatrix::Sigma ? "Sigma" : "Omega";
        expectRefused(kind, std::vector<double>(kTasks), kWeights, name);
        std::vector<double> matrix = identity(kTasks);
        matrix[3] = 0.5;
        expectRefused(kind, matrix, kWeights, "not symmetric");
        matrix = identity(kTasks);
        matrix[7] = std::numeric_limits<double>::quiet_NaN();
        expectRefused(kind, matrix, kWeights, "finite");
        matrix = identity(kTasks);
        matrix[0] = -1e-3;
        expectRefused(kind, matrix, kWeights, "positive semi-definite");
    }
    expectRefused(FixedMatrix::Omega, randomSemidefinite(kTasks, 2, 5), ridgeless, "lambda2");
    expectRefused(FixedMatrix::Omega, identity(kTasks, 1e-320), ridgeless, "Omega is too small");
    const Regularization weak{.lambda1 = 1e-5, .lambda2 = 0.0};
    expectRefused(FixedMatrix::Sigma, identity(kTasks, 1e308), weak, "Sigma is too large");
    EXPECT_NO_THROW(makeFixed(kTasks, ridgeless, FixedMatrix::Sigma, randomSemidefinite(kTasks, 2, 5)));
}

}  // namespace
}  // namespace fedmtl::testing
