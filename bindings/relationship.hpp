// Relationships between JavaScript and the core, and functions of the addon that need one without a server.
#pragma once

#include <napi.h>

#include <memory>

#include "native/omega/relationship.hpp"

namespace fedmtl::bindings {

/// From {family, lambda1, lambda2, omegaSteps, cutTolerance, ...}: what else a family has stands in
/// native/omega/registry.cpp.
std::unique_ptr<Relationship> relationshipOf(std::size_t tasks, const Napi::Object& given);

/// Its K: {matrix}, {basis, r, delta} with the basis task-major, or {from, to, weights, lambda1, lambda2};
/// and {precision: {diagonal, from, to, values}} where Omega is learned entry by entry
Napi::Object kernelToJs(Napi::Env env, const Relationship& relationship);

Napi::Value relationshipAt(const Napi::CallbackInfo& info);
Napi::Value graphKernelEntries(const Napi::CallbackInfo& info);
Napi::Value singularValues(const Napi::CallbackInfo& info);

}  // namespace fedmtl::bindings
