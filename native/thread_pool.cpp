#include "native/thread_pool.hpp"

#include <algorithm>
#include <system_error>

namespace fedmtl {
namespace {

// Rounds of small problems follow each other within tens of microseconds: a worker looks for the next job
// this often before it sleeps, which saves a wake-up (about 50 microseconds) a round.
constexpr int kSpins = 2000;

// Of ThreadPool::state_: workers inside, a bit that says that others may enter, the number of the job.
constexpr std::uint64_t kInside = 0xffff;
constexpr std::uint64_t kOpen = 0x10000;
constexpr int kJobShift = 17;
constexpr std::uint64_t jobOf(std::uint64_t state) { return state >> kJobShift; }

void pauseBriefly() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    std::this_thread::yield();
#endif
}

}  // namespace

ThreadPool::ThreadPool(std::size_t threads) {
    const std::size_t wanted = threads > 0 ? threads : std::max(1u, std::thread::hardware_concurrency());
    workers_.reserve(wanted - 1);
    for (std::size_t worker = 1; worker < wanted; ++worker) {
        try {
            workers_.emplace_back([this, worker] { work(worker); });
        } catch (const std::system_error&) {
            break;  // the system allows no more; results do not depend on how many there are
        }
    }
}

ThreadPool::~ThreadPool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) {
        worker.join();
    }
}

void ThreadPool::parallelFor(std::size_t count, const std::function<void(std::size_t, std::size_t)>& body) {
    if (workers_.empty() || count <= 1) {
        for (std::size_t index = 0; index < count; ++index) {
            body(index, 0);
        }
        return;
    }
    body_ = &body;
    count_ = count;
    failure_ = nullptr;
    next_.store(0, std::memory_order_relaxed);
    {
        const std::lock_guard lock(mutex_);
        const std::uint64_t job = jobOf(state_.load(std::memory_order_relaxed)) + 1;
        state_.store((job << kJobShift) | kOpen, std::memory_order_release);
    }
    wake_.notify_all();
    takeIndices(0);
    state_.fetch_and(~kOpen, std::memory_order_relaxed);
    for (int spin = 0; (state_.load(std::memory_order_acquire) & kInside) != 0; ++spin) {
        if (spin < kSpins) {
            pauseBriefly();
        } else {
            std::this_thread::yield();
        }
    }
    if (failure_ != nullptr) {
        std::rethrow_exception(failure_);
    }
}

void ThreadPool::takeIndices(std::size_t worker) {
    try {
        for (std::size_t index = next_.fetch_add(1); index < count_; index = next_.fetch_add(1)) {
            (*body_)(index, worker);
        }
    } catch (...) {
        next_.store(count_);
        const std::lock_guard lock(mutex_);
        if (failure_ == nullptr) {
            failure_ = std::current_exception();
        }
    }
}

bool ThreadPool::waitForJob(std::uint64_t& seen) {
    const auto isNew = [&] { return jobOf(state_.load(std::memory_order_acquire)) != seen; };
    for (int spin = 0; spin < kSpins && !isNew(); ++spin) {
        pauseBriefly();
    }
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [&] { return stopping_ || isNew(); });
    seen = jobOf(state_.load());
    return !stopping_;
}

bool ThreadPool::enter(std::uint64_t job) {
    std::uint64_t state = state_.load();
    while (jobOf(state) == job && (state & kOpen) != 0) {
        if (state_.compare_exchange_weak(state, state + 1, std::memory_order_acquire)) {
            return true;
        }
    }
    return false;
}

void ThreadPool::work(std::size_t worker) {
    std::uint64_t seen = 0;
    while (waitForJob(seen)) {
        if (enter(seen)) {
            takeIndices(worker);
            state_.fetch_sub(1, std::memory_order_release);
        }
    }
}

}  // namespace fedmtl
