#include "native/name_index.hpp"

#include <functional>
#include <limits>

#include "native/status.hpp"

namespace fedmtl {

NameIndex::Placed NameIndex::findOrAdd(std::string_view name) {
    if (2 * (names_.size() + 1) > slots_.size()) {
        rebuild(slots_.empty() ? 16 : 2 * slots_.size());
    }
    const std::size_t slot = slotOf(name);
    if (slots_[slot] != kFree) {
        return {slots_[slot], false};
    }
    if (names_.size() == static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
        throw Error(ErrorCode::InvalidArgument,
                    "There are more than 2147483647 tasks, the most a set can hold.");
    }
    names_.emplace_back(name);
    slots_[slot] = static_cast<std::int32_t>(names_.size() - 1);
    return {slots_[slot], true};
}

std::optional<std::size_t> NameIndex::find(std::string_view name) const {
    if (slots_.empty()) {
        return std::nullopt;
    }
    const std::int32_t position = slots_[slotOf(name)];
    if (position == kFree) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(position);
}

std::size_t NameIndex::bytes() const noexcept {
    std::size_t bytes = names_.capacity() * sizeof(std::string) + slots_.capacity() * sizeof(std::int32_t);
    const std::size_t inPlace = std::string().capacity();
    for (const std::string& name : names_) {
        if (name.capacity() > inPlace) {
            bytes += name.capacity() + 1;
        }
    }
    return bytes;
}

/// The slot that holds the name, or the free slot where it belongs (linear probing).
std::size_t NameIndex::slotOf(std::string_view name) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = std::hash<std::string_view>{}(name)&mask;
    while (slots_[slot] != kFree && names_[static_cast<std::size_t>(slots_[slot])] != name) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

void NameIndex::rebuild(std::size_t slotCount) {
    slots_.assign(slotCount, kFree);
    for (std::size_t i = 0; i < names_.size(); ++i) {
        slots_[slotOf(names_[i])] = static_cast<std::int32_t>(i);
    }
}

}  // namespace fedmtl
