// Laws of the number scanner: correctly rounded, exactly as far as the number goes, never beyond the end.
#include "native/io/number_scanner.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "native/test/task_set_support.hpp"

namespace fedmtl::testing {
namespace {

using namespace std::string_literals;

double scan(const std::string& text) {
    const ScannedNumber number = scanNumber(text.data(), text.data() + text.size());
    EXPECT_EQ(number.status, NumberStatus::Ok) << text;
    EXPECT_EQ(number.end, text.data() + text.size()) << text;
    return number.value;
}

TEST(NumberScanner, EveryDoubleReadsBackFromItsShortestText) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 200000; ++i) {
        const auto value = std::bit_cast<double>(random());
        if (std::isfinite(value)) {
            ASSERT_EQ(std::bit_cast<std::uint64_t>(scan(shortest(value))),
                      std::bit_cast<std::uint64_t>(value));
        }
    }
}

TEST(NumberScanner, ShortDecimalsAreRoundedAsFromCharsRoundsThem) {
    std::mt19937_64 random(2);
    for (int i = 0; i < 200000; ++i) {
        std::string text = std::to_string(random() >> (random() % 64));
        text.insert(random() % text.size() + 1, ".");
        text += "e" + std::to_string(static_cast<int>(random() % 60) - 30);
        double expected = 0;
        std::from_chars(text.data(), text.data() + text.size(), expected);
        ASSERT_EQ(scan(text), expected) << text;
    }
}

std::string randomDigits(std::mt19937_64& random, std::size_t count) {
    std::string digits;
    for (std::size_t i = 0; i < count; ++i) {
        digits += static_cast<char>('0' + random() % 10);
    }
    return digits;
}

TEST(NumberScanner, ReadsDecimalsOfAnyLengthWhateverFollows) {
    std::mt19937_64 random(3);
    for (std::size_t whole = 1; whole <= 25; ++whole) {
        for (std::size_t decimals = 0; decimals <= 25; ++decimals) {
            const std::string point = decimals == 0 && random() % 2 == 0 ? "" : ".";
            const std::string number = randomDigits(random, whole) + point + randomDigits(random, decimals);
            double expected = 0;
            std::from_chars(number.data(), number.data() + number.size(), expected);
            for (const char* sign : {"", "-", "+"}) {
                for (const char* behind : {"", " ", ",1", ":2", "e", "e+", "\t12345678", "#1"}) {
                    const std::string text = sign + number + behind;
                    const ScannedNumber found = scanNumber(text.data(), text.data() + text.size());
                    ASSERT_EQ(found.status, NumberStatus::Ok) << text;
                    ASSERT_EQ(found.value, *sign == '-' ? -expected : expected) << text;
                    ASSERT_EQ(found.end, text.data() + text.size() - std::string(behind).size()) << text;
                }
            }
        }
    }
}

TEST(NumberScanner, DoesNotReadBeyondTheEnd) {
    const std::string text = "0123456789.0123456789e12";
    for (std::size_t begin = 0; begin < text.size(); ++begin) {
        for (std::size_t end = begin; end <= text.size(); ++end) {
            const std::string part = text.substr(begin, end - begin);
            const ScannedNumber inside = scanNumber(text.data() + begin, text.data() + end);
            const ScannedNumber alone = scanNumber(part.data(), part.data() + part.size());
            ASSERT_EQ(inside.status, alone.status) << part;
            ASSERT_EQ(inside.end - text.data() - static_cast<std::ptrdiff_t>(begin), alone.end - part.data())
                << part;
            ASSERT_EQ(inside.value, alone.value) << part;
        }
    }
}

TEST(NumberScanner, ReadsTheEndsOfTheRange) {
    EXPECT_EQ(scan("5e-324"), 5e-324);
    EXPECT_EQ(scan("1.7976931348623157e308"), std::numeric_limits<double>::max());
    EXPECT_EQ(scan("1e-999"), 0.0);
    EXPECT_TRUE(std::signbit(scan("-1e-999")));
    EXPECT_TRUE(std::signbit(scan("-0")));
    EXPECT_EQ(scan("0e99999999999999999999"), 0.0);
    EXPECT_EQ(scan("0." + std::string(400, '0') + "1"), 0.0);
    EXPECT_EQ(scan("0." + std::string(400, '0') + "1e401"), 1.0);
    EXPECT_EQ(scan("1" + std::string(400, '0') + "e-400"), 1.0);
    EXPECT_EQ(scan("+.5"), 0.5);
    EXPECT_EQ(scan("5."), 5.0);
    EXPECT_EQ(scan("0000000000000000000000012"), 12.0);
    for (const std::string& text : {"1e309"s, "0.0001e400"s, "1" + std::string(400, '0')}) {
        EXPECT_EQ(scanNumber(text.data(), text.data() + text.size()).status, NumberStatus::Overflow) << text;
    }
}

}  // namespace
}  // namespace fedmtl::testing
