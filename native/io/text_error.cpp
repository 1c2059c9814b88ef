#include "native/io/text_error.hpp"

#include "native/message_text.hpp"
#include "native/status.hpp"

namespace fedmtl {

std::string foundToken(std::string_view token) { return token.empty() ? "nothing" : quoted(token); }

std::size_t columnOf(std::string_view line, const char* at) {
    std::size_t column = 1;
    for (const char* byte = line.data(); byte != at; ++byte) {
        const bool continuation = (static_cast<unsigned char>(*byte) & 0xC0U) == 0x80U;
        column += continuation ? 0 : 1;
    }
    return column;
}

void failAt(TextPosition position, std::string_view found, std::string_view expected) {
    std::string message(position.file);
    message += ", line " + std::to_string(position.line) + ", column " + std::to_string(position.column);
    message.append(": found ").append(found).append(", expected ").append(expected).append(".");
    throw Error(ErrorCode::BadInput, message);
}

}  // namespace fedmtl
