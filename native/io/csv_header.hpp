// What the columns of a CSV file stand for, by the names in its header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fedmtl {

/// The columns that are not features, by name.
struct CsvColumns {
    std::string task = "task";
    /// Whether it is an error if there is no task column; otherwise all rows are then one task named "all".
    bool taskRequired = false;
    std::string label = "label";
    /// None: every row weighs 1.
    std::optional<std::string> weight{};
};

enum class CsvRole : std::uint8_t { Feature, Task, Label, Weight };

/// Why a header cannot be used.
struct CsvHeaderFault {
    /// The column at fault; the number of columns if it is about all of them.
    std::size_t column;
    std::string found;
    std::string expected;
};

class CsvHeader {
  public:
    CsvHeader() = default;
    explicit CsvHeader(std::vector<std::string> names) : names_(std::move(names)) {}

    /// Gives every column its role. @return what is wrong, if anything
    std::optional<CsvHeaderFault> assignRoles(const CsvColumns& columns);

    std::size_t size() const noexcept { return names_.size(); }
    const std::string& name(std::size_t column) const { return names_[column]; }
    CsvRole role(std::size_t column) const { return roles_[column]; }
    bool has(CsvRole role) const;
    /// The number of feature columns.
    std::size_t featureCount() const;

  private:
    std::optional<CsvHeaderFault> findUnfitName() const;
    std::optional<CsvHeaderFault> assign(CsvRole role, std::string_view name, bool required);

    std::vector<std::string> names_;
    std::vector<CsvRole> roles_;
};

/// The name that the given one was most likely meant to be: the one that takes the fewest edits, if these are
/// at most a third of the longer name; case does not count. Nothing if there is none.
std::optional<std::string_view> nearestName(std::string_view given, std::span<const std::string> names);

}  // namespace fedmtl
