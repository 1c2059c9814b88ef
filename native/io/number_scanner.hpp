// Reads decimal numbers from text, exactly rounded, independent of the locale.
//
// Most numbers in data files are short. One whose digits form an integer of at most 2^53 and whose power of
// ten is at most 10^22 in magnitude is the product or quotient of two doubles without error, so that one
// rounding gives the correct result (W. D. Clinger, How to Read Floating Point Numbers Accurately, PLDI
// 1990). All others go to std::from_chars.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fedmtl {

enum class NumberStatus { Ok, NotANumber, Overflow };

struct ScannedNumber {
    double value;
    /// Just behind the number.
    const char* end;
    NumberStatus status;
};

constexpr bool isDigit(char c) noexcept { return c >= '0' && c <= '9'; }

constexpr bool isSpace(char c) noexcept { return c == ' ' || c == '\t'; }

inline const char* skipSpaces(const char* at, const char* end) noexcept {
    while (at != end && isSpace(*at)) {
        ++at;
    }
    return at;
}

/// The text from `at` up to a space or one of the characters in `stops`.
std::string_view tokenAt(const char* at, const char* end, std::string_view stops);

/// Reads the number whose digits are [digits, end), as std::from_chars does; too small a magnitude becomes 0.
ScannedNumber scanLongNumber(const char* digits, const char* end, bool negative);

/// Moves on behind the digits at `at`, appending them to the number in `digits` (modulo 2^64).
inline const char* scanDigits(const char* at, const char* end, std::uint64_t& digits) noexcept {
    while (at != end && isDigit(*at)) {
        digits = 10 * digits + static_cast<std::uint64_t>(*at - '0');
        ++at;
    }
    return at;
}

/// Reads an exponent such as `e-7` if there is one, adding it to `exponent`.
inline const char* scanExponent(const char* at, const char* end, std::int64_t& exponent) noexcept {
    if (at == end || (*at != 'e' && *at != 'E')) {
        return at;
    }
    const char* digits = at + 1;
    const bool negative = digits != end && *digits == '-';
    if (digits != end && (*digits == '-' || *digits == '+')) {
        ++digits;
    }
    if (digits == end || !isDigit(*digits)) {
        return at;
    }
    constexpr std::int64_t limit = 1'000'000'000;
    std::int64_t magnitude = 0;
    for (; digits != end && isDigit(*digits); ++digits) {
        magnitude = magnitude < limit ? 10 * magnitude + (*digits - '0') : magnitude;
    }
    exponent += negative ? -magnitude : magnitude;
    return digits;
}

/// Reads the longest number at `at`: an optional sign, digits with an optional point, an optional exponent.
/// Names such as nan or inf are not numbers.
inline ScannedNumber scanNumber(const char* at, const char* end) {
    constexpr std::array<double, 23> powersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    constexpr std::uint64_t largestExact = std::uint64_t{1} << 53;
    constexpr std::ptrdiff_t maxUnwrappedDigits = 19;

    const bool negative = at != end && *at == '-';
    const char* const digits = at != end && (*at == '-' || *at == '+') ? at + 1 : at;
    std::uint64_t mantissa = 0;
    std::int64_t exponent = 0;
    at = scanDigits(digits, end, mantissa);
    std::ptrdiff_t digitCount = at - digits;
    if (at != end && *at == '.') {
        const char* const fraction = at + 1;
        at = scanDigits(fraction, end, mantissa);
        digitCount += at - fraction;
        exponent = fraction - at;
    }
    if (digitCount == 0) {
        return {0.0, at, NumberStatus::NotANumber};
    }
    at = scanExponent(at, end, exponent);
    if (digitCount > maxUnwrappedDigits || mantissa > largestExact || exponent < -22 || exponent > 22) {
        return scanLongNumber(digits, at, negative);
    }
    const auto whole = static_cast<double>(mantissa);
    const double value = exponent < 0 ? whole / powersOfTen[static_cast<std::size_t>(-exponent)]
                                      : whole * powersOfTen[static_cast<std::size_t>(exponent)];
    return {negative ? -value : value, at, NumberStatus::Ok};
}

}  // namespace fedmtl
