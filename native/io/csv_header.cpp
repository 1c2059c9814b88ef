#include "native/io/csv_header.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "native/message_text.hpp"
#include "native/name_index.hpp"

namespace fedmtl {
namespace {

std::string lowerCase(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return lower;
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn a into b (optimal string
/// alignment).
std::size_t editDistance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> beforePrevious;
    std::vector<std::size_t> previous(b.size() + 1);
    std::iota(previous.begin(), previous.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::vector<std::size_t> current{i};
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            std::size_t least = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                least = std::min(least, beforePrevious[j - 2] + 1);
            }
            current.push_back(least);
        }
        beforePrevious = std::exchange(previous, std::move(current));
    }
    return previous[b.size()];
}

/// `no column "x" among 3 columns`, and what to give instead.
CsvHeaderFault missingColumn(std::string_view name, std::span<const std::string> names) {
    const auto nearest = nearestName(name, names);
    std::string expected = "it in the header";
    if (nearest) {
        expected += " (the nearest name there is " + quoted(*nearest) + ")";
    } else {
        constexpr std::size_t maxListed = 8;
        expected += ", which has ";
        for (std::size_t i = 0; i < std::min(maxListed, names.size()); ++i) {
            expected += (i == 0 ? "" : ", ") + quoted(names[i]);
        }
        expected += names.size() > maxListed ? ", ..." : "";
    }
    return {names.size(), "no column " + quoted(name), std::move(expected)};
}

}  // namespace

std::optional<std::string_view> nearestName(std::string_view given, std::span<const std::string> names) {
    // Names of data columns are short; anything longer is not worth the quadratic comparison.
    constexpr std::size_t maxLength = 200;
    const std::string wanted = lowerCase(given);
    std::optional<std::string_view> nearest;
    std::size_t least = std::string_view::npos;
    for (const std::string& name : names) {
        const std::size_t longer = std::max(wanted.size(), name.size());
        if (longer > maxLength) {
            continue;
        }
        const std::size_t distance = editDistance(wanted, lowerCase(name));
        const std::size_t limit = longer < 2 ? 0 : std::max<std::size_t>(1, longer / 3);
        if (distance <= limit && distance < least) {
            nearest = name;
            least = distance;
        }
    }
    return nearest;
}

std::optional<CsvHeaderFault> CsvHeader::assignRoles(const CsvColumns& columns) {
    roles_.assign(names_.size(), CsvRole::Feature);
    if (auto fault = findUnfitName()) {
        return fault;
    }
    if (auto fault = assign(CsvRole::Task, columns.task, columns.taskRequired)) {
        return fault;
    }
    if (auto fault = assign(CsvRole::Label, columns.label, true)) {
        return fault;
    }
    if (columns.weight) {
        if (auto fault = assign(CsvRole::Weight, *columns.weight, true)) {
            return fault;
        }
    }
    if (featureCount() == 0) {
        return CsvHeaderFault{names_.size(), "no column of features",
                              "at least one beside task, label and weight"};
    }
    return std::nullopt;
}

std::optional<CsvHeaderFault> CsvHeader::findUnfitName() const {
    NameIndex seen;
    for (std::size_t column = 0; column < names_.size(); ++column) {
        if (names_[column].empty()) {
            return CsvHeaderFault{
                column, "a column without a name",
                "a name for every column (a nameless one often holds row numbers: leave it out)"};
        }
        if (!seen.findOrAdd(names_[column]).added) {
            return CsvHeaderFault{column, "the column name " + quoted(names_[column]) + " a second time",
                                  "names that differ"};
        }
    }
    return std::nullopt;
}

std::optional<CsvHeaderFault> CsvHeader::assign(CsvRole role, std::string_view name, bool required) {
    const auto found = std::ranges::find(names_, name);
    if (found != names_.end()) {
        roles_[static_cast<std::size_t>(found - names_.begin())] = role;
        return std::nullopt;
    }
    return required ? std::optional(missingColumn(name, names_)) : std::nullopt;
}

bool CsvHeader::has(CsvRole role) const { return std::ranges::find(roles_, role) != roles_.end(); }

std::size_t CsvHeader::featureCount() const {
    return static_cast<std::size_t>(std::ranges::count(roles_, CsvRole::Feature));
}

}  // namespace fedmtl
