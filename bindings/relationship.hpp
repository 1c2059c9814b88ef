// Relationships between JavaScript and the core, and functions of the addon that need one without a server.
#pragma once

#include <napi.h>

#include <memory>

#include "native/omega/relationship.hpp"

namespace fedmtl::bindings {

/// {family, lambda1, lambda2, epsilon?, matrix?}
std::unique_ptr<Relationship> makeRelationship(std::size_t tasks, const Napi::Object& options);

/// {matrix} or {basis, r, delta}, basis task-major
Napi::Object kernelToJs(Napi::Env env, const TaskKernel& kernel);

Napi::Value relationshipAt(const Napi::CallbackInfo& info);
Napi::Value singularValues(const Napi::CallbackInfo& info);

}  // namespace fedmtl::bindings
