// Functions of the addon that read text; the reader of data files is a class (classes.hpp).
#pragma once

#include <napi.h>

namespace fedmtl::bindings {

Napi::Value parseMatrix(const Napi::CallbackInfo& info);
Napi::Value parseEdges(const Napi::CallbackInfo& info);

}  // namespace fedmtl::bindings
