// Laws of the sparse-precision relationship: Omega steps never raise the regulariser and end at its
// minimiser, K M = I, and what is saved comes back with the same bits.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "native/dense_kernel.hpp"
#include "native/omega/relationship.hpp"
#include "native/status.hpp"
#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

struct Case {
    std::size_t cols;
    std::size_t tasks;
    Regularization weights;
    double rho;
};
constexpr Case kCases[] = {
    {2, 6, {0.4, 0.1}, 0.5},
    {11, 6, {2.0, 0.0}, 0.05},
    {5, 1, {0.4, 0.1}, 0.1},
    {8, 40, {0.1, 3.0}, 0.3},
};

/// M written out.
std::vector<double> M(const Relationship& relationship, Regularization weights) {
    const PrecisionMatrix& omega = *relationship.precision();
    const std::size_t m = omega.size();
    std::vector<double> matrix(m * m);
    for (std::size_t t = 0; t < m; ++t) {
        matrix[t * m + t] = weights.lambda1 * omega.diagonal[t] + weights.lambda2;
    }
    for (std::size_t e = 0; e < omega.values.size(); ++e) {
        const auto s = static_cast<std::size_t>(omega.from[e]);
        const auto t = static_cast<std::size_t>(omega.to[e]);
        matrix[s * m + t] = matrix[t * m + s] = weights.lambda1 * omega.values[e];
    }
    return matrix;
}

void expectInverse(const Relationship& relationship, Regularization weights) {
    ThreadPool threads(1);
    const std::size_t m = relationship.kernel().tasks();
    const std::vector<double> K = relationship.kernel().writtenOut(threads);
    std::vector<double> product(m * m);
    blas::gemm({.rows = m, .cols = m, .inner = m}, 1.0, K.data(), m, M(relationship, weights).data(), m, 0.0,
               product.data(), m);
    std::vector<double> identity(m * m);
    for (std::size_t t = 0; t < m; ++t) {
        identity[t * m + t] = 1.0;
    }
    expectNear(product, identity, 1e-9);
}

class Kept final : public StateWriter, public StateReader {
  public:
    using StateWriter::write;
    void write(const std::string& name, std::span<const double> values) override {
        values_[name].assign(values.begin(), values.end());
    }
    std::span<const double> read(const std::string& name) const override { return values_.at(name); }

  private:
    std::map<std::string, std::vector<double>> values_;
};

TEST(SparsePrecision, StartsAtTheIdentityAndKnowsItsPenaltyOnceItKnowsD) {
    ThreadPool threads(1);
    for (const Case& c : kCases) {
        const auto relationship = makeSparsePrecision(c.tasks, c.weights, c.rho);
        EXPECT_TRUE(relationship->learned());
        EXPECT_TRUE(std::isnan(relationship->penalty()));
        expectInverse(*relationship, c.weights);
        const std::vector<double> W(c.cols * c.tasks);
        relationship->fixDefaults(c.cols, W, threads);
        const double expected = 0.5 * c.weights.lambda1 * static_cast<double>(c.cols * c.tasks) * c.rho;
        EXPECT_NEAR(relationship->penalty(), expected, 1e-12 * expected);
    }
}

TEST(SparsePrecision, RefusesMoreTasksThanItsMatrixIsFor) {
    EXPECT_NO_THROW(makeSparsePrecision(200, {}, 0.1));
    EXPECT_THROW(makeSparsePrecision(2001, {}, 0.1), Error);
}

