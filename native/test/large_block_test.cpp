// Laws of large blocks: contents survive every change of size, and arrays may use all they ask for.
#include "native/large_block.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "native/growing_buffer.hpp"

namespace fedmtl::testing {
namespace {

TEST(LargeBlock, KeepsItsContentsThroughEveryChangeOfSize) {
    const std::size_t large = kLargeBlockBytes;
    const std::vector<std::size_t> sizes = {1,         1000,      large - 1, large,
                                            large + 1, 3 * large, 3 * large, 2 * large + 5,
                                            large,     large - 1, 17,        5 * large};
    std::uint8_t* block = nullptr;
    std::size_t bytes = 0;
    std::size_t written = 0;
    for (const std::size_t size : sizes) {
        block = static_cast<std::uint8_t*>(reallocateBlock(block, bytes, size));
        ASSERT_NE(block, nullptr);
        bytes = size;
        written = std::min(written, size);
        for (std::size_t i = 0; i < written; ++i) {
            ASSERT_EQ(block[i], static_cast<std::uint8_t>(i * 7 + i / 251)) << i << " of " << size;
        }
        for (; written < size; ++written) {
            block[written] = static_cast<std::uint8_t>(written * 7 + written / 251);
        }
    }
    freeBlock(block, bytes);
}

TEST(LargeBlock, WhatCannotBeHadIsAnErrorAndLosesNothing) {
    GrowingBuffer<double> buffer(kLargeBlockBytes / sizeof(double));
    std::ranges::fill(buffer, 1.5);
    EXPECT_THROW(buffer.reserveExtra(std::size_t{1} << 55), Error);
    ASSERT_EQ(buffer.size(), kLargeBlockBytes / sizeof(double));
    EXPECT_TRUE(std::ranges::all_of(buffer, [](double value) { return value == 1.5; }));
}

TEST(LargeBlock, BuffersGrowShrinkAndMove) {
    GrowingBuffer<std::int32_t> buffer;
    const std::int32_t count = 3'000'000;
    for (std::int32_t i = 0; i < count; ++i) {
        buffer.push(i);
    }
    GrowingBuffer<std::int32_t> other = std::move(buffer);
    other.resize(static_cast<std::size_t>(count) / 2);
    other.shrinkToFit();
    EXPECT_EQ(other.bytes(), static_cast<std::size_t>(count) / 2 * sizeof(std::int32_t));
    buffer = std::move(other);
    for (std::int32_t i = 0; i < count / 2; ++i) {
        ASSERT_EQ(buffer[static_cast<std::size_t>(i)], i);
    }
}

}  // namespace
}  // namespace fedmtl::testing
