// Fixed blocks of tasks or features: the blocks, not the threads, decide the order of every sum.
#pragma once

#include <algorithm>
#include <cstddef>

#include "native/thread_pool.hpp"

namespace fedmtl {

constexpr std::size_t blockCount(std::size_t size, std::size_t block) { return (size + block - 1) / block; }

/// Calls body(index, begin, count) for consecutive blocks of [0, size), in parallel.
template <class Body>
void forBlocks(std::size_t size, std::size_t block, ThreadPool& threads, const Body& body) {
    threads.parallelFor(blockCount(size, block), [&](std::size_t index, std::size_t) {
        const std::size_t begin = index * block;
        body(index, begin, std::min(block, size - begin));
    });
}

}  // namespace fedmtl
