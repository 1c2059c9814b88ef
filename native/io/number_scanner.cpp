#include "native/io/number_scanner.hpp"

#include <charconv>
#include <system_error>

namespace fedmtl {
namespace {

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

}  // namespace

std::string_view tokenAt(const char* at, const char* end, std::string_view stops) {
    const char* stop = at;
    while (stop != end && !isSpace(*stop) && stops.find(*stop) == std::string_view::npos) {
        ++stop;
    }
    return {at, static_cast<std::size_t>(stop - at)};
}

ScannedNumber scanLongNumber(const char* digits, const char* end, bool negative) {
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

}  // namespace fedmtl
