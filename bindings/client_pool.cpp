// ClientPool for JavaScript: data and dual variables of the tasks of one process.
#include "bindings/classes.hpp"

namespace fedmtl::bindings {
namespace {

/// {loss, smoothing, lossEpsilon, huberDelta}
LossSpec lossSpec(const Napi::Object& options) {
    const std::pair<const char*, LossKind> losses[] = {{"hinge", LossKind::Hinge},
                                                       {"smoothed-hinge", LossKind::SmoothedHinge},
                                                       {"logistic", LossKind::Logistic},
                                                       {"squared", LossKind::Squared},
                                                       {"epsilon-insensitive", LossKind::EpsilonInsensitive},
                                                       {"huber", LossKind::Huber}};
    const std::string name = string(options.Get("loss"), "loss");
    for (const auto& [known, kind] : losses) {
        if (name == known) {
            return {kind, number(options.Get("smoothing"), "smoothing"),
                    number(options.Get("lossEpsilon"), "lossEpsilon"),
                    number(options.Get("huberDelta"), "huberDelta")};
        }
    }
    throw Error(ErrorCode::InvalidArgument, "loss \"" + name + "\" is not known");
}

/// {decidedRound, gamma, restarts} of a message
Decision decisionOf(const Napi::Object& message) {
    return {wholeNumber(message.Get("decidedRound"), "decidedRound"), number(message.Get("gamma"), "gamma"),
            wholeNumber(message.Get("restarts"), "restarts")};
}

/// the loss's fields and {positive?, positiveWeight?, negativeWeight?, weighting, seed, freeIntercept,
/// momentum, shrinking, gram?, localEpochs?}
SolverSpec solverSpec(const Napi::Object& options) {
    SolverSpec spec;
    spec.loss = lossSpec(options);
    if (!options.Get("positive").IsUndefined()) {
        spec.positiveLabel = number(options.Get("positive"), "positive");
    }
    if (!options.Get("positiveWeight").IsUndefined()) {
        spec.positiveWeight = number(options.Get("positiveWeight"), "positiveWeight");
        spec.negativeWeight = number(options.Get("negativeWeight"), "negativeWeight");
    }
    spec.weighting =
        string(options.Get("weighting"), "weighting") == "mean" ? Weighting::Mean : Weighting::Sum;
    spec.seed = static_cast<std::uint64_t>(number(options.Get("seed"), "seed"));
    spec.freeIntercept = options.Get("freeIntercept").ToBoolean();
    spec.momentum = options.Get("momentum").ToBoolean();
    spec.shrinking = options.Get("shrinking").ToBoolean();
    if (!options.Get("gram").IsUndefined()) {
        const std::string gram = string(options.Get("gram"), "gram");
        spec.gram = gram == "on" ? GramMode::On : gram == "auto" ? GramMode::Auto : GramMode::Off;
        spec.localEpochs = number(options.Get("localEpochs"), "localEpochs");
    }
    return spec;
}

}  // namespace

Napi::Function ClientPoolWrap::define(Napi::Env env) {
    using Self = ClientPoolWrap;
    return DefineClass(
        env, kWhat,
        {instanceMethod<Self, &Self::alpha>("alpha"), instanceMethod<Self, &Self::intercepts>("intercepts"),
         instanceMethod<Self, &Self::propose>("propose"), instanceMethod<Self, &Self::evaluate>("evaluate"),
         instanceMethod<Self, &Self::bytes>("bytes"), instanceMethod<Self, &Self::dispose>("dispose")});
}

/// (tasks, {loss, smoothing, lossEpsilon, huberDelta, positive?, positiveWeight?, negativeWeight?, weighting,
/// seed, threads, freeIntercept, momentum, shrinking, gram?, localEpochs?}, like?: a pool of the same tasks)
ClientPoolWrap::ClientPoolWrap(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ClientPoolWrap>(info), held_(kWhat, info.Env()) {
    guarded(info.Env(), [&] {
        const Napi::Object options = object(info[1], "options");
        const auto like = info[2].IsUndefined() ? nullptr : unwrap<ClientPoolWrap>(info[2]).pool();
        auto pool = std::make_shared<ClientPool>(
            unwrap<TaskSetWrap>(info[0]).tasks(), solverSpec(options),
            static_cast<std::size_t>(number(options.Get("threads"), "threads")), like.get());
        const std::size_t bytes = pool->bytes();
        held_.hold(std::move(pool), bytes);
        info.This().As<Napi::Object>().TypeTag(&kTag);
    });
}

/// (): n dual variables, rows in the order of the set; those of the last decided round
Napi::Value ClientPoolWrap::alpha(const Napi::CallbackInfo& info) {
    busy_->requireFree(kWhat);
    return toFloat64Array(info.Env(), pool()->alpha());
}

/// (): m intercepts of the last certificate, 0 unless they are free
Napi::Value ClientPoolWrap::intercepts(const Napi::CallbackInfo& info) {
    busy_->requireFree(kWhat);
    return toFloat64Array(info.Env(), pool()->intercepts());
}

/// (task, {round, w, S, steps, beta, decidedRound, gamma, restarts, wantTheta}): a promise of {round, v, e,
/// steps, flops, theta}
Napi::Value ClientPoolWrap::propose(const Napi::CallbackInfo& info) {
    const auto clients = pool();
    const std::size_t task = taskIndex(info[0], clients->tasks().taskCount());
    const Napi::Object message = object(info[1], "request");
    const auto w = float64Array(message.Get("w"), "w");
    if (w.size() != clients->tasks().cols()) {
        throw Error(ErrorCode::InvalidArgument, "w has " + std::to_string(w.size()) +
                                                    " entries; the task has " +
                                                    std::to_string(clients->tasks().cols()) + " features");
    }
    RoundRequest request;
    request.round = wholeNumber(message.Get("round"), "round");
    request.S = number(message.Get("S"), "S");
    request.steps = wholeNumber(message.Get("steps"), "steps");
    request.beta = number(message.Get("beta"), "beta");
    request.decision = decisionOf(message);
    request.wantTheta = message.Get("wantTheta").ToBoolean();
    requireFinite(w, "w");
    if (!(request.S >= 0.0 && std::isfinite(request.S)) || !(request.beta >= 0.0 && request.beta < 1.0) ||
        !(request.decision.gamma >= 0.0 && request.decision.gamma <= 1.0)) {
        throw Error(ErrorCode::InvalidArgument,
                    "a request needs a finite S from 0, beta in [0, 1) and gamma in [0, 1]");
    }
    busy_->acquire(kWhat);
    BackgroundWork work;
    const auto proposal = std::make_shared<Proposal>();
    work.run = [clients, task, request, proposal, cancelled = work.cancelled,
                wCopy = std::vector<double>(w.begin(), w.end())]() mutable {
        request.w = wCopy;
        ClientWorkspace workspace;
        Client client = clients->client(task);
        client.decide(request.decision);
        *proposal = client.propose(request, workspace, *cancelled);
    };
    work.result = [clients, proposal](Napi::Env env) -> Napi::Value {
        Napi::Object reply = Napi::Object::New(env);
        reply.Set("round", static_cast<double>(proposal->round));
        reply.Set("v", toFloat64Array(env, proposal->v));
        reply.Set("e", proposal->e);
        reply.Set("steps", static_cast<double>(proposal->steps));
        reply.Set("flops", static_cast<double>(proposal->flops));
        reply.Set("theta", proposal->theta);
        return reply;
    };
    work.finished = [busy = busy_] { busy->release(); };
    return runInBackground(info.Env(), std::move(work));
}

/// (task, {w, decidedRound, gamma, restarts}): {lossSum, conjugateSum} after the decision on the last
/// proposal
Napi::Value ClientPoolWrap::evaluate(const Napi::CallbackInfo& info) {
    busy_->requireFree(kWhat);
    Client client = pool()->client(taskIndex(info[0], pool()->tasks().taskCount()));
    const Napi::Object message = object(info[1], "request");
    const auto w = float64Array(message.Get("w"), "w");
    if (w.size() != pool()->tasks().cols()) {
        throw Error(ErrorCode::InvalidArgument, "w has " + std::to_string(w.size()) +
                                                    " entries; the task has " +
                                                    std::to_string(pool()->tasks().cols()) + " features");
    }
    client.decide(decisionOf(message));
    ClientWorkspace workspace;
    const Objective objective = client.evaluate(w, workspace);
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("lossSum", objective.lossSum);
    result.Set("conjugateSum", objective.conjugateSum);
    return result;
}

/// (): bytes of memory held, the data themselves apart
Napi::Value ClientPoolWrap::bytes(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(pool()->bytes()));
}

Napi::Value ClientPoolWrap::dispose(const Napi::CallbackInfo& info) {
    busy_->requireFree(kWhat);
    held_.drop();
    return info.Env().Undefined();
}

}  // namespace fedmtl::bindings
