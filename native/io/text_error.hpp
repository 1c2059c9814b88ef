// The one form of a parser's error: file, line, column, what was found and what was expected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fedmtl {

struct TextPosition {
    std::string_view file;
    /// From 1.
    std::int64_t line;
    /// In characters (UTF-8), from 1.
    std::size_t column;
};

/// What a message says was found: the token in quotes, or "nothing".
std::string foundToken(std::string_view token);

/// The column of the byte at `at` in the line, from 1, counted in UTF-8 characters.
std::size_t columnOf(std::string_view line, const char* at);

/// @throws Error BadInput: "FILE, line L, column C: found FOUND, expected EXPECTED."
[[noreturn]] void failAt(TextPosition position, std::string_view found, std::string_view expected);

}  // namespace fedmtl
