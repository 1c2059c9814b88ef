#include "bindings/server_messages.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "native/message_text.hpp"

namespace fedmtl::bindings {

Policy policyOf(const std::string& name) {
    const std::pair<const char*, Policy> policies[] = {{"paper", Policy::Paper},
                                                       {"row", Policy::Row},
                                                       {"spectral", Policy::Spectral},
                                                       {"adaptive", Policy::Adaptive},
                                                       {"accelerated", Policy::Accelerated}};
    for (const auto& [known, policy] : policies) {
        if (name == known) {
            return policy;
        }
    }
    throw Error(ErrorCode::InvalidArgument, "policy \"" + name + "\" is not known");
}

std::uint64_t count(const Napi::Object& options, const char* name) {
    const double value = number(options.Get(name), name);
    constexpr double kLargestExact = 9007199254740992.0;  // 2^53; Infinity means "never"
    return value < kLargestExact ? static_cast<std::uint64_t>(value)
                                 : std::numeric_limits<std::uint64_t>::max();
}

RoundPlan roundPlan(const Napi::Object& options) {
    RoundPlan plan;
    plan.firstRound = count(options, "firstRound");
    plan.maxRounds = count(options, "maxRounds");
    plan.roundOfWStep = count(options, "roundOfWStep");
    plan.certifyEvery = std::max<std::uint64_t>(1, count(options, "certifyEvery"));
    plan.certifyAlwaysFrom = count(options, "certifyAlwaysFrom");
    plan.lastRound = count(options, "lastRound");
    plan.stopRelativeGap = number(options.Get("stopRelativeGap"), "stopRelativeGap");
    plan.stopGap = number(options.Get("stopGap"), "stopGap");
    plan.stopObjective = number(options.Get("stopObjective"), "stopObjective");
    plan.seconds = number(options.Get("seconds"), "seconds");
    return plan;
}

void requireSteps(std::span<const double> steps, std::size_t tasks) {
    if (steps.size() != tasks) {
        throw Error(ErrorCode::InvalidArgument, "steps has " + std::to_string(steps.size()) +
                                                    " entries for " + std::to_string(tasks) + " tasks");
    }
    constexpr double kMostSteps = 9007199254740991.0;  // 2^53 - 1
    for (std::size_t t = 0; t < steps.size(); ++t) {
        if (!(steps[t] >= 0.0 && steps[t] <= kMostSteps && steps[t] == std::floor(steps[t]))) {
            throw Error(ErrorCode::InvalidArgument,
                        "steps of task " + std::to_string(t) + " are " + formatNumber(steps[t]) +
                            "; give a whole number from 0, where 0 drops the round");
        }
    }
}

void requireSameShape(const ClientPool& pool, const Server& server) {
    if (!pool.mayServe(server.vectors())) {
        throw Error(ErrorCode::InvalidArgument, "these clients work with another server");
    }
    if (pool.tasks().taskCount() != server.tasks() || pool.tasks().cols() != server.cols()) {
        throw Error(ErrorCode::InvalidArgument,
                    "the clients hold " + std::to_string(pool.tasks().taskCount()) + " tasks of " +
                        std::to_string(pool.tasks().cols()) + " features, the server expects " +
                        std::to_string(server.tasks()) + " of " + std::to_string(server.cols()));
    }
}

Napi::Object toJs(Napi::Env env, const Certificate& certificate) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("primal", certificate.primal);
    result.Set("dual", certificate.dual);
    result.Set("gap", certificate.gap);
    result.Set("relativeGap", certificate.relativeGap());
    result.Set("jointObjective", certificate.jointObjective);
    result.Set("jointDual", certificate.jointDual);
    return result;
}

Napi::Float64Array toJs(Napi::Env env, const std::vector<RoundRecord>& records) {
    constexpr std::size_t kRecordFields = 14;
    auto table = Napi::Float64Array::New(env, records.size() * kRecordFields);
    double* cell = table.Data();
    for (const RoundRecord& record : records) {
        const double fields[kRecordFields] = {static_cast<double>(record.round),
                                              static_cast<double>(record.steps),
                                              static_cast<double>(record.flops),
                                              static_cast<double>(record.participants),
                                              record.seconds,
                                              record.certified ? 1.0 : 0.0,
                                              record.stop ? 1.0 : 0.0,
                                              record.gamma,
                                              record.restarted ? 1.0 : 0.0,
                                              record.certificate.primal,
                                              record.certificate.dual,
                                              record.certificate.gap,
                                              record.certificate.jointObjective,
                                              record.certificate.jointDual};
        cell = std::copy(std::begin(fields), std::end(fields), cell);
    }
    return table;
}

void setDecision(Napi::Object message, const Decision& decision) {
    message.Set("decidedRound", static_cast<double>(decision.round));
    message.Set("gamma", decision.gamma);
    message.Set("restarts", static_cast<double>(decision.restarts));
}

}  // namespace fedmtl::bindings
