// Server for JavaScript: V, K, W, Omega, and the call that runs rounds against a pool of clients in this
// process.
#include "bindings/classes.hpp"
#include "bindings/relationship.hpp"
#include "bindings/server_messages.hpp"
#include "native/session.hpp"

namespace fedmtl::bindings {
namespace {

/// Both sides of a call, of which each holds its own on until the call is over.
struct Sides {
    ClientPoolWrap& clients;
    std::shared_ptr<ClientPool> pool;
    std::shared_ptr<Server> server;
};

/// @throws Error InvalidArgument unless the clients are of the server's tasks and features
Sides sidesOf(const Napi::Value& given, const std::shared_ptr<Server>& server) {
    ClientPoolWrap& clients = unwrap<ClientPoolWrap>(given);
    const auto pool = clients.pool();
    requireSameShape(*pool, *server);
    return {clients, pool, server};
}

/// Work that resolves with a certificate.
template <class Certify>
BackgroundWork certifying(const Sides& sides, Certify certify) {
    const auto certificate = std::make_shared<Certificate>();
    BackgroundWork work;
    work.run = [server = sides.server, pool = sides.pool, certificate, certify] {
        *certificate = certify(*pool, *server);
    };
    work.result = [certificate](Napi::Env env) -> Napi::Value { return toJs(env, *certificate); };
    return work;
}

}  // namespace

Napi::Function ServerWrap::define(Napi::Env env) {
    using Self = ServerWrap;
    return DefineClass(env, kWhat,
                       {instanceMethod<Self, &Self::request>("request"),
                        instanceMethod<Self, &Self::evaluation>("evaluation"),
                        instanceMethod<Self, &Self::receive>("receive"),
                        instanceMethod<Self, &Self::close>("close"),
                        instanceMethod<Self, &Self::certificate>("certificate"),
                        instanceMethod<Self, &Self::runRounds>("runRounds"),
                        instanceMethod<Self, &Self::runRound>("runRound"),
                        instanceMethod<Self, &Self::certifyNow>("certifyNow"),
                        instanceMethod<Self, &Self::certifyFromAlpha>("certifyFromAlpha"),
                        instanceMethod<Self, &Self::stepOmega>("stepOmega"),
                        instanceMethod<Self, &Self::fixDefaults>("fixDefaults"),
                        instanceMethod<Self, &Self::cancel>("cancel"),
                        instanceMethod<Self, &Self::state>("state"),
                        instanceMethod<Self, &Self::startFrom>("startFrom"),
                        instanceMethod<Self, &Self::save>("save"),
                        instanceMethod<Self, &Self::restore>("restore"),
                        instanceMethod<Self, &Self::kernel>("kernel"),
                        instanceMethod<Self, &Self::finish>("finish"),
                        instanceMethod<Self, &Self::bytes>("bytes"),
                        instanceMethod<Self, &Self::dispose>("dispose")});
}

/// ({tasks, cols, relationship, policy, threads, clients?}); with clients, it works with these alone, and
/// both hold the vectors v_t once
ServerWrap::ServerWrap(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ServerWrap>(info), held_(kWhat, info.Env()) {
    guarded(info.Env(), [&] {
        const Napi::Object options = object(info[0], "options");
        const std::uint64_t tasks = count(options, "tasks");
        threads_ = std::make_shared<ThreadPool>(count(options, "threads"));
        const Napi::Value clients = options.Get("clients");
        auto relationship = relationshipOf(tasks, object(options.Get("relationship"), "relationship"));
        auto server = std::make_shared<Server>(
            tasks, count(options, "cols"), std::move(relationship),
            policyOf(string(options.Get("policy"), "policy")), *threads_,
            clients.IsUndefined() ? nullptr : unwrap<ClientPoolWrap>(clients).pool()->lend());
        const std::size_t bytes = server->bytes();
        held_.hold(std::move(server), bytes);
        info.This().As<Napi::Object>().TypeTag(&kTag);
    });
}

Server& ServerWrap::freeServer() const {
    busy_->requireFree(kWhat);
    return *held_.get();
}

/// Starts work on the server (and perhaps a pool of clients) with both marked as in use until it is over.
Napi::Value ServerWrap::start(Napi::Env env, ClientPoolWrap* clients, BackgroundWork work) {
    if (clients != nullptr) {
        clients->busy()->requireFree(ClientPoolWrap::kWhat);
    }
    busy_->acquire(kWhat);
    const auto clientsBusy = clients != nullptr ? clients->busy() : nullptr;
    if (clientsBusy != nullptr) {
        clientsBusy->acquire(ClientPoolWrap::kWhat);
    }
    work.finished = [busy = busy_, clientsBusy] {
        busy->release();
        if (clientsBusy != nullptr) {
            clientsBusy->release();
        }
    };
    cancelled_ = work.cancelled;
    return runInBackground(env, std::move(work));
}

/// (task, round, steps): {round, w, S, steps, beta, decidedRound, gamma, restarts}
Napi::Value ServerWrap::request(const Napi::CallbackInfo& info) {
    Server& server = freeServer();
    const std::size_t task = taskIndex(info[0], server.tasks());
    std::vector<double> scratch;
    const RoundRequest request =
        server.request(task, wholeNumber(info[1], "round"), wholeNumber(info[2], "steps"), scratch);
    Napi::Object message = Napi::Object::New(info.Env());
    message.Set("round", static_cast<double>(request.round));
    message.Set("w", toFloat64Array(info.Env(), request.w));
    message.Set("S", request.S);
    message.Set("steps", static_cast<double>(request.steps));
    message.Set("beta", request.beta);
    setDecision(message, request.decision);
    return message;
}

/// (task): {w, decidedRound, gamma, restarts}, what a client needs to evaluate at w_t itself
Napi::Value ServerWrap::evaluation(const Napi::CallbackInfo& info) {
    const Server& server = freeServer();
    const std::size_t task = taskIndex(info[0], server.tasks());
    Napi::Object message = Napi::Object::New(info.Env());
    std::vector<double> scratch;
    message.Set("w", toFloat64Array(info.Env(), server.w(task, scratch)));
    setDecision(message, server.decision(task));
    return message;
}

/// (task, round, v, e)
Napi::Value ServerWrap::receive(const Napi::CallbackInfo& info) {
    Server& server = freeServer();
    const std::size_t task = taskIndex(info[0], server.tasks());
    const auto v = float64Array(info[2], "v");
    if (v.size() != server.cols()) {
        throw Error(ErrorCode::InvalidArgument, "v has " + std::to_string(v.size()) +
                                                    " entries; the server expects " +
                                                    std::to_string(server.cols()));
    }
    requireFinite(v, "v");
    const double e = number(info[3], "e");
    requireFinite(std::span(&e, 1), "e");
    server.receive(task, Proposal{.round = wholeNumber(info[1], "round"), .v = v, .e = e});
    return info.Env().Undefined();
}

/// (): a promise; ends the round
Napi::Value ServerWrap::close(const Napi::CallbackInfo& info) {
    BackgroundWork work;
    work.run = [server = held_.get(), threads = threads_] { server->close(*threads); };
    work.result = [](Napi::Env env) { return env.Undefined(); };
    return start(info.Env(), nullptr, std::move(work));
}

/// (lossSums, conjugateSums), one a task: the certificate at the current W
Napi::Value ServerWrap::certificate(const Napi::CallbackInfo& info) {
    const Server& server = freeServer();
    const auto lossSums = float64Array(info[0], "lossSums");
    const auto conjugateSums = float64Array(info[1], "conjugateSums");
    if (lossSums.size() != server.tasks() || conjugateSums.size() != server.tasks()) {
        throw Error(ErrorCode::InvalidArgument,
                    "a certificate needs the sums of all " + std::to_string(server.tasks()) + " tasks");
    }
    std::vector<Objective> objectives(server.tasks());
    for (std::size_t t = 0; t < objectives.size(); ++t) {
        objectives[t] = {lossSums[t], conjugateSums[t]};
    }
    return toJs(info.Env(), server.certify(objectives, *threads_));
}

/// (clients, plan, steps): a promise of the table of round records
Napi::Value ServerWrap::runRounds(const Napi::CallbackInfo& info) {
    const Sides sides = sidesOf(info[0], held_.get());
    const auto steps = float64Array(info[2], "steps");
    requireSteps(steps, sides.server->tasks());
    const auto records = std::make_shared<std::vector<RoundRecord>>();
    BackgroundWork work;
    work.run = [server = sides.server, pool = sides.pool, records, plan = roundPlan(object(info[1], "plan")),
                cancelled = work.cancelled,
                budgets = std::vector<double>(steps.begin(), steps.end())]() mutable {
        plan.steps = budgets;
        *records = fedmtl::runRounds(*pool, *server, plan, *cancelled);
    };
    work.result = [records](Napi::Env env) -> Napi::Value { return toJs(env, *records); };
    return start(info.Env(), &sides.clients, std::move(work));
}

/// (clients, plan, steps, wantTheta): a promise of {record, steps, flops, theta}, the last three one a task
Napi::Value ServerWrap::runRound(const Napi::CallbackInfo& info) {
    const Sides sides = sidesOf(info[0], held_.get());
    const auto steps = float64Array(info[2], "steps");
    requireSteps(steps, sides.server->tasks());
    const auto records = std::make_shared<std::vector<RoundRecord>>();
    const auto tasks = std::make_shared<TaskWork>(sides.server->tasks());
    RoundPlan plan = roundPlan(object(info[1], "plan"));
    plan.maxRounds = 1;
    plan.wantTheta = info[3].ToBoolean();
    BackgroundWork work;
    work.run = [server = sides.server, pool = sides.pool, records, tasks, plan, cancelled = work.cancelled,
                budgets = std::vector<double>(steps.begin(), steps.end())]() mutable {
        plan.steps = budgets;
        *records = fedmtl::runRounds(*pool, *server, plan, *cancelled, tasks.get());
    };
    work.result = [records, tasks](Napi::Env env) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("record", toJs(env, *records));
        result.Set("steps", toFloat64Array(env, tasks->steps));
        result.Set("flops", toFloat64Array(env, tasks->flops));
        result.Set("theta", toFloat64Array(env, tasks->theta));
        return result;
    };
    return start(info.Env(), &sides.clients, std::move(work));
}

/// (clients): a promise of the certificate at the current W, which changes nothing
Napi::Value ServerWrap::certifyNow(const Napi::CallbackInfo& info) {
    const Sides sides = sidesOf(info[0], held_.get());
    return start(info.Env(), &sides.clients, certifying(sides, fedmtl::certifyNow));
}

/// (clients): a promise of the certificate for alpha itself
Napi::Value ServerWrap::certifyFromAlpha(const Napi::CallbackInfo& info) {
    const Sides sides = sidesOf(info[0], held_.get());
    return start(info.Env(), &sides.clients, certifying(sides, fedmtl::certifyFromAlpha));
}

/// (): a promise of {taken, regularizerBefore, regularizerAfter, penaltyBefore, settled, rank, cutBound}
Napi::Value ServerWrap::stepOmega(const Napi::CallbackInfo& info) {
    const auto step = std::make_shared<OmegaStep>();
    BackgroundWork work;
    work.run = [server = held_.get(), threads = threads_, step, cancelled = work.cancelled] {
        *step = server->stepOmega(*threads, *cancelled);
    };
    work.result = [step](Napi::Env env) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("taken", step->taken);
        result.Set("regularizerBefore", step->regularizerBefore);
        result.Set("penaltyBefore", step->penaltyBefore);
        result.Set("regularizerAfter", step->regularizerAfter);
        result.Set("settled", step->settled);
        result.Set("rank", static_cast<double>(step->rank));
        result.Set("cutBound", step->cutBound);
        return result;
    };
    return start(info.Env(), nullptr, std::move(work));
}

