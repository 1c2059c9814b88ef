#include "bindings/relationship.hpp"

#include "bindings/args.hpp"
#include "bindings/background.hpp"
#include "native/dense_kernel.hpp"
#include "native/graph_kernel.hpp"
#include "native/low_rank_kernel.hpp"
#include "native/omega/registry.hpp"
#include "native/omega/spectrum.hpp"
#include "native/status.hpp"

namespace fedmtl::bindings {

namespace {

/// A relationship's options in a JavaScript object.
class ObjectOptions final : public FamilyOptions {
  public:
    explicit ObjectOptions(Napi::Object object) : object_(object) {}
    bool has(const std::string& name) const override { return !object_.Get(name).IsUndefined(); }
    std::optional<double> find(const std::string& name) const override {
        return has(name) ? std::optional(number(name)) : std::nullopt;
    }
    double number(const std::string& name) const override {
        return bindings::number(object_.Get(name), name.c_str());
    }
    std::vector<double> numbers(const std::string& name) const override {
        const auto values = float64Array(object_.Get(name), name.c_str());
        return {values.begin(), values.end()};
    }
    std::vector<std::int32_t> positions(const std::string& name) const override {
        const auto values = int32Array(object_.Get(name), name.c_str());
        return {values.begin(), values.end()};
    }

  private:
    Napi::Object object_;
};

}  // namespace

std::unique_ptr<Relationship> relationshipOf(std::size_t tasks, const Napi::Object& given) {
    const ObjectOptions options(given);
    return makeRelationship(string(given.Get("family"), "family"), tasks,
                            {options.number("lambda1"), options.number("lambda2")}, options);
}

Napi::Object kernelToJs(Napi::Env env, const Relationship& relationship) {
    const TaskKernel& kernel = relationship.kernel();
    Napi::Object result = Napi::Object::New(env);
    if (const auto* dense = dynamic_cast<const DenseKernel*>(&kernel)) {
        result.Set("matrix", toFloat64Array(env, dense->matrix()));
    } else if (const auto* lowRank = dynamic_cast<const LowRankKernel*>(&kernel)) {
        result.Set("basis", toFloat64Array(env, lowRank->basis()));
        result.Set("r", toFloat64Array(env, lowRank->r()));
        result.Set("delta", lowRank->delta());
    } else if (const auto* graph = dynamic_cast<const GraphKernel*>(&kernel)) {
        result.Set("from", toInt32Array(env, graph->edges().from));
        result.Set("to", toInt32Array(env, graph->edges().to));
        result.Set("weights", toFloat64Array(env, graph->edges().weights));
        result.Set("lambda1", graph->lambda1());
        result.Set("lambda2", graph->lambda2());
    }
    if (const PrecisionMatrix* omega = relationship.precision()) {
        Napi::Object precision = Napi::Object::New(env);
        precision.Set("diagonal", toFloat64Array(env, omega->diagonal));
        precision.Set("from", toInt32Array(env, omega->from));
        precision.Set("to", toInt32Array(env, omega->to));
        precision.Set("values", toFloat64Array(env, omega->values));
        result.Set("precision", precision);
    }
    return result;
}

/// (relationship, tasks, cols, W, epsilon?): a promise of the relationship that the models W, m x d, are the
/// answer to (what an Omega step gives for a learned one): {kernel, directions}, directions = W U, d x k
/// column-major, empty for a kernel that is not low rank + identity
Napi::Value relationshipAt(const Napi::CallbackInfo& info) {
    const auto tasks = static_cast<std::size_t>(wholeNumber(info[1], "tasks"));
    const auto cols = static_cast<std::size_t>(wholeNumber(info[2], "cols"));
    const std::shared_ptr<Relationship> relationship = relationshipOf(tasks, object(info[0], "relationship"));
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
        const LowRankKernel* K = relationship->kernel().asLowRank();
        if (K != nullptr && K->rank() > 0) {
            *directions = projectOnBasis(cols, W, K->basis(), K->rank(), threads);
        }
    };
    work.result = [relationship, directions](Napi::Env env) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("kernel", kernelToJs(env, *relationship));
        result.Set("directions", toFloat64Array(env, *directions));
        return result;
    };
    return runInBackground(info.Env(), std::move(work));
}

/// (graph, tasks, positions, threads): K_st of a graph's kernel for these tasks, p x p
Napi::Value graphKernelEntries(const Napi::CallbackInfo& info) {
    const ObjectOptions options(object(info[0], "graph"));
    const GraphKernel kernel(
        wholeNumber(info[1], "tasks"), options.number("lambda1"), options.number("lambda2"),
        {options.positions("from"), options.positions("to"), options.numbers("weights")});
    ThreadPool threads(wholeNumber(info[3], "threads"));
    return toFloat64Array(info.Env(), kernel.entries(int32Array(info[2], "positions"), threads));
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