TEST(SparsePrecision, StepsNeverRaiseTheRegularizerAndKeepKTheInverseOfM) {
    ThreadPool threads(2);
    for (const Case& c : kCases) {
        SCOPED_TRACE(::testing::Message() << c.cols << " x " << c.tasks << ", rho " << c.rho);
        Numbers numbers(c.cols * 100 + c.tasks);
        const auto relationship = makeSparsePrecision(c.tasks, c.weights, c.rho);
        std::vector<double> W = numbers.normals(c.cols * c.tasks);
        relationship->fixDefaults(c.cols, W, threads);
        for (int step = 0; step < 15; ++step) {
            const double share = step % 7 == 6 ? 1.0 : std::pow(0.6, step);
            for (double& value : W) {
                value += share * numbers.normal();
            }
            const double before = relationship->regularizer(c.cols, W, threads);
            relationship->update(c.cols, W, threads, kNotCancelled);
            const double after = relationship->regularizer(c.cols, W, threads);
            ASSERT_LE(after, before);
            expectInverse(*relationship, c.weights);
            // 1/2 tr(W M W') + g with M written out, and the value at the minimum of the graphical lasso.
            std::vector<double> WM(c.cols * c.tasks);
            blas::gemm({.rows = c.cols, .cols = c.tasks, .inner = c.tasks}, 1.0, W.data(), c.cols,
                       M(*relationship, c.weights).data(), c.tasks, 0.0, WM.data(), c.cols);
            ASSERT_NEAR(after, 0.5 * dot(W, WM) + relationship->penalty(), 1e-10 * std::abs(after) + 1e-10);
            // Once settled, a step from the same W finds nothing to win.
            for (int again = 0; again < 20 && !relationship->settled(); ++again) {
                relationship->update(c.cols, W, threads, kNotCancelled);
            }
            ASSERT_TRUE(relationship->settled());
            const double least = relationship->regularizer(c.cols, W, threads);
            ASSERT_LE(least, after);
            relationship->update(c.cols, W, threads, kNotCancelled);
            ASSERT_NEAR(relationship->regularizer(c.cols, W, threads), least, 1e-10 * std::abs(least));
        }
    }
}

TEST(SparsePrecision, OfWZeroIsTheIdentityOverRho) {
    ThreadPool threads(1);
    for (const Case& c : kCases) {
        const auto relationship = makeSparsePrecision(c.tasks, c.weights, c.rho);
        relationship->startAt(c.cols, std::vector<double>(c.cols * c.tasks), std::nullopt, threads);
        EXPECT_TRUE(relationship->precision()->values.empty());
        for (const double entry : relationship->precision()->diagonal) {
            EXPECT_NEAR(entry * c.rho, 1.0, 1e-14);
        }
    }
}

TEST(SparsePrecision, ComesBackWithTheSameBits) {
    ThreadPool threads(1);
    for (const Case& c : kCases) {
        Numbers numbers(c.tasks);
        const std::vector<double> W = numbers.normals(c.cols * c.tasks);
        const auto relationship = makeSparsePrecision(c.tasks, c.weights, c.rho);
        relationship->update(c.cols, W, threads, kNotCancelled);
        Kept state;
        relationship->save(state);
        const auto other = makeSparsePrecision(c.tasks, c.weights, c.rho);
        other->restore(state);
        EXPECT_EQ(other->kernel().writtenOut(threads), relationship->kernel().writtenOut(threads));
        EXPECT_EQ(other->penalty(), relationship->penalty());
        const std::vector<double> next = numbers.normals(c.cols * c.tasks);
        relationship->update(c.cols, next, threads, kNotCancelled);
        other->update(c.cols, next, threads, kNotCancelled);
        EXPECT_EQ(other->kernel().writtenOut(threads), relationship->kernel().writtenOut(threads));
    }
}

TEST(SparsePrecision, RefusesAStateThatIsNoPrecisionOverItsTasks) {
    ThreadPool threads(1);
    const Case& c = kCases[1];
    Numbers numbers(3);
    const auto relationship = makeSparsePrecision(c.tasks, c.weights, c.rho);
    relationship->update(c.cols, numbers.normals(c.cols * c.tasks), threads, kNotCancelled);
    Kept state;
    relationship->save(state);
    const std::size_t edges = relationship->precision()->values.size();
    ASSERT_GT(edges, 0u);
    for (const double task : {-1.0, 0.0, static_cast<double>(c.tasks)}) {
        Kept damaged = state;
        damaged.write("sparsePrecision.to", std::vector<double>(edges, task));
        const auto other = makeSparsePrecision(c.tasks, c.weights, c.rho);
        EXPECT_THROW(other->restore(damaged), Error);
        EXPECT_TRUE(other->precision()->values.empty());
    }
}

}  // namespace
}  // namespace fedmtl::testing