/// (): a promise; fixes defaults that depend on the first W step
Napi::Value ServerWrap::fixDefaults(const Napi::CallbackInfo& info) {
    BackgroundWork work;
    work.run = [server = held_.get(), threads = threads_] { server->fixDefaults(*threads); };
    work.result = [](Napi::Env env) { return env.Undefined(); };
    return start(info.Env(), nullptr, std::move(work));
}

/// (): abandons the round under way; its promise resolves with the rounds finished before
Napi::Value ServerWrap::cancel(const Napi::CallbackInfo& info) {
    if (cancelled_ != nullptr) {
        cancelled_->store(true);
    }
    return info.Env().Undefined();
}

/// (): {V, W, S, penalty, epsilon?}, V and W task-major
Napi::Value ServerWrap::state(const Napi::CallbackInfo& info) {
    const Server& server = freeServer();
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("V", toFloat64Array(info.Env(), server.V()));
    result.Set("W", toFloat64Array(info.Env(), server.W(*threads_)));
    result.Set("S", toFloat64Array(info.Env(), server.S()));
    result.Set("penalty", server.relationship().penalty());
    if (const auto epsilon = server.relationship().epsilon()) {
        result.Set("epsilon", *epsilon);
    }
    return result;
}

/// (clients, scores, W?, epsilon?): a promise; starts at the n scores of a model instead of alpha = 0, a
/// learned relationship at its W, m x d, if that is given
Napi::Value ServerWrap::startFrom(const Napi::CallbackInfo& info) {
    const Sides sides = sidesOf(info[0], held_.get());
    const auto scores = float64Array(info[1], "scores");
    const bool withRelationship = !info[2].IsUndefined();
    const auto W = withRelationship ? float64Array(info[2], "W") : std::span<const double>{};
    if (scores.size() != sides.pool->tasks().rowCount() ||
        (withRelationship && W.size() != sides.server->V().size())) {
        throw Error(ErrorCode::InvalidArgument, "a start needs one score a row and d weights a task, got " +
                                                    std::to_string(scores.size()) + " and " +
                                                    std::to_string(W.size()) + " numbers");
    }
    const auto epsilon = info[3].IsUndefined() ? std::nullopt : std::optional(number(info[3], "epsilon"));
    BackgroundWork work;
    work.run = [server = sides.server, pool = sides.pool, epsilon, withRelationship,
                scores = std::vector<double>(scores.begin(), scores.end()),
                W = std::vector<double>(W.begin(), W.end())] {
        if (withRelationship) {
            server->startRelationship(W, epsilon, pool->threads());
        }
        fedmtl::startFrom(*pool, *server, scores);
    };
    work.result = [](Napi::Env env) { return env.Undefined(); };
    return start(info.Env(), &sides.clients, std::move(work));
}

