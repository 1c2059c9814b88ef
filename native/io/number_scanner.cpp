#include "native/io/number_scanner.hpp"

#include <array>
#include <charconv>
#include <system_error>

namespace fedmtl {
namespace {

/// Reads an exponent such as `e-7` if there is one, adding it to `exponent`.
const char* scanExponent(const char* at, const char* end, std::int64_t& exponent) {
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

/// Whether a number outside the range of double is too small rather than too large: the decimal position of
/// its first digit other than 0 tells.
bool isTiny(const char* at, const char* end) {
    while (at != end && *at == '0') {
        ++at;
    }
    const char* const whole = at;
    while (at != end && isDigit(*at)) {
        ++at;
    }
    std::int64_t position = at - whole;
    if (at != end && *at == '.') {
        ++at;
        while (position <= 0 && at != end && *at == '0') {
            --position;
            ++at;
        }
        while (at != end && isDigit(*at)) {
            ++at;
        }
    }
    scanExponent(at, end, position);
    return position < 0;
}

/// Reads the number whose digits are [digits, end).
ScannedNumber readWithLibrary(const char* digits, const char* end, bool negative) {
    double value = 0.0;
    const auto result = std::from_chars(digits, end, value);
    if (result.ec == std::errc::result_out_of_range) {
        if (!isTiny(digits, end)) {
            return {0.0, end, NumberStatus::Overflow};
        }
        value = 0.0;
    }
    return {negative ? -value : value, end, NumberStatus::Ok};
}

}  // namespace

std::string_view tokenAt(const char* at, const char* end, std::string_view stops) {
    const char* stop = at;
    while (stop != end && !isSpace(*stop) && stops.find(*stop) == std::string_view::npos) {
        ++stop;
    }
    return {at, static_cast<std::size_t>(stop - at)};
}

ScannedNumber scanAnyNumber(const char* at, const char* end) {
    constexpr std::array<double, 23> powersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
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
    if (static_cast<std::size_t>(digitCount) > kMaxUnwrappedDigits || mantissa > kLargestExact ||
        exponent < -22 || exponent > 22) {
        return readWithLibrary(digits, at, negative);
    }
    const auto whole = static_cast<double>(mantissa);
    const double value = exponent < 0 ? whole / powersOfTen[static_cast<std::size_t>(-exponent)]
                                      : whole * powersOfTen[static_cast<std::size_t>(exponent)];
    return {negative ? -value : value, at, NumberStatus::Ok};
}

}  // namespace fedmtl
