// Naps: which rows a round may leave out, so that its budget of coordinate steps goes where alpha still
// moves.
//
// Most dual variables of a hinge-like loss soon sit at an end of their domain and stay there. A row that is
// visited and does not move rests: after its r-th rest in a row of visits it naps for 2^(r-1) - 1 of its
// task's rounds, at most 7, and a move ends its naps. Within a round, further passes go over the rows that
// move. Every row is looked at again within 8 rounds, so the limit is that of full passes, and certificates
// look at all rows always. It is the idea of shrinking (Hsieh et al., ICML 2008, section 3.2) with bounded
// absence in place of thresholds, which would need a gradient that rounds do not keep. Measured on har66, one
// local epoch a round: 175 rounds to a gap of 1e-3 against 504 (docs/rounds.md).
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace fedmtl {

/// One row's: the rests so far in the high four bits, the rounds still to nap in the low four.
using RowNap = std::uint8_t;

constexpr RowNap kAwake = 0;

constexpr unsigned napRounds(RowNap nap) { return nap & 0xFu; }

/// After another visit without a move.
constexpr RowNap afterRest(RowNap nap) {
    constexpr unsigned kMostRests = 4;  // 2^3 - 1 rounds
    const unsigned rests = std::min(kMostRests, (nap >> 4u) + 1u);
    return static_cast<RowNap>(rests << 4u | ((1u << (rests - 1u)) - 1u));
}

/// Writes the rows that do not nap to `order`, all rows if all nap, and lets a round pass for the others.
inline void takeDueRows(std::span<const RowNap> before, std::span<RowNap> after,
                        std::vector<std::uint32_t>& order) {
    order.clear();
    for (std::uint32_t i = 0; i < before.size(); ++i) {
        const bool naps = napRounds(before[i]) > 0;
        after[i] = naps ? static_cast<RowNap>(before[i] - 1u) : before[i];
        if (!naps) {
            order.push_back(i);
        }
    }
    if (order.empty()) {
        order.resize(before.size());
        std::iota(order.begin(), order.end(), 0u);
    }
}

}  // namespace fedmtl
