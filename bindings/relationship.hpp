// Relationships and their kernels, to and from JavaScript objects.
#pragma once

#include <napi.h>

#include <memory>

#include "native/omega/relationship.hpp"

namespace fedmtl::bindings {

/// From {family, lambda1, lambda2, omegaSteps, ...}: what else a family has stands in
/// native/omega/registry.cpp.
std::unique_ptr<Relationship> relationshipOf(std::size_t tasks, const Napi::Object& given);

/// {matrix}, {basis, r, delta} with the basis task-major, or {from, to, weights, lambda1, lambda2}.
Napi::Object kernelOf(Napi::Env env, const TaskKernel& kernel);

/// (graph, tasks, positions, threads): K_st of a graph's kernel for these tasks, p x p.
Napi::Value graphKernelEntries(const Napi::CallbackInfo& info);

}  // namespace fedmtl::bindings
