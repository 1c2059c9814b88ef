#include "bindings/relationship.hpp"

#include "bindings/args.hpp"
#include "bindings/background.hpp"
#include "native/omega/spectrum.hpp"
#include "native/status.hpp"

namespace fedmtl::bindings {

Napi::Object kernelToJs(Napi::Env env, const TaskKernel& kernel) {
    Napi::Object result = Napi::Object::New(env);
    if (kernel.isDense()) {
        result.Set("matrix", toFloat64Array(env, kernel.matrix()));
        return result;
    }
    result.Set("basis", toFloat64Array(env, kernel.basis()));
    result.Set("r", toFloat64Array(env, kernel.r()));
    result.Set("delta", kernel.delta());
    return result;
}

/// (relationship, tasks, cols, W, epsilon?): a promise of the relationship that the models W, m x d, are the
/// answer to (what an Omega step gives for a learned one): {kernel, directions}, directions = W U, d x k
/// column-major, empty for a kernel that is written out
Napi::Value relationshipAt(const Napi::CallbackInfo& info) {
    const auto tasks = static_cast<std::size_t>(wholeNumber(info[1], "tasks"));
    const auto cols = static_cast<std::size_t>(wholeNumber(info[2], "cols"));
    const std::shared_ptr<Relationship> relationship =
        makeRelationship(tasks, object(info[0], "relationship"));
    const auto W = float64Array(info[3], "W");
    if (cols == 0 || W.size() != tasks * cols) {
        throw Error(ErrorCode::InvalidArgument, "W has " + std::to_string(W.size()) + " numbers for " +
                                                    std::to_string(tasks) + " tasks of " +
                                                    std::to_string(cols) + " features");
    }
    const auto epsilon = info[4].IsUndefined() ? std::nullopt : std::optional(number(info[4], "epsilon"));
    const auto directions = std::make_shared<std::vector<double>>();
    BackgroundWork work;
    work.run = [relationship, cols, epsilon, directions, W = std::vector<double>(W.begin(), W.end())] {
        ThreadPool threads(1);
        relationship->startAt(cols, W, epsilon, threads);
        const TaskKernel& K = relationship->kernel();
        if (K.rank() > 0) {
            *directions = projectOnBasis(cols, W, K.basis(), K.rank(), threads);
        }
    };
    work.result = [relationship, directions](Napi::Env env) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("kernel", kernelToJs(env, relationship->kernel()));
        result.Set("directions", toFloat64Array(env, *directions));
        return result;
    };
    return runInBackground(info.Env(), std::move(work));
}

/// (cols, W): a promise of the singular values of W, falling; those below 1e-6 of the first are left out
Napi::Value singularValues(const Napi::CallbackInfo& info) {
    const auto cols = static_cast<std::size_t>(wholeNumber(info[0], "cols"));
    const auto W = float64Array(info[1], "W");
    if (cols == 0 || W.size() % cols != 0) {
        throw Error(ErrorCode::InvalidArgument, "W is not a whole number of rows of cols numbers");
    }
    const auto values = std::make_shared<std::vector<double>>();
    BackgroundWork work;
    work.run = [cols, values, W = std::vector<double>(W.begin(), W.end())] {
        ThreadPool threads(1);
        *values = rightSpectrum(cols, W, threads).s;
    };
    work.result = [values](Napi::Env env) -> Napi::Value { return toFloat64Array(env, *values); };
    return runInBackground(info.Env(), std::move(work));
}

}  // namespace fedmtl::bindings
