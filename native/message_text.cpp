#include "native/message_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace fedmtl {
namespace {

constexpr std::size_t kMaxQuotedBytes = 40;

std::string escapedByte(unsigned char byte) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    return {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
}

bool isContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// The range of a character's second byte excludes overlong forms, surrogates and numbers above U+10FFFF.
bool secondByteFits(unsigned char first, unsigned char second) {
    switch (first) {
        case 0xE0:
            return second >= 0xA0;
        case 0xED:
            return second < 0xA0;
        case 0xF0:
            return second >= 0x90;
        case 0xF4:
            return second < 0x90;
        default:
            return true;
    }
}

}  // namespace

std::size_t utf8Length(std::string_view text) {
    if (text.empty()) {
        return 0;
    }
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xC2 || first > 0xF4) {
        return 0;
    }
    const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (text.size() < length || !secondByteFits(first, static_cast<unsigned char>(text[1]))) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if (!isContinuation(text[i])) {
            return 0;
        }
    }
    return length;
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t length = utf8Length(text.substr(at));
        const auto byte = static_cast<unsigned char>(text[at]);
        if (at + length > kMaxQuotedBytes || at == kMaxQuotedBytes) {
            return out + "...\"";
        }
        if (length == 0 || byte < 0x20 || byte == 0x7F) {
            out += escapedByte(byte);
            ++at;
            continue;
        }
        if (byte == '"' || byte == '\\') {
            out += '\\';
        }
        out += text.substr(at, length);
        at += length;
    }
    return out + '"';
}

std::string formatNumber(double value) {
    if (std::isnan(value)) {
        return "NaN";
    }
    if (std::isinf(value)) {
        return value < 0 ? "-Infinity" : "Infinity";
    }
    std::array<char, 32> digits;
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    return {digits.data(), result.ptr};
}

}  // namespace fedmtl
