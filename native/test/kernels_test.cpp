// Laws of the kernels: every level computes what "portable" does up to rounding, touches nothing else, and
// gives the same bits wherever the arrays begin.
#include "native/kernels/kernels.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <numeric>

#include "native/client_pool.hpp"
#include "native/test/solver_support.hpp"
#include "native/test/task_set_support.hpp"

namespace fedmtl::testing {
namespace {

constexpr std::size_t kLongest = 2100;
constexpr std::size_t kMargin = 16;  // starts to try, and values beyond the end that must stay
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

/// A row of n values with room to begin anywhere, a vector, and distinct columns.
template <class T>
struct Operands {
    std::vector<T> x;
    std::vector<double> u;
    std::vector<std::int32_t> indices;

    /// @param draw a value of x or u
    template <class Draw>
    Operands(std::size_t n, Numbers& numbers, Draw draw) : x(n), u(2 * n + kMargin), indices(u.size()) {
        std::ranges::generate(x, [&] { return static_cast<T>(draw()); });
        std::ranges::generate(u, draw);
        std::iota(indices.begin(), indices.end(), 0);
        for (std::size_t i = 0; i < n; ++i) {
            std::swap(indices[i], indices[i + numbers.below(indices.size() - i)]);
        }
        indices.resize(n);
        std::ranges::sort(indices);
    }

    /// The sum of |x_i y_i|, to which rounding is relative; y = x, u or u at the indices.
    double magnitude(const std::function<double(std::size_t)>& y) const {
        double sum = 0.0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            sum += std::abs(static_cast<double>(x[i]) * y(i));
        }
        return sum;
    }
};

/// A copy of `values` that begins `start` elements after a cache line.
template <class T>
class Placed {
  public:
    Placed(const std::vector<T>& values, std::size_t start) : room_(start + values.size()), start_(start) {
        std::ranges::copy(values, room_.begin() + static_cast<std::ptrdiff_t>(start));
    }
    T* data() { return room_.data() + start_; }
    std::vector<T> values() const {
        return {room_.begin() + static_cast<std::ptrdiff_t>(start_), room_.end()};
    }

  private:
    AlignedVector<T> room_;
    std::size_t start_;
};

/// What the five kernels of a level make of the operands, placed at the given starts.
template <class T>
struct Results {
    double dot;
    double inner;
    double sparseDot;
    std::vector<double> axpy;
    std::vector<double> sparseAxpy;

