// Shared pieces of the wrapped classes: type tags, disposal and accounting of native memory.
#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "bindings/args.hpp"
#include "bindings/errors.hpp"
#include "native/status.hpp"

namespace fedmtl::bindings {

/// A native object held by a JavaScript one. The garbage collector is told its size; dispose() frees it
/// early.
template <class T>
class Held {
  public:
    Held(const char* what, Napi::Env env) : what_(what), env_(env) {}
    ~Held() { drop(); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

    void hold(std::shared_ptr<T> object, std::size_t bytes) {
        object_ = std::move(object);
        bytes_ = static_cast<std::int64_t>(bytes);
        Napi::MemoryManagement::AdjustExternalMemory(env_, bytes_);
    }
    void drop() {
        if (object_ != nullptr) {
            object_.reset();
            Napi::MemoryManagement::AdjustExternalMemory(env_, -bytes_);
        }
    }
    /// Throws Disposed after drop().
    const std::shared_ptr<T>& get() const {
        if (object_ == nullptr) {
            throw Error(ErrorCode::Disposed, std::string("this ") + what_ + " was disposed; make a new one");
        }
        return object_;
    }

  private:
    const char* what_;
    Napi::Env env_;
    std::shared_ptr<T> object_;
    std::int64_t bytes_ = 0;
};

/// The wrapped object behind a JavaScript value; a TypeError if the value is something else. `Wrap` has kTag
/// and kWhat.
template <class Wrap>
Wrap& unwrap(Napi::Value value) {
    if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&Wrap::kTag)) {
        throwTypeError(value.Env(), std::string("expected a native ") + Wrap::kWhat);
    }
    return *Wrap::Unwrap(value.As<Napi::Object>());
}

/// What JavaScript calls: `body` with C++ exceptions translated.
template <auto body>
napi_value translated(napi_env env, napi_callback_info rawInfo) {
    try {
        const Napi::CallbackInfo info(env, rawInfo);
        return guarded(env, [&]() -> Napi::Value { return body(info); });
    } catch (const Napi::Error& error) {
        error.ThrowAsJavaScriptException();
        return nullptr;
    }
}

/// A method of a wrapped class; called on anything else it is a TypeError, not a crash.
template <class Wrap, Napi::Value (Wrap::*method)(const Napi::CallbackInfo&)>
napi_property_descriptor instanceMethod(const char* name) {
    constexpr auto body = [](const Napi::CallbackInfo& info) {
        return (unwrap<Wrap>(info.This()).*method)(info);
    };
    napi_property_descriptor descriptor{};
    descriptor.utf8name = name;
    descriptor.method = translated<body>;
    descriptor.attributes = napi_default;
    return descriptor;
}

/// A static method of a class or a function of the addon.
template <Napi::Value (*function)(const Napi::CallbackInfo&)>
napi_property_descriptor staticMethod(const char* name) {
    napi_property_descriptor descriptor{};
    descriptor.utf8name = name;
    descriptor.method = translated<function>;
    descriptor.attributes = napi_static;
    return descriptor;
}

}  // namespace fedmtl::bindings
