// Reads decimal numbers from text, exactly rounded, independent of the locale.
//
// Most numbers in data files are short. One whose digits form an integer of at most 2^53 and whose power of
// ten is at most 10^22 in magnitude is the product or quotient of two doubles without error, so that one
// rounding gives the correct result (W. D. Clinger, How to Read Floating Point Numbers Accurately, PLDI
// 1990). All others go to std::from_chars.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "native/io/digits.hpp"

namespace fedmtl {

enum class NumberStatus { Ok, NotANumber, Overflow };

struct ScannedNumber {
    double value;
    /// Just behind the number.
    const char* end;
    NumberStatus status;
};

constexpr bool isSpace(char c) noexcept { return c == ' ' || c == '\t'; }

inline const char* skipSpaces(const char* at, const char* end) noexcept {
    while (at != end && isSpace(*at)) {
        ++at;
    }
    return at;
}

/// The text from `at` up to a space or one of the characters in `stops`.
std::string_view tokenAt(const char* at, const char* end, std::string_view stops);

/// Digits of any value that fit into 64 bits.
inline constexpr std::size_t kMaxUnwrappedDigits = 19;
/// All integers up to this one are doubles.
inline constexpr std::uint64_t kLargestExact = std::uint64_t{1} << 53;

/// What scanNumber does, for numbers of any length and with exponents.
ScannedNumber scanAnyNumber(const char* at, const char* end);

/// Reads the longest number at `at`: an optional sign, digits with an optional point, an optional exponent.
/// Names such as nan or inf are not numbers. Too small a magnitude becomes 0.
// Inlined always: a result in memory costs a quarter of the parser's time.
[[gnu::always_inline]] inline ScannedNumber scanNumber(const char* at, const char* end) {
    const bool negative = at != end && *at == '-';
    const char* const first = at + (negative ? 1 : 0);
    if (first == end || !isDigit(*first)) {
        return scanAnyNumber(at, end);
    }
    // Most often one digit: a branch, so that the processor need not wait for its place to go on.
    DigitBlock whole{1, static_cast<std::uint64_t>(*first - '0')};
    if (first + 1 != end && isDigit(first[1])) {
        whole = readDigits(first, end);
        if (whole.count == DigitBlock::kSize) {
            return scanAnyNumber(at, end);
        }
    }
    const char* behind = first + whole.count;
    std::uint64_t digits = whole.value;
    std::size_t decimals = 0;
    if (behind != end && *behind == '.') {
        const DigitBlock fraction = readDigits(behind + 1, end);
        digits = digits * kPowersOfTen[fraction.count] + fraction.value;
        decimals = fraction.count;
        if (decimals == DigitBlock::kSize) {
            const DigitBlock rest = readDigits(behind + 1 + decimals, end);
            decimals += rest.count;
            if (rest.count == DigitBlock::kSize || whole.count + decimals > kMaxUnwrappedDigits) {
                return scanAnyNumber(at, end);
            }
            digits = digits * kPowersOfTen[rest.count] + rest.value;
            if (digits > kLargestExact) {
                return scanAnyNumber(at, end);
            }
        }
        behind += 1 + decimals;
    }
    if (behind != end && (*behind == 'e' || *behind == 'E')) {
        return scanAnyNumber(at, end);
    }
    const auto value = static_cast<double>(static_cast<std::int64_t>(digits)) /
                       static_cast<double>(static_cast<std::int64_t>(kPowersOfTen[decimals]));
    return {negative ? -value : value, behind, NumberStatus::Ok};
}

}  // namespace fedmtl
