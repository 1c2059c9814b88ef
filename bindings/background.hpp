// Long work on threads of its own, never on libuv's pool and never on the event loop, with its result as a
// promise.
//
// The promise is settled through a thread-safe function, so that it keeps its order with everything else that
// the thread announces. When the environment goes (a worker is terminated) the work is cancelled and joined;
// when the process exits it is cancelled and waited for.
#pragma once

#include <napi.h>

#include <atomic>
#include <functional>
#include <memory>

namespace fedmtl::bindings {

/// Set to stop work at its next opportunity.
using CancelFlag = std::shared_ptr<std::atomic<bool>>;

struct BackgroundWork {
    /// Runs on its own thread; must not touch JavaScript. What it throws rejects the promise.
    std::function<void()> run;
    /// Runs on the JavaScript thread after `run` succeeded; its value resolves the promise.
    std::function<Napi::Value(Napi::Env)> result;
    /// Runs on the JavaScript thread when the work is over, before the promise settles, whatever became of
    /// it.
    std::function<void()> finished = [] {};
    CancelFlag cancelled = std::make_shared<std::atomic<bool>>(false);
};

/// Starts the work. The objects that it uses must be kept alive by its closures.
Napi::Promise runInBackground(Napi::Env env, BackgroundWork work);

/// Marks native objects as in use by background work: a second use is an error with code BUSY, not a data
/// race.
class BusyFlag {
  public:
    /// Throws Busy if it is taken already; `what` names the object in the message.
    void acquire(const char* what);
    void release() { busy_ = false; }
    void requireFree(const char* what) const;

  private:
    bool busy_ = false;  // only touched on the JavaScript thread
};

}  // namespace fedmtl::bindings
