// Reads runs of decimal digits eight characters at a time.
//
// A loop over single characters ends after a number of turns that the processor cannot foresee, and a wrong
// guess costs as much as ten of them. Here the length of a run is computed: one load, one mask and three
// multiplications, with a branch only for runs of eight digits and more (D. Lemire, Number Parsing at a
// Gigabyte per Second, Software: Practice and Experience 51, 2021, has the multiplications).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace fedmtl {

constexpr bool isDigit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Digits at the start of eight characters: how many, and the number they form (0 for none).
struct DigitBlock {
    static constexpr std::size_t kSize = 8;
    std::size_t count;
    std::uint64_t value;
};

/// 10^0 .. 10^15.
inline constexpr std::array<std::uint64_t, 2 * DigitBlock::kSize> kPowersOfTen = [] {
    std::array<std::uint64_t, 2 * DigitBlock::kSize> powers{1};
    for (std::size_t i = 1; i < powers.size(); ++i) {
        powers[i] = 10 * powers[i - 1];
    }
    return powers;
}();

/// Fewer than eight characters, as loadDigitBlock returns them.
inline std::uint64_t loadLastCharacters(const char* at, const char* end) noexcept {
    std::uint64_t block = 0;
    for (const char* c = end; c > at; --c) {
        block = block << 8U | static_cast<unsigned char>(c[-1]);
    }
    return block;
}

/// The next eight characters, the first in the lowest byte; zeros behind the end.
inline std::uint64_t loadCharacters(const char* at, const char* end) noexcept {
    if (end - at < static_cast<std::ptrdiff_t>(DigitBlock::kSize)) [[unlikely]] {
        return loadLastCharacters(at, end);
    }
    if constexpr (std::endian::native == std::endian::little) {
        std::uint64_t block = 0;
        std::memcpy(&block, at, sizeof block);
        return block;
    } else {
        return loadLastCharacters(at, at + DigitBlock::kSize);
    }
}

/// The number that eight digits 0 to 9 form, the first in the lowest byte: pairs become numbers below 100,
/// those pairs numbers below 10^4, those the whole, all of one size at once.
constexpr std::uint64_t joinDigits(std::uint64_t digits) noexcept {
    digits = (10 * digits + (digits >> 8U)) & 0x00FF00FF00FF00FFU;
    digits = (100 * digits + (digits >> 16U)) & 0x0000FFFF0000FFFFU;
    return (10'000 * digits + (digits >> 32U)) & 0xFFFFFFFFU;
}

inline DigitBlock readDigits(const char* at, const char* end) noexcept {
    constexpr std::uint64_t everyByte = 0x0101010101010101U;
    // Digits become 0 to 9. Adding 0x76 sets the top bit of the first byte that is more; what that carries
    // into the bytes behind it does not matter.
    const std::uint64_t block = loadCharacters(at, end) ^ ('0' * everyByte);
    const std::uint64_t others = ((block + 0x76 * everyByte) | block) & (0x80 * everyByte);
    const auto count = static_cast<unsigned>(std::countr_zero(others)) / 8;
    if (count == DigitBlock::kSize) [[unlikely]] {
        return {count, joinDigits(block)};
    }
    // Moves the digits to the end, zeros before them; by two shifts, as one by all 64 bits does not exist.
    return {count, joinDigits((block << 8U) << (56 - 8 * count))};
}

/// Moves on behind the digits at `at`, appending them to the number in `digits` (modulo 2^64).
inline const char* scanDigits(const char* at, const char* end, std::uint64_t& digits) noexcept {
    DigitBlock block{DigitBlock::kSize, 0};
    while (block.count == DigitBlock::kSize) {
        block = readDigits(at, end);
        digits = digits * kPowersOfTen[block.count] + block.value;
        at += block.count;
    }
    return at;
}

}  // namespace fedmtl
