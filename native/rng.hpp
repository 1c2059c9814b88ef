// Counter-based random streams.
//
// A stream is keyed by (seed, task name, round), so the order in which a task visits its rows depends neither
// on the thread that runs it nor on which other tasks take part (math.md 3). The generator is the SplitMix64
// finaliser over a counter: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA
// 2014.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace fedmtl {

constexpr std::uint64_t kGoldenGamma = 0x9e3779b97f4a7c15ULL;

constexpr std::uint64_t mix64(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

/// FNV-1a over the UTF-8 bytes of a task's name.
constexpr std::uint64_t hashName(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char character : name) {
        hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001b3ULL;
    }
    return hash;
}

class RandomStream {
  public:
    RandomStream(std::uint64_t seed, std::uint64_t nameHash, std::uint64_t round)
        : state_(mix64(mix64(mix64(seed + kGoldenGamma) ^ nameHash) + kGoldenGamma * round)) {}

    std::uint64_t word() {
        state_ += kGoldenGamma;
        return mix64(state_);
    }

    /// Uniform on 0 .. n-1 for 0 < n < 2^32, by multiply and shift; the bias is below n / 2^32.
    std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(((word() >> 32) * n) >> 32); }

    /// One forward Fisher-Yates pass over the first `count` places: a short budget pays only for the rows it
    /// visits.
    void shuffle(std::span<std::uint32_t> order, std::size_t count) {
        const auto size = static_cast<std::uint32_t>(order.size());
        for (std::uint32_t i = 0; i < count; ++i) {
            std::swap(order[i], order[i + below(size - i)]);
        }
    }

  private:
    std::uint64_t state_;
};

}  // namespace fedmtl
