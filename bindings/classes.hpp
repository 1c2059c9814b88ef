// The classes that JavaScript sees of the addon. src/native.ts types them; nothing else may import them.
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "bindings/background.hpp"
#include "bindings/wrap.hpp"
#include "native/client_pool.hpp"
#include "native/io/text_parser.hpp"
#include "native/server.hpp"
#include "native/task_set.hpp"
#include "native/task_set_builder.hpp"

namespace fedmtl::bindings {

class TaskSetWrap : public Napi::ObjectWrap<TaskSetWrap> {
  public:
    static constexpr napi_type_tag kTag{0x7a1c6d2f90b34e51ULL, 0x8d2f4b7e1c9a6035ULL};
    static constexpr const char* kWhat = "TaskSet";
    static Napi::Function define(Napi::Env env);
    /// A JavaScript object around an existing set.
    static Napi::Object make(Napi::Env env, TaskSet tasks);

    explicit TaskSetWrap(const Napi::CallbackInfo& info);
    const std::shared_ptr<const TaskSet>& tasks() const { return held_.get(); }

  private:
    static Napi::Value fromDense(const Napi::CallbackInfo& info);
    static Napi::Value fromCsr(const Napi::CallbackInfo& info);
    Napi::Value describe(const Napi::CallbackInfo& info);
    Napi::Value names(const Napi::CallbackInfo& info);
    Napi::Value offsets(const Napi::CallbackInfo& info);
    Napi::Value labels(const Napi::CallbackInfo& info);
    Napi::Value distinctLabels(const Napi::CallbackInfo& info);
    Napi::Value hasLabel(const Napi::CallbackInfo& info);
    Napi::Value sampleWeights(const Napi::CallbackInfo& info);
    Napi::Value rows(const Napi::CallbackInfo& info);
    Napi::Value find(const Napi::CallbackInfo& info);
    Napi::Value contentHash(const Napi::CallbackInfo& info);
    Napi::Value selectRows(const Napi::CallbackInfo& info);
    Napi::Value selectTasks(const Napi::CallbackInfo& info);
    Napi::Value measureScaling(const Napi::CallbackInfo& info);
    Napi::Value transform(const Napi::CallbackInfo& info);
    Napi::Value decisions(const Napi::CallbackInfo& info);
    Napi::Value dispose(const Napi::CallbackInfo& info);

    Held<const TaskSet> held_;
};

class TaskSetBuilderWrap : public Napi::ObjectWrap<TaskSetBuilderWrap> {
  public:
    static constexpr napi_type_tag kTag{0x15e0c98b3d7a4f26ULL, 0xb7a93c05e8d14f62ULL};
    static constexpr const char* kWhat = "TaskSetBuilder";
    static Napi::Function define(Napi::Env env);
    explicit TaskSetBuilderWrap(const Napi::CallbackInfo& info);

  private:
    Napi::Value append(const Napi::CallbackInfo& info);
    Napi::Value finish(const Napi::CallbackInfo& info);

    std::unique_ptr<TaskSetBuilder> builder_;
};

class TextReaderWrap : public Napi::ObjectWrap<TextReaderWrap> {
  public:
    static constexpr napi_type_tag kTag{0x62b8d4f1a09c4e73ULL, 0x9e51f6c27b3d4a08ULL};
    static constexpr const char* kWhat = "TextReader";
    static Napi::Function define(Napi::Env env);
    explicit TextReaderWrap(const Napi::CallbackInfo& info);

  private:
    Napi::Value push(const Napi::CallbackInfo& info);
    Napi::Value finish(const Napi::CallbackInfo& info);

    std::shared_ptr<TextParser> parser_;
    /// What is being parsed; kept from push to push, since fresh memory costs as much as a quarter of the
    /// parsing.
    std::shared_ptr<std::vector<char>> chunk_ = std::make_shared<std::vector<char>>();
    std::shared_ptr<BusyFlag> busy_ = std::make_shared<BusyFlag>();
};

class ClientPoolWrap : public Napi::ObjectWrap<ClientPoolWrap> {
  public:
    static constexpr napi_type_tag kTag{0xc34f7e910ad84b25ULL, 0xa6e27d5913fc4b80ULL};
    static constexpr const char* kWhat = "ClientPool";
    static Napi::Function define(Napi::Env env);
    explicit ClientPoolWrap(const Napi::CallbackInfo& info);

    const std::shared_ptr<ClientPool>& pool() const { return held_.get(); }
    const std::shared_ptr<BusyFlag>& busy() const { return busy_; }

  private:
    Napi::Value alpha(const Napi::CallbackInfo& info);
    Napi::Value intercepts(const Napi::CallbackInfo& info);
    Napi::Value propose(const Napi::CallbackInfo& info);
    Napi::Value evaluate(const Napi::CallbackInfo& info);
    Napi::Value bytes(const Napi::CallbackInfo& info);
    Napi::Value dispose(const Napi::CallbackInfo& info);

    Held<ClientPool> held_;
    std::shared_ptr<BusyFlag> busy_ = std::make_shared<BusyFlag>();
};

class ServerWrap : public Napi::ObjectWrap<ServerWrap> {
  public:
    static constexpr napi_type_tag kTag{0xd8013b7f4ea24c69ULL, 0x8f6b90e2c5714da3ULL};
    static constexpr const char* kWhat = "Server";
    static Napi::Function define(Napi::Env env);
    explicit ServerWrap(const Napi::CallbackInfo& info);

  private:
    Napi::Value request(const Napi::CallbackInfo& info);
    Napi::Value evaluation(const Napi::CallbackInfo& info);
    Napi::Value receive(const Napi::CallbackInfo& info);
    Napi::Value close(const Napi::CallbackInfo& info);
    Napi::Value certificate(const Napi::CallbackInfo& info);
    Napi::Value runRounds(const Napi::CallbackInfo& info);
    Napi::Value runRound(const Napi::CallbackInfo& info);
    Napi::Value certifyNow(const Napi::CallbackInfo& info);
    Napi::Value certifyFromAlpha(const Napi::CallbackInfo& info);
    Napi::Value stepOmega(const Napi::CallbackInfo& info);
    Napi::Value fixDefaults(const Napi::CallbackInfo& info);
    Napi::Value cancel(const Napi::CallbackInfo& info);
    Napi::Value state(const Napi::CallbackInfo& info);
    Napi::Value startFrom(const Napi::CallbackInfo& info);
    Napi::Value save(const Napi::CallbackInfo& info);
    Napi::Value restore(const Napi::CallbackInfo& info);
    Napi::Value kernel(const Napi::CallbackInfo& info);
    Napi::Value finish(const Napi::CallbackInfo& info);
    Napi::Value bytes(const Napi::CallbackInfo& info);
    Napi::Value dispose(const Napi::CallbackInfo& info);

    Server& freeServer() const;
    Napi::Value start(Napi::Env env, ClientPoolWrap* clients, BackgroundWork work);

    Held<Server> held_;
    std::shared_ptr<ThreadPool> threads_;  // its own, for work without a pool of clients
    std::shared_ptr<BusyFlag> busy_ = std::make_shared<BusyFlag>();
    CancelFlag cancelled_;  // of the work under way
};

}  // namespace fedmtl::bindings
