// A small pool of std::threads that share an index range; the caller works too.
//
// Which thread takes which index is left open; determinism comes from every index writing only its own
// results and from reductions being made afterwards in index order.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace fedmtl {

class ThreadPool {
  public:
    /// `threads` >= 1 counts the calling thread; 0 takes the number of processors. Fewer if the system allows
    /// no more.
    explicit ThreadPool(std::size_t threads);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    std::size_t size() const { return workers_.size() + 1; }

    /// Calls body(index, worker) once for each index in [0, count), worker in [0, size()); indices are taken
    /// in ascending order. Returns when all are done; the first exception thrown by a body is rethrown here.
    /// One caller at a time.
    void parallelFor(std::size_t count, const std::function<void(std::size_t, std::size_t)>& body);

  private:
    void work(std::size_t worker);
    void takeIndices(std::size_t worker);
    bool waitForJob(std::uint64_t& seen);
    bool enter(std::uint64_t job);

    std::vector<std::thread> workers_;
    const std::function<void(std::size_t, std::size_t)>* body_ = nullptr;
    std::size_t count_ = 0;
    std::atomic<std::size_t> next_{0};
    /// The number of the job under way, whether workers may still enter it, and how many are in it. The
    /// caller closes a job when no index is left and waits only for those inside: a worker that the system
    /// has not woken yet, on a busy machine milliseconds late, holds nobody up.
    std::atomic<std::uint64_t> state_{0};
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::condition_variable wake_;
    std::exception_ptr failure_;
};

}  // namespace fedmtl
