#include "bindings/errors.hpp"

#include <new>
#include <system_error>

#include "bindings/environment.hpp"
#include "native/status.hpp"

namespace fedmtl::bindings {
namespace {

Napi::Value withCode(Napi::Error error, const char* code) {
    Napi::Object value = error.Value();
    value.Set("code", code);
    return value;
}

Napi::Value makeError(Napi::Env env, ErrorCode code, const std::string& message) {
    if (code == ErrorCode::InvalidArgument) {
        return withCode(Napi::RangeError::New(env, message), codeName(code));
    }
    const Napi::FunctionReference& errorClass = Environment::of(env).errorClass;
    if (errorClass.IsEmpty()) {
        return withCode(Napi::Error::New(env, message), codeName(code));
    }
    return errorClass.New({Napi::String::New(env, codeName(code)), Napi::String::New(env, message)});
}

}  // namespace

void setErrorClass(const Napi::CallbackInfo& info) {
    Environment::of(info.Env()).errorClass = Napi::Persistent(info[0].As<Napi::Function>());
}

Napi::Value toJsError(Napi::Env env, std::exception_ptr failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        return makeError(env, error.code(), error.what());
    } catch (const std::bad_alloc&) {
        return makeError(env, ErrorCode::OutOfMemory,
                         "out of memory; use fewer tasks or features, or float32");
    } catch (const std::system_error&) {
        return makeError(
            env, ErrorCode::OutOfMemory,
            "the system refuses another thread; allow the process more memory or threads (ulimit), or "
            "use fewer threads");
    } catch (const std::exception& error) {
        return makeError(env, ErrorCode::Internal,
                         std::string("unexpected failure in native code: ") + error.what());
    }
}

void throwTypeError(Napi::Env env, const std::string& message) {
    throw Napi::Error(env,
                      withCode(Napi::TypeError::New(env, message), codeName(ErrorCode::InvalidArgument)));
}

}  // namespace fedmtl::bindings
