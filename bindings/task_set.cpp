// TaskSet and TaskSetBuilder for JavaScript.
#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "bindings/classes.hpp"
#include "bindings/environment.hpp"
#include "native/predict.hpp"
#include "native/task_set_hash.hpp"
#include "native/task_set_transform.hpp"

namespace fedmtl::bindings {
namespace {

bool isFloat32Array(Napi::Value value) {
    return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_float32_array;
}

/// Calls body with the values as a span of double or float.
template <class Body>
auto withValues(Napi::Value value, const char* name, const Body& body) {
    if (isFloat32Array(value)) {
        const auto array = value.As<Napi::Float32Array>();
        return body(std::span<const float>(array.Data(), array.ElementLength()));
    }
    return body(float64Array(value, name));
}

std::span<const double> optionalFloat64(Napi::Value value, const char* name) {
    return value.IsUndefined() ? std::span<const double>{} : float64Array(value, name);
}

Precision precisionOf(Napi::Value value) {
    const std::string name = string(value, "precision");
    if (name != "float64" && name != "float32") {
        throw Error(ErrorCode::InvalidArgument,
                    "precision is \"" + name + "\"; use \"float64\" or \"float32\"");
    }
    return name == "float32" ? Precision::Float32 : Precision::Float64;
}

std::size_t columnCount(Napi::Value value) {
    const double cols = number(value, "cols");
    if (!(cols >= 1.0 && cols <= static_cast<double>(kMaxCols) &&
          cols == static_cast<double>(static_cast<std::int64_t>(cols)))) {
        throw Error(ErrorCode::InvalidArgument,
                    "cols must be a whole number from 1 to " + std::to_string(kMaxCols));
    }
    return static_cast<std::size_t>(cols);
}

}  // namespace

Napi::Function TaskSetWrap::define(Napi::Env env) {
    using Self = TaskSetWrap;
    return DefineClass(
        env, kWhat,
        {staticMethod<&Self::fromDense>("fromDense"), staticMethod<&Self::fromCsr>("fromCsr"),
         instanceMethod<Self, &Self::describe>("describe"), instanceMethod<Self, &Self::names>("names"),
         instanceMethod<Self, &Self::offsets>("offsets"), instanceMethod<Self, &Self::labels>("labels"),
         instanceMethod<Self, &Self::distinctLabels>("distinctLabels"),
         instanceMethod<Self, &Self::hasLabel>("hasLabel"),
         instanceMethod<Self, &Self::sampleWeights>("sampleWeights"),
         instanceMethod<Self, &Self::rows>("rows"), instanceMethod<Self, &Self::find>("find"),
         instanceMethod<Self, &Self::contentHash>("contentHash"),
         instanceMethod<Self, &Self::selectRows>("selectRows"),
         instanceMethod<Self, &Self::selectTasks>("selectTasks"),
         instanceMethod<Self, &Self::measureScaling>("measureScaling"),
         instanceMethod<Self, &Self::transform>("transform"),
         instanceMethod<Self, &Self::decisions>("decisions"),
         instanceMethod<Self, &Self::dispose>("dispose")});
}

TaskSetWrap::TaskSetWrap(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<TaskSetWrap>(info), held_(kWhat, info.Env()) {
    info.This().As<Napi::Object>().TypeTag(&kTag);
}

Napi::Object TaskSetWrap::make(Napi::Env env, TaskSet tasks) {
    const Napi::Object object = Environment::of(env).taskSetClass.New({});
    const std::size_t bytes = tasks.bytes();
    unwrap<TaskSetWrap>(object).held_.hold(std::make_shared<const TaskSet>(std::move(tasks)), bytes);
    return object;
}

/// (cols, values, labels, taskOfRow, names, sampleWeights?)
Napi::Value TaskSetWrap::fromDense(const Napi::CallbackInfo& info) {
    const std::size_t cols = columnCount(info[0]);
    const std::vector<std::string> names = strings(info[4], "names");
    return withValues(info[1], "features", [&](auto values) {
        return make(info.Env(), TaskSet::fromDense(cols, values, float64Array(info[2], "labels"),
                                                   int32Array(info[3], "tasks"), names,
                                                   optionalFloat64(info[5], "sampleWeights")));
    });
}

/// (cols, indptr, indices, values, labels, taskOfRow, names, sampleWeights?)
Napi::Value TaskSetWrap::fromCsr(const Napi::CallbackInfo& info) {
    const std::size_t cols = columnCount(info[0]);
    const std::vector<std::int64_t> indptr = positions(info[1], "indptr");
    const std::vector<std::string> names = strings(info[6], "names");
    return withValues(info[3], "values", [&](auto values) {
        return make(info.Env(),
                    TaskSet::fromCsr(cols, indptr, int32Array(info[2], "indices"), values,
                                     float64Array(info[4], "labels"), int32Array(info[5], "tasks"), names,
                                     optionalFloat64(info[7], "sampleWeights")));
    });
}

Napi::Value TaskSetWrap::describe(const Napi::CallbackInfo& info) {
    const TaskSet& set = *tasks();
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("taskCount", static_cast<double>(set.taskCount()));
    result.Set("rowCount", static_cast<double>(set.rowCount()));
    result.Set("cols", static_cast<double>(set.cols()));
    result.Set("nnz", static_cast<double>(set.nnz()));
    result.Set("sparse", set.sparse());
    result.Set("precision", set.precision() == Precision::Float32 ? "float32" : "float64");
    result.Set("weighted", !set.sampleWeights().empty());
    result.Set("bytes", static_cast<double>(set.bytes()));
    return result;
}

Napi::Value TaskSetWrap::names(const Napi::CallbackInfo& info) {
    return toStrings(info.Env(), tasks()->names());
}

Napi::Value TaskSetWrap::offsets(const Napi::CallbackInfo& info) {
    const auto offsets = tasks()->offsets();
    auto result = Napi::Float64Array::New(info.Env(), offsets.size());
    for (std::size_t t = 0; t < offsets.size(); ++t) {
        result[t] = static_cast<double>(offsets[t]);
    }
    return result;
}

Napi::Value TaskSetWrap::labels(const Napi::CallbackInfo& info) {
    return toFloat64Array(info.Env(), tasks()->labels());
}

/// (most): the first distinct labels, at most that many, in the order of the rows
Napi::Value TaskSetWrap::distinctLabels(const Napi::CallbackInfo& info) {
    const std::size_t most = wholeNumber(info[0], "most");
    std::vector<double> found;
    for (const double label : tasks()->labels()) {
        if (found.size() == most) {
            break;
        }
        if (std::ranges::find(found, label) == found.end()) {
            found.push_back(label);
        }
    }
    return toFloat64Array(info.Env(), found);
}

/// (label): whether a row has it
Napi::Value TaskSetWrap::hasLabel(const Napi::CallbackInfo& info) {
    const auto labels = tasks()->labels();
    const bool found = std::ranges::find(labels, number(info[0], "label")) != labels.end();
    return Napi::Boolean::New(info.Env(), found);
}

/// (): one a row, or undefined: all 1
Napi::Value TaskSetWrap::sampleWeights(const Napi::CallbackInfo& info) {
    const auto weights = tasks()->sampleWeights();
    return weights.empty() ? info.Env().Undefined() : toFloat64Array(info.Env(), weights);
}

/// (first, count): {values} of packed rows of a dense set, {values, indices, indptr} of a sparse one
Napi::Value TaskSetWrap::rows(const Napi::CallbackInfo& info) {
    const TaskSet& set = *tasks();
    const double first = number(info[0], "first");
    const double count = number(info[1], "count");
    if (!(first >= 0 && count >= 0 && first + count <= static_cast<double>(set.rowCount()))) {
        throw Error(ErrorCode::InvalidArgument,
                    "the rows asked for must be within 0 .. " + std::to_string(set.rowCount()));
    }
    Napi::Object result = Napi::Object::New(info.Env());
    const auto begin = static_cast<std::size_t>(first);
    const auto end = begin + static_cast<std::size_t>(count);
    const auto copy = [&](const auto& view) {
        std::size_t from = begin * view.cols;
        std::size_t to = end * view.cols;
        if constexpr (requires { view.indptr; }) {
            from = static_cast<std::size_t>(view.indptr[begin]);
            to = static_cast<std::size_t>(view.indptr[end]);
            auto indices = Napi::Int32Array::New(info.Env(), to - from);
            std::copy(view.indices + from, view.indices + to, indices.Data());
            auto indptr = Napi::Float64Array::New(info.Env(), end - begin + 1);
            std::transform(view.indptr + begin, view.indptr + end + 1, indptr.Data(), [&](std::int64_t at) {
                return static_cast<double>(at - static_cast<std::int64_t>(from));
            });
            result.Set("indices", indices);
            result.Set("indptr", indptr);
        }
        auto values = Napi::Float64Array::New(info.Env(), to - from);
        std::copy(view.values + from, view.values + to, values.Data());
        result.Set("values", values);
    };
    std::visit(copy, set.features());
    return result;
}

/// (name): position, or -1
Napi::Value TaskSetWrap::find(const Napi::CallbackInfo& info) {
    const auto position = tasks()->find(string(info[0], "task"));
    return Napi::Number::New(info.Env(), position ? static_cast<double>(*position) : -1.0);
}

/// (): 16 hexadecimal digits over the whole content
Napi::Value TaskSetWrap::contentHash(const Napi::CallbackInfo& info) {
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016" PRIx64, fedmtl::contentHash(*tasks()));
    return Napi::String::New(info.Env(), digits);
}

Napi::Value TaskSetWrap::selectRows(const Napi::CallbackInfo& info) {
    return make(info.Env(), tasks()->selectRows(positions(info[0], "rows")));
}

Napi::Value TaskSetWrap::selectTasks(const Napi::CallbackInfo& info) {
    const std::vector<std::int64_t> chosen = positions(info[0], "tasks");
    return make(info.Env(), tasks()->selectTasks(std::vector<std::size_t>(chosen.begin(), chosen.end())));
}

Napi::Value TaskSetWrap::measureScaling(const Napi::CallbackInfo& info) {
    const FeatureScaling scaling = fedmtl::measureScaling(*tasks());
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("mean", toFloat64Array(info.Env(), scaling.mean));
    result.Set("scale", toFloat64Array(info.Env(), scaling.scale));
    return result;
}

/// ({mean, scale} | undefined, interceptColumn: number | undefined)
Napi::Value TaskSetWrap::transform(const Napi::CallbackInfo& info) {
    std::optional<FeatureScaling> scaling;
    if (!info[0].IsUndefined()) {
        const Napi::Object given = object(info[0], "scaling");
        const auto mean = float64Array(given.Get("mean"), "mean");
        const auto scale = float64Array(given.Get("scale"), "scale");
        scaling = FeatureScaling{{mean.begin(), mean.end()}, {scale.begin(), scale.end()}};
    }
    std::optional<double> intercept;
    if (!info[1].IsUndefined()) {
        intercept = number(info[1], "intercept column");
    }
    return make(info.Env(), fedmtl::transform(*tasks(), scaling ? &*scaling : nullptr, intercept));
}

/// (W, modelCols, modelOfTask, bias?): decision values, one a row
Napi::Value TaskSetWrap::decisions(const Napi::CallbackInfo& info) {
    return toFloat64Array(
        info.Env(), fedmtl::decisions(*tasks(), float64Array(info[0], "W"), columnCount(info[1]),
                                      int32Array(info[2], "modelOfTask"), optionalFloat64(info[3], "bias")));
}

Napi::Value TaskSetWrap::dispose(const Napi::CallbackInfo& info) {
    held_.drop();
    return info.Env().Undefined();
}

Napi::Function TaskSetBuilderWrap::define(Napi::Env env) {
    using Self = TaskSetBuilderWrap;
    return DefineClass(
        env, kWhat,
        {instanceMethod<Self, &Self::append>("append"), instanceMethod<Self, &Self::finish>("finish")});
}

/// (cols, precision)
TaskSetBuilderWrap::TaskSetBuilderWrap(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<TaskSetBuilderWrap>(info) {
    guarded(info.Env(), [&] {
        builder_ = std::make_unique<TaskSetBuilder>(columnCount(info[0]), precisionOf(info[1]));
        info.This().As<Napi::Object>().TypeTag(&kTag);
    });
}

/// (task, values, labels, sampleWeights?) for dense rows; (…, indptr, indices) after them for sparse ones
Napi::Value TaskSetBuilderWrap::append(const Napi::CallbackInfo& info) {
    const std::string task = string(info[0], "task");
    const auto labels = float64Array(info[2], "labels");
    const auto weights = optionalFloat64(info[3], "sampleWeights");
    withValues(info[1], "values", [&](auto values) {
        if (info[4].IsUndefined()) {
            builder_->appendDense(task, values, labels, weights);
        } else {
            builder_->appendCsr(task, positions(info[4], "indptr"), int32Array(info[5], "indices"), values,
                                labels, weights);
        }
    });
    return info.Env().Undefined();
}

Napi::Value TaskSetBuilderWrap::finish(const Napi::CallbackInfo& info) {
    return TaskSetWrap::make(info.Env(), builder_->finish());
}

}  // namespace fedmtl::bindings
