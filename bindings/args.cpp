#include "bindings/args.hpp"

#include <algorithm>
#include <cmath>

#include "bindings/errors.hpp"
#include "native/status.hpp"

namespace fedmtl::bindings {
namespace {

/// The elements of a typed array of exactly this type. Raw N-API: napi.h's wrapper costs 2.5 times as much a
/// call.
template <class T>
std::optional<std::span<const T>> elements(Napi::Value value, napi_typedarray_type wanted) {
    bool isTypedArray = false;
    if (napi_is_typedarray(value.Env(), value, &isTypedArray) != napi_ok || !isTypedArray) {
        return std::nullopt;
    }
    napi_typedarray_type type{};
    std::size_t length = 0;
    void* data = nullptr;
    if (napi_get_typedarray_info(value.Env(), value, &type, &length, &data, nullptr, nullptr) != napi_ok ||
        type != wanted) {
        return std::nullopt;
    }
    return std::span(static_cast<const T*>(data), length);
}

[[noreturn]] void wrongType(Napi::Value value, const char* name, const char* expected) {
    throwTypeError(value.Env(), std::string(name) + " must be " + expected);
}

}  // namespace

std::span<const double> float64Array(Napi::Value value, const char* name) {
    const auto found = elements<double>(value, napi_float64_array);
    return found ? *found : (wrongType(value, name, "a Float64Array"), std::span<const double>{});
}

std::span<const std::int32_t> int32Array(Napi::Value value, const char* name) {
    const auto found = elements<std::int32_t>(value, napi_int32_array);
    return found ? *found : (wrongType(value, name, "an Int32Array"), std::span<const std::int32_t>{});
}

std::vector<std::int64_t> positions(Napi::Value value, const char* name) {
    if (const auto found = elements<std::int32_t>(value, napi_int32_array)) {
        return {found->begin(), found->end()};
    }
    if (const auto found = elements<std::int64_t>(value, napi_bigint64_array)) {
        return {found->begin(), found->end()};
    }
    const auto found = elements<double>(value, napi_float64_array);
    if (!found) {
        wrongType(value, name, "an Int32Array, Float64Array or BigInt64Array");
    }
    std::vector<std::int64_t> result(found->size());
    constexpr double kLargestExact = 9007199254740992.0;  // 2^53
    for (std::size_t i = 0; i < result.size(); ++i) {
        const double position = (*found)[i];
        if (!(position >= 0.0 && position < kLargestExact && position == std::floor(position))) {
            throw Error(ErrorCode::InvalidArgument, std::string(name) + " has an entry at " +
                                                        std::to_string(i) +
                                                        " that is not a position (a whole number from 0)");
        }
        result[i] = static_cast<std::int64_t>(position);
    }
    return result;
}

std::vector<std::string> strings(Napi::Value value, const char* name) {
    if (!value.IsArray()) {
        wrongType(value, name, "an array of strings");
    }
    const auto array = value.As<Napi::Array>();
    std::vector<std::string> result(array.Length());
    for (std::uint32_t i = 0; i < array.Length(); ++i) {
        const Napi::HandleScope scope(value.Env());
        result[i] = string(array.Get(i), name);
    }
    return result;
}

std::string string(Napi::Value value, const char* name) {
    if (!value.IsString()) {
        wrongType(value, name, "a string");
    }
    return value.As<Napi::String>().Utf8Value();
}

double number(Napi::Value value, const char* name) {
    if (!value.IsNumber()) {
        wrongType(value, name, "a number");
    }
    return value.As<Napi::Number>().DoubleValue();
}

std::uint64_t wholeNumber(Napi::Value value, const char* name) {
    const double given = number(value, name);
    constexpr double kLimit = 9007199254740992.0;  // 2^53
    if (!(given >= 0.0 && given < kLimit && given == std::floor(given))) {
        throw Error(ErrorCode::InvalidArgument,
                    std::string(name) + " is " + std::to_string(given) + "; give a whole number from 0");
    }
    return static_cast<std::uint64_t>(given);
}

void requireFinite(std::span<const double> values, const char* name) {
    for (const double value : values) {
        if (!std::isfinite(value)) {
            throw Error(ErrorCode::InvalidArgument,
                        std::string(name) + " holds a value that is not a finite number");
        }
    }
}

Napi::Object object(Napi::Value value, const char* name) {
    if (!value.IsObject()) {
        wrongType(value, name, "an object");
    }
    return value.As<Napi::Object>();
}

std::size_t taskIndex(Napi::Value value, std::size_t tasks) {
    const double index = number(value, "task");
    if (!(index >= 0.0 && index < static_cast<double>(tasks))) {
        throw Error(ErrorCode::InvalidArgument, "task position " + std::to_string(index) +
                                                    " is outside 0 .. " + std::to_string(tasks - 1));
    }
    return static_cast<std::size_t>(index);
}

Napi::Float64Array toFloat64Array(Napi::Env env, std::span<const double> values) {
    auto result = Napi::Float64Array::New(env, values.size());
    std::ranges::copy(values, result.Data());
    return result;
}

Napi::Int32Array toInt32Array(Napi::Env env, std::span<const std::int32_t> values) {
    auto result = Napi::Int32Array::New(env, values.size());
    std::ranges::copy(values, result.Data());
    return result;
}

Napi::Array toStrings(Napi::Env env, std::span<const std::string> values) {
    Napi::Array result = Napi::Array::New(env, values.size());
    for (std::uint32_t i = 0; i < values.size(); ++i) {
        const Napi::HandleScope scope(env);
        result.Set(i, Napi::String::New(env, values[i]));
    }
    return result;
}

}  // namespace fedmtl::bindings
