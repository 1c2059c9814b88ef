// JavaScript arguments to C++ values. A wrong type is a TypeError that names the argument.
//
// Spans point into JavaScript memory: they are valid only until the call returns, so background work copies
// them.
#pragma once

#include <napi.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fedmtl::bindings {

std::span<const double> float64Array(Napi::Value value, const char* name);
std::span<const std::int32_t> int32Array(Napi::Value value, const char* name);

/// Positions from an Int32Array, Float64Array or BigInt64Array.
std::vector<std::int64_t> positions(Napi::Value value, const char* name);

std::vector<std::string> strings(Napi::Value value, const char* name);
std::string string(Napi::Value value, const char* name);
double number(Napi::Value value, const char* name);
/// A whole number from 0 to 2^53 - 1, or a RangeError.
std::uint64_t wholeNumber(Napi::Value value, const char* name);

/// A RangeError if an entry is NaN or infinite.
void requireFinite(std::span<const double> values, const char* name);

Napi::Object object(Napi::Value value, const char* name);

/// A task's position in 0 .. tasks-1, or a RangeError.
std::size_t taskIndex(Napi::Value value, std::size_t tasks);

Napi::Float64Array toFloat64Array(Napi::Env env, std::span<const double> values);
Napi::Int32Array toInt32Array(Napi::Env env, std::span<const std::int32_t> values);
Napi::Array toStrings(Napi::Env env, std::span<const std::string> values);

}  // namespace fedmtl::bindings
