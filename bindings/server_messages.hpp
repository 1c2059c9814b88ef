// What passes between JavaScript and a server: options, plans and budgets in, decisions, certificates,
// records and saved states out. src/native.ts types all of it.
#pragma once

#include <napi.h>

#include <span>
#include <string>
#include <vector>

#include "bindings/args.hpp"
#include "native/session.hpp"

namespace fedmtl::bindings {

/// @throws Error InvalidArgument for an unknown name
Policy policyOf(const std::string& name);

/// A whole number of an object; from 2^53 on, Infinity among them, the largest there is: "never".
std::uint64_t count(const Napi::Object& options, const char* name);

/// All of a plan but its steps and whether theta is wanted.
RoundPlan roundPlan(const Napi::Object& options);

/// @throws Error InvalidArgument unless they are one a task, whole numbers from 0; a user's budgets end up
/// here
void requireSteps(std::span<const double> steps, std::size_t tasks);

/// @throws Error InvalidArgument unless the clients are of the server's tasks and features
void requireSameShape(const ClientPool& pool, const Server& server);

Napi::Object toJs(Napi::Env env, const Certificate& certificate);

/// One row of kRecordFields numbers a round; src/native.ts reads it back.
Napi::Float64Array toJs(Napi::Env env, const std::vector<RoundRecord>& records);

/// decidedRound, gamma and restarts of a message.
void setDecision(Napi::Object message, const Decision& decision);

/// A new JavaScript object of Float64Arrays.
class ObjectWriter final : public StateWriter {
  public:
    using StateWriter::write;
    explicit ObjectWriter(Napi::Env env) : object_(Napi::Object::New(env)) {}
    void write(const std::string& name, std::span<const double> values) override {
        object_.Set(name, toFloat64Array(object_.Env(), values));
    }
    Napi::Object object() const { return object_; }

  private:
    Napi::Object object_;
};

class ObjectReader final : public StateReader {
  public:
    explicit ObjectReader(Napi::Object object) : object_(object) {}
    std::span<const double> read(const std::string& name) const override {
        return float64Array(object_.Get(name), name.c_str());
    }

  private:
    Napi::Object object_;
};

}  // namespace fedmtl::bindings
