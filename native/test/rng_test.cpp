// Laws of the random streams: known values, independence of the keys, permutations.
#include "native/rng.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <numeric>
#include <set>
#include <vector>

namespace fedmtl::testing {
namespace {

TEST(Rng, FinaliserAndHashGiveThePublishedValues) {
    // SplitMix64 from state 1234567.
    const std::array<std::uint64_t, 3> words = {6457827717110365317ULL, 3203168211198807973ULL,
                                                9817491932198370423ULL};
    std::uint64_t state = 1234567;
    for (const std::uint64_t word : words) {
        state += kGoldenGamma;
        EXPECT_EQ(mix64(state), word);
    }
    EXPECT_EQ(hashName(""), 0xcbf29ce484222325ULL);
    EXPECT_EQ(hashName("foobar"), 0x85944171f73967e8ULL);
    EXPECT_EQ(hashName("\xc3\xa9"),
              (((0xcbf29ce484222325ULL ^ 0xc3) * 0x100000001b3ULL) ^ 0xa9) * 0x100000001b3ULL);
}

TEST(Rng, StreamIsACounterUnderItsKey) {
    const std::uint64_t seed = 42;
    const std::uint64_t name = hashName("task");
    const std::uint64_t round = 17;
    const std::uint64_t key = mix64(mix64(mix64(seed + kGoldenGamma) ^ name) + kGoldenGamma * round);
    RandomStream stream(seed, name, round);
    for (std::uint64_t i = 0; i < 5; ++i) {
        EXPECT_EQ(stream.word(), mix64(key + kGoldenGamma * (i + 1)));
    }
}

TEST(Rng, SeedNameAndRoundAllCount) {
    std::set<std::uint64_t> first;
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        for (const char* name : {"a", "b", "ab", "ba"}) {
            for (std::uint64_t round = 1; round <= 4; ++round) {
                first.insert(RandomStream(seed, hashName(name), round).word());
            }
        }
    }
    EXPECT_EQ(first.size(), 64u);
}

std::vector<std::uint32_t> identity(std::size_t n) {
    std::vector<std::uint32_t> order(n);
    std::iota(order.begin(), order.end(), 0u);
    return order;
}

TEST(Rng, ShuffleIsAPermutationAndAShortOneItsBeginning) {
    for (std::size_t n = 1; n <= 40; ++n) {
        RandomStream whole(n, 1, 1);
        std::vector<std::uint32_t> order = identity(n);
        whole.shuffle(order, n);
        EXPECT_EQ(std::set(order.begin(), order.end()).size(), n);
        for (std::size_t count = 0; count <= n; ++count) {
            RandomStream partial(n, 1, 1);
            std::vector<std::uint32_t> beginning = identity(n);
            partial.shuffle(beginning, count);
            EXPECT_TRUE(std::equal(beginning.begin(), beginning.begin() + static_cast<std::ptrdiff_t>(count),
                                   order.begin()));
        }
    }
}

TEST(Rng, AllPermutationsAreEquallyLikely) {
    constexpr int kKeys = 24000;
    std::map<std::vector<std::uint32_t>, int> counts;
    for (int round = 1; round <= kKeys; ++round) {
        RandomStream stream(1, 2, static_cast<std::uint64_t>(round));
        std::vector<std::uint32_t> order = identity(4);
        stream.shuffle(order, 4);
        ++counts[order];
    }
    ASSERT_EQ(counts.size(), 24u);
    double chiSquared = 0.0;
    for (const auto& [order, count] : counts) {
        chiSquared += (count - kKeys / 24.0) * (count - kKeys / 24.0) / (kKeys / 24.0);
    }
    EXPECT_LT(chiSquared, 49.7);  // 23 degrees of freedom: exceeded once in 1,000
}

}  // namespace
}  // namespace fedmtl::testing
