// Loops over fixed blocks of tasks on all threads.
//
// The blocks, not the threads, decide the order of every sum: the same bits at any number of threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include "native/thread_pool.hpp"

namespace fedmtl {

/// Tasks a block of a plain loop holds: enough work to pay for taking a block, little enough for every cache.
constexpr std::size_t kTaskBlock = 256;

constexpr std::size_t blockCount(std::size_t size, std::size_t block) { return (size + block - 1) / block; }

/// Calls body(index, begin, count) for the consecutive blocks of [0, size), each once.
template <class Body>
void forBlocks(std::size_t size, std::size_t block, ThreadPool& threads, const Body& body) {
    threads.parallelFor(blockCount(size, block), [&](std::size_t index, std::size_t) {
        const std::size_t begin = index * block;
        body(index, begin, std::min(block, size - begin));
    });
}

/// Calls body(task) for every task.
template <class Body>
void forTasks(std::size_t tasks, ThreadPool& threads, const Body& body) {
    forBlocks(tasks, kTaskBlock, threads, [&](std::size_t, std::size_t begin, std::size_t count) {
        for (std::size_t t = begin; t < begin + count; ++t) {
            body(t);
        }
    });
}

/// The sum of term(begin, count) over the blocks of [0, size), added up in their order.
template <class Sum, class Term>
Sum sumOverBlocks(std::size_t size, ThreadPool& threads, const Term& term) {
    std::vector<Sum> parts(blockCount(size, kTaskBlock));
    forBlocks(size, kTaskBlock, threads, [&](std::size_t index, std::size_t begin, std::size_t count) {
        parts[index] = term(begin, count);
    });
    return std::accumulate(parts.begin(), parts.end(), Sum{});
}

}  // namespace fedmtl
