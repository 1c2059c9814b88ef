// Laws of the thread pool: each index once, exceptions arrive, the pool can be used again.
#include "native/thread_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace fedmtl::testing {
namespace {

TEST(ThreadPool, EveryIndexIsTakenOnceByAWorkerOfThePool) {
    for (const std::size_t threads : {1u, 2u, 3u, 8u}) {
        ThreadPool pool(threads);
        ASSERT_EQ(pool.size(), threads);
        for (const std::size_t count : {0u, 1u, 2u, 7u, 1000u}) {
            std::vector<std::atomic<int>> taken(count);
            std::atomic<bool> strangeWorker{false};
            pool.parallelFor(count, [&](std::size_t index, std::size_t worker) {
                ++taken[index];
                strangeWorker = strangeWorker || worker >= threads;
            });
            for (const auto& times : taken) {
                ASSERT_EQ(times.load(), 1);
            }
            EXPECT_FALSE(strangeWorker);
        }
    }
}

TEST(ThreadPool, OneWorkerDoesOneThingAtATime) {
    ThreadPool pool(4);
    std::vector<std::atomic<int>> inside(pool.size());
    std::atomic<bool> overlap{false};
    pool.parallelFor(5000, [&](std::size_t, std::size_t worker) {
        overlap = overlap || ++inside[worker] != 1;
        --inside[worker];
    });
    EXPECT_FALSE(overlap);
}

TEST(ThreadPool, AnExceptionArrivesAndThePoolGoesOn) {
    for (const std::size_t threads : {1u, 2u, 4u}) {
        ThreadPool pool(threads);
        for (int repeat = 0; repeat < 50; ++repeat) {
            const auto failing = [](std::size_t index, std::size_t) {
                if (index % 3 == 2) {
                    throw std::runtime_error("index");
                }
            };
            EXPECT_THROW(pool.parallelFor(100, failing), std::runtime_error);
            std::atomic<int> sum{0};
            pool.parallelFor(100, [&](std::size_t, std::size_t) { ++sum; });
            ASSERT_EQ(sum.load(), 100);
        }
    }
}

TEST(ThreadPool, ManyShortJobsFollowEachOther) {
    ThreadPool pool(3);
    std::atomic<std::size_t> sum{0};
    for (std::size_t job = 0; job < 1000; ++job) {
        pool.parallelFor(3, [&](std::size_t index, std::size_t) { sum += index; });
    }
    EXPECT_EQ(sum.load(), 3000u);
}

TEST(ThreadPool, AllThatWasTakenIsDoneOnReturn) {
    ThreadPool pool(8);
    for (std::size_t job = 0; job < 300; ++job) {
        std::vector<std::size_t> written(8, 0);
        pool.parallelFor(8, [&](std::size_t index, std::size_t) {
            std::this_thread::sleep_for(std::chrono::microseconds(index % 3 * 20));
            written[index] = job + 1;
        });
        for (const std::size_t value : written) {
            ASSERT_EQ(value, job + 1);
        }
    }
}

TEST(ThreadPool, ZeroTakesOneThreadAProcessorAndAPoolMayEndUnused) {
    EXPECT_GE(ThreadPool(0).size(), 1u);
    for (int repeat = 0; repeat < 100; ++repeat) {
        const ThreadPool pool(4);
    }
}

}  // namespace
}  // namespace fedmtl::testing
