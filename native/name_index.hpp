// The names of tasks in order, with a hash table from name to position.
//
// The table holds positions only (4 bytes a slot, at most half full), not second copies of the names as
// std::unordered_map would: a million tasks cost 8-16 MB beyond the names themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fedmtl {

class NameIndex {
  public:
    struct Placed {
        std::int32_t position;
        bool added;
    };

    /// The position of the name, which is added at the end if it is new.
    Placed findOrAdd(std::string_view name);

    std::optional<std::size_t> find(std::string_view name) const;

    std::span<const std::string> names() const noexcept { return names_; }
    std::size_t size() const noexcept { return names_.size(); }
    std::size_t bytes() const noexcept;

    void shrinkToFit() { names_.shrink_to_fit(); }

  private:
    static constexpr std::int32_t kFree = -1;

    std::size_t slotOf(std::string_view name) const;
    void rebuild(std::size_t slotCount);

    std::vector<std::string> names_;
    std::vector<std::int32_t> slots_;
};

}  // namespace fedmtl
