#include "bindings/background.hpp"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bindings/errors.hpp"
#include "native/status.hpp"

namespace fedmtl::bindings {
namespace {

/// The work under way in this process. process.exit() leaves it running while libraries are shut down under
/// it (OpenBLAS unmaps its buffers: a segmentation fault); this object's destructor comes before theirs,
/// because it is made after they were loaded, and stops the work first.
class WorkUnderWay {
  public:
    static WorkUnderWay& ofProcess() {
        static WorkUnderWay work;
        return work;
    }

    WorkUnderWay() = default;
    WorkUnderWay(const WorkUnderWay&) = delete;
    WorkUnderWay& operator=(const WorkUnderWay&) = delete;
    ~WorkUnderWay() {
        std::unique_lock lock(mutex_);
        for (const CancelFlag& flag : flags_) {
            flag->store(true);
        }
        changed_.wait(lock, [&] { return flags_.empty(); });
    }

    void add(const CancelFlag& flag) {
        const std::lock_guard lock(mutex_);
        flags_.push_back(flag);
    }

    void remove(const CancelFlag& flag) {
        const std::lock_guard lock(mutex_);
        std::erase(flags_, flag);
        changed_.notify_all();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<CancelFlag> flags_;  // one a job whose `run` has not returned
};

struct Job {
    BackgroundWork work;
    Napi::Promise::Deferred deferred;
    napi_threadsafe_function settle = nullptr;
    std::exception_ptr failure;
    std::thread thread;
};

/// Asks the JavaScript thread to settle the promise. Fails only when the environment is closing; then nobody
/// waits.
void announce(const Job& job) {
    napi_call_threadsafe_function(job.settle, nullptr, napi_tsfn_nonblocking);
    napi_release_threadsafe_function(job.settle, napi_tsfn_release);
}

void runJob(Job* job) {
    try {
        job->work.run();
    } catch (...) {
        job->failure = std::current_exception();
    }
    WorkUnderWay::ofProcess().remove(job->work.cancelled);
    announce(*job);
}

void settlePromise(Napi::Env env, const Job& job) {
    if (job.failure != nullptr) {
        job.deferred.Reject(toJsError(env, job.failure));
        return;
    }
    Napi::Value result;
    try {
        result = job.work.result(env);
    } catch (const Napi::Error& error) {
        job.deferred.Reject(error.Value());
        return;
    } catch (...) {
        job.deferred.Reject(toJsError(env, std::current_exception()));
        return;
    }
    job.deferred.Resolve(result);
}

/// On the JavaScript thread, once the work is over.
void settle(napi_env rawEnv, napi_value, void* context, void*) {
    if (rawEnv == nullptr) {
        return;
    }
    const Napi::Env env(rawEnv);
    const Napi::HandleScope scope(env);
    const auto* job = static_cast<const Job*>(context);
    job->work.finished();
    try {
        settlePromise(env, *job);
    } catch (const Napi::Error&) {
        // A worker that is being terminated can neither resolve nor reject, and nobody waits for it. An
        // exception that left this callback would end the process.
    }
}

/// When the thread has let go of the function, or the environment is torn down under it.
void finalize(napi_env, void* data, void*) {
    const std::unique_ptr<Job> job(static_cast<Job*>(data));
    job->work.cancelled->store(true);
    if (job->thread.joinable()) {
        job->thread.join();
    }
}

}  // namespace

Napi::Promise runInBackground(Napi::Env env, BackgroundWork work) {
    auto job =
        std::make_unique<Job>(Job{std::move(work), Napi::Promise::Deferred::New(env), nullptr, nullptr, {}});
    const Napi::Promise promise = job->deferred.Promise();
    const napi_value name = Napi::String::New(env, "fedmtl");
    const napi_status status = napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, job.get(),
                                                               finalize, job.get(), settle, &job->settle);
    if (status != napi_ok) {
        job->work.finished();
        throw Error(ErrorCode::Internal,
                    "cannot create a thread-safe function; the environment may be closing");
    }
    Job* running = job.release();
    try {
        WorkUnderWay::ofProcess().add(running->work.cancelled);
        running->thread = std::thread(runJob, running);
    } catch (...) {
        running->failure = std::current_exception();
        WorkUnderWay::ofProcess().remove(running->work.cancelled);
        announce(*running);
    }
    return promise;
}

void BusyFlag::acquire(const char* what) {
    requireFree(what);
    busy_ = true;
}

void BusyFlag::requireFree(const char* what) const {
    if (busy_) {
        throw Error(ErrorCode::Busy,
                    std::string("this ") + what + " is in use by work that has not finished; await it first");
    }
}

}  // namespace fedmtl::bindings