    Results(const Kernels& level, const Operands<T>& operands, double c, std::size_t startX = 0,
            std::size_t startU = 0) {
        const RowKernels<T>& k = level.of<T>();
        const std::size_t n = operands.x.size();
        Placed<T> x(operands.x, startX);
        Placed<std::int32_t> indices(operands.indices, startX);
        Placed<double> u(operands.u, startU);
        dot = k.dot(x.data(), u.data(), n);
        inner = k.inner(x.data(), x.data(), n);
        sparseDot = k.sparseDot(x.data(), indices.data(), u.data(), n);
        Placed<double> moved(operands.u, startU);
        k.axpy(c, x.data(), moved.data(), n);
        axpy = moved.values();
        k.sparseAxpy(c, x.data(), indices.data(), u.data(), n);
        sparseAxpy = u.values();
    }
    bool operator==(const Results&) const = default;
};

/// Calls body(level, operands, numbers) for every level, both precisions and every length.
template <class Draw, class Body>
void forEveryLength(std::uint64_t seed, const Draw& draw, const Body& body) {
    Numbers numbers(seed);
    const auto drawValue = [&] { return draw(numbers); };
    const auto run = [&]<class T>(std::size_t n) {
        const Operands<T> operands(n, numbers, drawValue);
        for (const Kernels* level : availableKernels()) {
            SCOPED_TRACE(::testing::Message()
                         << level->name << ", " << n << " values of " << sizeof(T) << " bytes");
            body(*level, operands, numbers);
        }
    };
    for (std::size_t n = 0; n <= kLongest && !::testing::Test::HasFailure(); ++n) {
        run.template operator()<double>(n);
        run.template operator()<float>(n);
    }
}

TEST(Kernels, SumsOfWholeNumbersAreExactAtEveryLevelAndNothingElseIsTouched) {
    const auto draw = [](Numbers& numbers) { return static_cast<double>(numbers.below(17)) - 8.0; };
    forEveryLength(1, draw, [](const Kernels& level, const auto& operands, Numbers&) {
        using T = typename std::remove_cvref_t<decltype(operands.x)>::value_type;
        ASSERT_EQ(Results<T>(level, operands, 3.0), Results<T>(kPortableKernels, operands, 3.0));
    });
}

TEST(Kernels, EveryLevelIsThePortableOneUpToRounding) {
    const auto draw = [](Numbers& numbers) { return numbers.normal() * numbers.magnitude(-3.0, 3.0); };
    forEveryLength(2, draw, [](const Kernels& level, const auto& operands, Numbers& numbers) {
        using T = typename std::remove_cvref_t<decltype(operands.x)>::value_type;
        const double c = numbers.normal();
        const Results<T> actual(level, operands, c);
        const Results<T> expected(kPortableKernels, operands, c);
        const auto& [x, u, indices] = operands;
        const double rounding = kEpsilon * static_cast<double>(x.size());
        const auto column = [&](std::size_t i) { return u[static_cast<std::size_t>(indices[i])]; };
        ASSERT_NEAR(actual.dot, expected.dot,
                    rounding * operands.magnitude([&](std::size_t i) { return u[i]; }));
        ASSERT_NEAR(actual.sparseDot, expected.sparseDot, rounding * operands.magnitude(column));
        ASSERT_NEAR(actual.inner, expected.inner, rounding * expected.inner);
        for (std::size_t j = 0; j < u.size(); ++j) {
            const double moved = std::abs(expected.axpy[j] - u[j]);
            ASSERT_NEAR(actual.axpy[j], expected.axpy[j], 2.0 * kEpsilon * (std::abs(u[j]) + moved));
            const double movedSparse = std::abs(expected.sparseAxpy[j] - u[j]);
            ASSERT_NEAR(actual.sparseAxpy[j], expected.sparseAxpy[j],
                        2.0 * kEpsilon * (std::abs(u[j]) + movedSparse));
        }
    });
}

TEST(Kernels, TheBitsDoNotDependOnWhereArraysBegin) {
    const auto draw = [](Numbers& numbers) { return numbers.normal(); };
    forEveryLength(3, draw, [](const Kernels& level, const auto& operands, Numbers& numbers) {
        using T = typename std::remove_cvref_t<decltype(operands.x)>::value_type;
        const Results<T> aligned(level, operands, 0.7);
        for (int trial = 0; trial < 3; ++trial) {
            ASSERT_EQ(Results<T>(level, operands, 0.7, numbers.below(kMargin), numbers.below(kMargin)),
                      aligned);
        }
    });
}

TEST(Kernels, SubnormalNumbersAreNotTakenForZero) {
    // Multiples of the smallest number times whole numbers: exact, if nothing is flushed to zero.
    const auto smallest = std::numeric_limits<double>::denorm_min();
    for (const Kernels* level : availableKernels()) {
        SCOPED_TRACE(level->name);
        for (std::size_t n = 1; n < 300; ++n) {
            const std::vector<double> x(n, 3.0 * smallest);
            std::vector<double> u(n, 2.0);
            std::vector<std::int32_t> indices(n);
            std::iota(indices.begin(), indices.end(), 0);
            const double expected = 6.0 * static_cast<double>(n) * smallest;
            const RowKernels<double>& k = level->float64;
            ASSERT_EQ(k.dot(x.data(), u.data(), n), expected);
            ASSERT_EQ(k.sparseDot(x.data(), indices.data(), u.data(), n), expected);
            std::ranges::fill(u, smallest);
            k.axpy(2.0, x.data(), u.data(), n);
            k.sparseAxpy(1.0, x.data(), indices.data(), u.data(), n);
            ASSERT_EQ(u, std::vector<double>(n, 10.0 * smallest));

            const auto smallestFloat = std::numeric_limits<float>::denorm_min();
            const std::vector<float> xFloat(n, 3.0F * smallestFloat);
            std::ranges::fill(u, 2.0);
            const double expectedFloat = 6.0 * static_cast<double>(n) * static_cast<double>(smallestFloat);
            ASSERT_EQ(level->float32.dot(xFloat.data(), u.data(), n), expectedFloat);
            ASSERT_EQ(level->float32.sparseDot(xFloat.data(), indices.data(), u.data(), n), expectedFloat);
        }
    }
}

TEST(Kernels, ProposalsOfEveryLevelAgree) {
    for (const LossSpec& loss : allLosses()) {
        for (const std::size_t cols : {4u, 150u}) {  // below and above where steps that change nothing skip
            const Problem problem(isClassification(loss), 5, {60, 1, 25}, cols);
            const std::vector<double> w(cols, 0.01);
            ClientWorkspace workspace;
            const auto propose = [&](const Kernels& level, std::size_t task) {
                ClientPool pool(problem.set(), SolverSpec{.loss = loss, .kernels = level}, 1);
                const RoundRequest request{.round = 1, .w = w, .S = 0.1, .steps = 200, .decision = {}};
                const Proposal proposal = pool.client(task).propose(request, workspace, kNotCancelled);
                return std::vector<double>(proposal.v.begin(), proposal.v.end());
            };
            for (const Kernels* level : availableKernels()) {
                SCOPED_TRACE(level->name);
                for (std::size_t t = 0; t < problem.sizes.size(); ++t) {
                    expectNear(propose(*level, t), propose(kPortableKernels, t), 1e-10);
                }
            }
        }
    }
}

TEST(Kernels, LevelsBeginWithThePortableOneAndHaveDifferentNames) {
    const auto levels = availableKernels();
    ASSERT_FALSE(levels.empty());
    EXPECT_EQ(levels.front(), &kPortableKernels);
    for (std::size_t i = 0; i < levels.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            EXPECT_STRNE(levels[i]->name, levels[j]->name);
        }
    }
    EXPECT_NE(std::ranges::find(levels, &kernels()), levels.end());
}

}  // namespace
}  // namespace fedmtl::testing
