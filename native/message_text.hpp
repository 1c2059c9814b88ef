// Small pieces of text for error messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fedmtl {

/// The text in double quotes, cut after 40 bytes; quotes, backslashes and bytes that do not print are
/// escaped.
std::string quoted(std::string_view text);

/// The shortest decimal that reads back as the same double; NaN, Infinity and -Infinity by name.
std::string formatNumber(double value);

/// The number of bytes of the well-formed UTF-8 character at the start of the text; 0 if there is none.
std::size_t utf8Length(std::string_view text);

}  // namespace fedmtl
