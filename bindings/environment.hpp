// What one JavaScript environment (the main thread or a worker) holds: class constructors and the error
// class.
#pragma once

#include <napi.h>

namespace fedmtl::bindings {

struct Environment {
    Napi::FunctionReference errorClass;
    Napi::FunctionReference taskSetClass;

    static Environment& of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }
};

}  // namespace fedmtl::bindings