/// (clients): the state of both sides after a finished round or Omega step, arrays by name
Napi::Value ServerWrap::save(const Napi::CallbackInfo& info) {
    ClientPoolWrap& clients = unwrap<ClientPoolWrap>(info[0]);
    clients.busy()->requireFree(ClientPoolWrap::kWhat);
    const Server& server = freeServer();
    requireSameShape(*clients.pool(), server);
    ObjectWriter state(info.Env());
    saveState(*clients.pool(), server, state);
    return state.object();
}

/// (clients, state): into both sides, made as those that were saved
Napi::Value ServerWrap::restore(const Napi::CallbackInfo& info) {
    ClientPoolWrap& clients = unwrap<ClientPoolWrap>(info[0]);
    clients.busy()->requireFree(ClientPoolWrap::kWhat);
    Server& server = freeServer();
    requireSameShape(*clients.pool(), server);
    restoreState(*clients.pool(), server, ObjectReader(object(info[1], "state")));
    return info.Env().Undefined();
}

/// (): see kernelToJs
Napi::Value ServerWrap::kernel(const Napi::CallbackInfo& info) {
    return kernelToJs(info.Env(), freeServer().relationship());
}

/// (): {W, epsilon?}, W task-major; the server then holds what `kernel` and `state` tell, and runs no more
Napi::Value ServerWrap::finish(const Napi::CallbackInfo& info) {
    Server& server = freeServer();
    server.finish();
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("W", toFloat64Array(info.Env(), server.W(*threads_)));
    if (const auto epsilon = server.relationship().epsilon()) {
        result.Set("epsilon", *epsilon);
    }
    return result;
}

/// (): bytes of memory held
Napi::Value ServerWrap::bytes(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(freeServer().bytes()));
}

Napi::Value ServerWrap::dispose(const Napi::CallbackInfo& info) {
    busy_->requireFree(kWhat);
    held_.drop();
    threads_.reset();
    return info.Env().Undefined();
}

}  // namespace fedmtl::bindings
