// Laws of the spectrum of W: orthonormal right singular vectors that rebuild W, from either Gram matrix.
#include "native/omega/spectrum.hpp"

#include <gtest/gtest.h>

#include "native/test/solver_support.hpp"

namespace fedmtl::testing {
namespace {

/// d x m task-major with the given singular values.
std::vector<double> matrixWith(const std::vector<double>& s, std::size_t cols, std::size_t tasks,
                               Numbers& numbers) {
    const std::size_t k = s.size();
    const std::vector<double> left = orthonormalBasis(cols, k, numbers);
    const std::vector<double> right = orthonormalBasis(tasks, k, numbers);
    std::vector<double> W(cols * tasks);
    for (std::size_t t = 0; t < tasks; ++t) {
        for (std::size_t row = 0; row < cols; ++row) {
            for (std::size_t j = 0; j < k; ++j) {
                W[t * cols + row] += left[row * k + j] * s[j] * right[t * k + j];
            }
        }
    }
    return W;
}

struct Shape {
    std::size_t cols;
    std::size_t tasks;
};
constexpr Shape kShapes[] = {{3, 8}, {8, 3}, {5, 5}, {1, 6}, {6, 1}, {4, 300}, {40, 20}};

TEST(Spectrum, FindsTheSingularValuesAndRebuildsW) {
    ThreadPool threads(2);
    for (const auto& [cols, tasks] : kShapes) {
        SCOPED_TRACE(::testing::Message() << cols << " x " << tasks);
        Numbers numbers(cols * 1000 + tasks);
        std::vector<double> s(std::min(cols, tasks));
        for (std::size_t j = 0; j < s.size(); ++j) {
            s[j] = 5.0 * std::pow(0.7, static_cast<double>(j));
        }
        const std::vector<double> W = matrixWith(s, cols, tasks, numbers);
        const Spectrum spectrum = rightSpectrum(cols, W, threads);
        const std::size_t k = spectrum.s.size();
        expectNear(spectrum.s, s, 1e-12 * std::pow(s.front() / s.back(), 2.0));
        ASSERT_EQ(spectrum.basis.size(), k * tasks);
        for (std::size_t i = 0; i < k; ++i) {
            for (std::size_t j = 0; j <= i; ++j) {
                double product = 0.0;
                for (std::size_t t = 0; t < tasks; ++t) {
                    product += spectrum.basis[t * k + i] * spectrum.basis[t * k + j];
                }
                // The Gram matrix squares what separates the values: its rounding counts against both.
                const double rounding = 1e-14 * s.front() * s.front() / (s[i] * s[j]);
                EXPECT_NEAR(product, i == j ? 1.0 : 0.0, rounding);
            }
        }
        // W U U' = W
        const std::vector<double> WU = projectOnBasis(cols, W, spectrum.basis, k, threads);
        std::vector<double> rebuilt(W.size());
        for (std::size_t t = 0; t < tasks; ++t) {
            for (std::size_t row = 0; row < cols; ++row) {
                for (std::size_t j = 0; j < k; ++j) {
                    rebuilt[t * cols + row] += WU[j * cols + row] * spectrum.basis[t * k + j];
                }
            }
        }
        expectNear(rebuilt, W, 1e-11);
    }
}

TEST(Spectrum, LeavesOutWhatIsBelowAMillionthOfTheFirst) {
    ThreadPool threads(1);
    for (const auto& [cols, tasks] : {Shape{4, 9}, Shape{9, 4}}) {
        Numbers numbers(77);
        const std::vector<double> W = matrixWith({1.0, 1e-3, 1e-8}, cols, tasks, numbers);
        EXPECT_EQ(rightSpectrum(cols, W, threads).s.size(), 2u);
        EXPECT_TRUE(rightSpectrum(cols, std::vector<double>(W.size()), threads).s.empty());
    }
}

TEST(Spectrum, GivesTheSameBitsAtAnyThreadCount) {
    Numbers numbers(5);
    constexpr std::size_t kCols = 6;
    const std::vector<double> W = numbers.normals(kCols * 9000);
    ThreadPool one(1);
    const Spectrum expected = rightSpectrum(kCols, W, one);
    for (const std::size_t count : {2u, 4u}) {
        ThreadPool threads(count);
        const Spectrum spectrum = rightSpectrum(kCols, W, threads);
        EXPECT_EQ(spectrum.s, expected.s);
        EXPECT_EQ(spectrum.basis, expected.basis);
    }
}

}  // namespace
}  // namespace fedmtl::testing
