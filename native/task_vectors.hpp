// The vectors v_t of all tasks as one side of a training holds them: now, as proposed, and before the last
// accepted round.
//
// Server and clients each hold such arrays, and by their contract the same bits (design.md). Where both are
// in one process, the clients' arrays are lent to the server: held once, and moved by the server alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "native/blocks.hpp"

namespace fedmtl {

struct TaskVectors {
    bool momentum;                 // whether `previous` is kept
    std::vector<double> v;         // m x d task-major, X_t' (q alpha_t)
    std::vector<double> proposed;  // m x d; meaningful where a proposal was made
    std::vector<double> previous;  // m x d, before each task's last accepted round; empty without momentum

    /// All zero.
    TaskVectors(std::size_t tasks, std::size_t cols, bool withMomentum)
        : momentum(withMomentum),
          v(tasks * cols),
          proposed(tasks * cols),
          previous(withMomentum ? tasks * cols : 0) {}

    /// The past is forgotten: the previous vectors are the present ones.
    void restart(ThreadPool& threads) {
        constexpr std::size_t kBlock = 16384;  // numbers
        forBlocks(previous.size(), kBlock, threads, [&](std::size_t, std::size_t begin, std::size_t count) {
            std::copy_n(v.data() + begin, count, previous.data() + begin);
        });
    }

    /// Keeps v alone and gives the other memory back.
    void release() {
        proposed = std::vector<double>();
        previous = std::vector<double>();
    }

    /// Makes room for rounds again; `restart` comes next.
    void acquire() {
        proposed.resize(v.size());
        previous.resize(momentum ? v.size() : 0);
    }

    std::size_t bytes() const { return (v.size() + proposed.size() + previous.size()) * sizeof(double); }
};

}  // namespace fedmtl
