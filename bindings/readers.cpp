// The native parsers for JavaScript: data files in chunks, matrices in one piece.
#include "bindings/readers.hpp"

#include "bindings/classes.hpp"
#include "native/io/csv.hpp"
#include "native/io/edges_csv.hpp"
#include "native/io/matrix_csv.hpp"
#include "native/io/svmlight.hpp"

namespace fedmtl::bindings {
namespace {

std::span<const char> bytes(Napi::Value value, const char* name) {
    if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
        throwTypeError(value.Env(), std::string(name) + " must be a Buffer or Uint8Array");
    }
    const auto array = value.As<Napi::Uint8Array>();
    return {reinterpret_cast<const char*>(array.Data()), array.ElementLength()};
}

CsvColumns csvColumns(const Napi::Object& given) {
    CsvColumns columns;
    columns.task = string(given.Get("task"), "task column");
    columns.taskRequired = given.Get("taskRequired").ToBoolean();
    columns.label = string(given.Get("label"), "label column");
    const Napi::Value weight = given.Get("weight");
    if (!weight.IsUndefined()) {
        columns.weight = string(weight, "weight column");
    }
    return columns;
}

std::shared_ptr<TextParser> makeParser(const Napi::CallbackInfo& info) {
    std::string fileName = string(info[0], "file name");
    const Precision precision =
        string(info[1], "precision") == "float32" ? Precision::Float32 : Precision::Float64;
    if (info[2].IsUndefined()) {
        return std::make_shared<SvmlightParser>(std::move(fileName), precision);
    }
    const Napi::Object csv = object(info[2], "csv");
    const std::string delimiter = string(csv.Get("delimiter"), "delimiter");
    if (delimiter.size() != 1) {
        throwTypeError(info.Env(), "delimiter must be one character");
    }
    return std::make_shared<CsvParser>(std::move(fileName), precision, delimiter[0], csvColumns(csv));
}

}  // namespace

Napi::Function TextReaderWrap::define(Napi::Env env) {
    using Self = TextReaderWrap;
    return DefineClass(
        env, kWhat,
        {instanceMethod<Self, &Self::push>("push"), instanceMethod<Self, &Self::finish>("finish")});
}

/// (fileName, precision) for svmlight; ({delimiter, task, taskRequired, label, weight?}) after them for CSV
TextReaderWrap::TextReaderWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<TextReaderWrap>(info) {
    guarded(info.Env(), [&] {
        parser_ = makeParser(info);
        info.This().As<Napi::Object>().TypeTag(&kTag);
    });
}

/// (chunk): a promise; the chunk is copied first, since its owner may change or transfer it meanwhile
Napi::Value TextReaderWrap::push(const Napi::CallbackInfo& info) {
    const auto chunk = bytes(info[0], "chunk");
    busy_->requireFree(kWhat);
    chunk_->assign(chunk.begin(), chunk.end());
    busy_->acquire(kWhat);
    return runInBackground(info.Env(), {.run = [parser = parser_, text = chunk_] { parser->push(*text); },
                                        .result = [](Napi::Env env) { return env.Undefined(); },
                                        .finished = [busy = busy_] { busy->release(); }});
}

/// (): a promise of the TaskSet
Napi::Value TextReaderWrap::finish(const Napi::CallbackInfo& info) {
    busy_->acquire(kWhat);
    const auto tasks = std::make_shared<std::optional<TaskSet>>();
    return runInBackground(info.Env(),
                           {.run = [parser = parser_, tasks] { tasks->emplace(parser->finish()); },
                            .result = [tasks](Napi::Env env) -> Napi::Value {
                                return TaskSetWrap::make(env, std::move(**tasks));
                            },
                            .finished = [busy = busy_] { busy->release(); }});
}

/// (fileName, bytes): {rows, cols, values}
Napi::Value parseMatrix(const Napi::CallbackInfo& info) {
    const Matrix matrix = parseMatrixCsv(string(info[0], "file name"), bytes(info[1], "text"));
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("rows", static_cast<double>(matrix.rows));
    result.Set("cols", static_cast<double>(matrix.cols));
    result.Set("values", toFloat64Array(info.Env(), matrix.values));
    return result;
}

/// (fileName, bytes): {from, to, weights, lines}, an entry an edge
Napi::Value parseEdges(const Napi::CallbackInfo& info) {
    const EdgeList edges = parseEdgesCsv(string(info[0], "file name"), bytes(info[1], "text"));
    const std::vector<double> lines(edges.lines.begin(), edges.lines.end());
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("from", toStrings(info.Env(), edges.from));
    result.Set("to", toStrings(info.Env(), edges.to));
    result.Set("weights", toFloat64Array(info.Env(), edges.weights));
    result.Set("lines", toFloat64Array(info.Env(), lines));
    return result;
}

}  // namespace fedmtl::bindings
