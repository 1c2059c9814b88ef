// What the fuzz targets share: cutting the input into chunks, the outcome of a parser in a form that can be
// compared, and properties that every outcome must have.
#pragma once

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "native/message_text.hpp"
#include "native/rng.hpp"
#include "native/status.hpp"
#include "native/task_set.hpp"

namespace fedmtl::fuzz {

/// Ends the process, which libFuzzer reports with the input, unless the property holds.
inline void require(bool holds, std::string_view property) {
    if (!holds) {
        std::fprintf(stderr, "violated: %.*s\n", static_cast<int>(property.size()), property.data());
        std::abort();
    }
}

/// The shortest decimal that reads back as the same double.
inline std::string shortest(double value) {
    std::array<char, 32> digits;
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

struct Entry {
    std::int32_t column;
    double value;
    bool operator==(const Entry&) const = default;
};

/// A task set written out, whatever its storage; entries that are 0 are left out.
struct Content {
    std::size_t cols = 0;
    std::vector<std::string> names;
    std::vector<std::int64_t> offsets;
    std::vector<double> labels;
    std::vector<double> sampleWeights;
    std::vector<std::vector<Entry>> rows;
    bool operator==(const Content&) const = default;
};

inline std::vector<Entry> entriesOfRow(const TaskSet& set, std::size_t row) {
    std::vector<Entry> entries;
    const auto add = [&](std::size_t column, double value) {
        require(column < set.cols(), "columns lie below cols");
        require(std::isfinite(value), "values are finite");
        if (value != 0.0) {
            entries.push_back({static_cast<std::int32_t>(column), value});
        }
    };
    const auto read = [&](const auto& rows) {
        if constexpr (requires { rows.indptr; }) {
            for (auto k = static_cast<std::size_t>(rows.indptr[row]);
                 k < static_cast<std::size_t>(rows.indptr[row + 1]); ++k) {
                add(static_cast<std::size_t>(rows.indices[k]), static_cast<double>(rows.values[k]));
            }
        } else {
            for (std::size_t c = 0; c < rows.cols; ++c) {
                add(c, static_cast<double>(rows.values[row * rows.cols + c]));
            }
        }
    };
    std::visit(read, set.features());
    return entries;
}

/// Reads the whole set, which is a test of its own under AddressSanitizer, and checks what every set
/// promises.
inline Content contentOf(const TaskSet& set) {
    Content content;
    content.cols = set.cols();
    content.names.assign(set.names().begin(), set.names().end());
    content.offsets.assign(set.offsets().begin(), set.offsets().end());
    content.labels.assign(set.labels().begin(), set.labels().end());
    content.sampleWeights.assign(set.sampleWeights().begin(), set.sampleWeights().end());
    for (std::size_t row = 0; row < set.rowCount(); ++row) {
        content.rows.push_back(entriesOfRow(set, row));
    }
    require(set.cols() >= 1 && set.cols() <= kMaxCols, "1 <= cols <= kMaxCols");
    require(set.taskCount() >= 1, "there is a task");
    for (std::size_t t = 0; t < set.taskCount(); ++t) {
        require(content.offsets[t] < content.offsets[t + 1], "every task has a row");
        require(set.find(content.names[t]) == t, "every task is found by its name");
    }
    for (const double label : content.labels) {
        require(std::isfinite(label), "labels are finite");
    }
    return content;
}

/// What a parser made of a text: its content, or the message of its error.
using Outcome = std::variant<Content, std::string>;

/// One sentence a terminal can show: printable UTF-8 on one line and not long.
inline void requireReadable(std::string_view message) {
    require(!message.empty() && message.size() < 1000, "a message is a sentence");
    while (!message.empty()) {
        const std::size_t length = utf8Length(message);
        require(length > 0 && static_cast<unsigned char>(message[0]) >= 0x20, "a message is printable UTF-8");
        message.remove_prefix(length);
    }
}

/// Runs `parse`, which returns a TaskSet; the only error allowed is BadInput.
template <class Parse>
Outcome outcomeOf(const Parse& parse) {
    try {
        return contentOf(parse());
    } catch (const Error& error) {
        require(error.code() == ErrorCode::BadInput, "errors of a parser are BadInput");
        requireReadable(error.what());
        return std::string(error.what());
    }
}

/// Feeds a parser in chunks whose sizes follow from the text, so that a finding can be repeated.
/// @param make returns a unique_ptr to a parser with push and finish
/// @param longest of a chunk in bytes; 0: the text in one piece
template <class Make>
Outcome parseInChunks(const Make& make, std::string_view text, std::size_t longest) {
    return outcomeOf([&] {
        const auto parser = make();
        RandomStream sizes(text.size(), std::hash<std::string_view>{}(text), longest);
        while (!text.empty()) {
            const std::size_t most = std::min(longest == 0 ? text.size() : longest, text.size());
            const std::size_t size = longest == 0 ? most : 1 + sizes.below(static_cast<std::uint32_t>(most));
            // Chunks of their own, so that reading beyond one is seen.
            const std::vector<char> chunk(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
            parser->push(chunk);
            text.remove_prefix(size);
        }
        return parser->finish();
    });
}

/// Any chunks give the same set or the same error. Returns it.
template <class Make>
Outcome parseEveryWay(const Make& make, std::string_view text) {
    Outcome whole = parseInChunks(make, text, 0);
    for (const std::size_t longest : {std::size_t{1}, std::size_t{7}, std::size_t{64}}) {
        require(parseInChunks(make, text, longest) == whole, "any chunks give the same outcome");
    }
    return whole;
}

}  // namespace fedmtl::fuzz
