// The families of relationships by name.
#pragma once

#include <memory>
#include <string>

#include "native/omega/family_options.hpp"
#include "native/omega/relationship.hpp"

namespace fedmtl {

/// @throws Error InvalidArgument for a family that is not known or options that do not fit it
std::unique_ptr<Relationship> makeRelationship(const std::string& family, std::size_t tasks,
                                               Regularization weights, const FamilyOptions& options);

}  // namespace fedmtl
