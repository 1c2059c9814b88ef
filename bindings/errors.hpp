// The one translator between C++ exceptions and JavaScript errors; nothing else crosses the N-API line.
#pragma once

#include <napi.h>

#include <exception>
#include <string>

namespace fedmtl::bindings {

/// Remembers the JavaScript FedmtlError class of this environment; native errors are made from it.
void setErrorClass(const Napi::CallbackInfo& info);

/// The JavaScript error for an exception: TypeError and RangeError for misuse, FedmtlError otherwise, each
/// with `.code`.
Napi::Value toJsError(Napi::Env env, std::exception_ptr failure);

/// A wrong JavaScript type: what was expected of which argument.
[[noreturn]] void throwTypeError(Napi::Env env, const std::string& message);

/// Runs `body`; a C++ exception leaves as a JavaScript one.
template <class Body>
auto guarded(Napi::Env env, const Body& body) -> decltype(body()) {
    try {
        return body();
    } catch (const Napi::Error&) {
        throw;
    } catch (...) {
        throw Napi::Error(env, toJsError(env, std::current_exception()));
    }
}

}  // namespace fedmtl::bindings
