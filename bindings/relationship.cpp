#include "bindings/relationship.hpp"

#include "bindings/args.hpp"
#include "native/dense_kernel.hpp"
#include "native/graph_kernel.hpp"
#include "native/low_rank_kernel.hpp"
#include "native/omega/registry.hpp"
#include "native/status.hpp"

namespace fedmtl::bindings {
namespace {

/// A relationship's options in a JavaScript object.
class ObjectOptions final : public FamilyOptions {
  public:
    explicit ObjectOptions(Napi::Object object) : object_(object) {}
    std::optional<double> find(const std::string& name) const override {
        return object_.Get(name).IsUndefined() ? std::nullopt : std::optional(number(name));
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

Napi::Object kernelOf(Napi::Env env, const TaskKernel& kernel) {
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
    return result;
}

Napi::Value graphKernelEntries(const Napi::CallbackInfo& info) {
    const ObjectOptions options(object(info[0], "graph"));
    const GraphKernel kernel(
        wholeNumber(info[1], "tasks"), options.number("lambda1"), options.number("lambda2"),
        {options.positions("from"), options.positions("to"), options.numbers("weights")});
    ThreadPool threads(wholeNumber(info[3], "threads"));
    return toFloat64Array(info.Env(), kernel.entries(int32Array(info[2], "positions"), threads));
}

}  // namespace fedmtl::bindings
