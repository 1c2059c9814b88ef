// Entry of the addon: one set of classes for every environment that loads it.
#include <napi.h>

#include <memory>

#include "bindings/classes.hpp"
#include "bindings/environment.hpp"
#include "bindings/readers.hpp"
#include "bindings/relationship.hpp"
#include "native/blas.hpp"
#include "native/kernels/kernels.hpp"

namespace fedmtl::bindings {
namespace {

/// (): {kernel, blasCore}, what decides the bits of a result besides data, options and seed
Napi::Value versions(const Napi::CallbackInfo& info) {
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("kernel", kernels().name);
    result.Set("blasCore", blas::coreName());
    return result;
}

Napi::Value rememberErrorClass(const Napi::CallbackInfo& info) {
    setErrorClass(info);
    return info.Env().Undefined();
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
    blas::useOneThread();
    Environment* environment = std::make_unique<Environment>().release();
    env.SetInstanceData(environment);  // which deletes it when the environment goes
    const Napi::Function taskSet = TaskSetWrap::define(env);
    environment->taskSetClass = Napi::Persistent(taskSet);
    exports.Set("TaskSet", taskSet);
    exports.Set("TaskSetBuilder", TaskSetBuilderWrap::define(env));
    exports.Set("TextReader", TextReaderWrap::define(env));
    exports.Set("ClientPool", ClientPoolWrap::define(env));
    exports.Set("Server", ServerWrap::define(env));
    const napi_property_descriptor functions[] = {staticMethod<&parseMatrix>("parseMatrix"),
                                                  staticMethod<&parseEdges>("parseEdges"),
                                                  staticMethod<&relationshipAt>("relationshipAt"),
                                                  staticMethod<&graphKernelEntries>("graphKernelEntries"),
                                                  staticMethod<&singularValues>("singularValues"),
                                                  staticMethod<&versions>("versions"),
                                                  staticMethod<&rememberErrorClass>("setErrorClass")};
    napi_define_properties(env, exports, std::size(functions), functions);
    return exports;
}

}  // namespace
}  // namespace fedmtl::bindings

namespace {

Napi::Object initialiseAddon(Napi::Env env, Napi::Object exports) {
    return fedmtl::bindings::initialise(env, exports);
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, initialiseAddon)
