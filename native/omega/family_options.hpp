// The options of a relationship as its user gave them, by name: what the registry makes it from.
//
// Who calls (the bindings) need not know which family has which options; a family reads what it knows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fedmtl {

class FamilyOptions {
  public:
    virtual ~FamilyOptions() = default;

    virtual bool has(const std::string& name) const = 0;
    /// A number; nullopt if it was not given.
    virtual std::optional<double> find(const std::string& name) const = 0;
    /// A number that must be there.
    virtual double number(const std::string& name) const = 0;
    virtual std::vector<double> numbers(const std::string& name) const = 0;
    /// Positions of tasks, in 0 .. m-1 if the caller is right; families check.
    virtual std::vector<std::int32_t> positions(const std::string& name) const = 0;

    std::size_t whole(const std::string& name) const { return static_cast<std::size_t>(number(name)); }
};

}  // namespace fedmtl
