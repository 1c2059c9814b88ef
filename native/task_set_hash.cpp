#include "native/task_set_hash.hpp"

#include <cstring>

#include "native/rng.hpp"

namespace fedmtl {
namespace {

class ContentHash {
  public:
    void add(std::uint64_t word) { state_ = mix64((state_ ^ word) + kGoldenGamma); }

    /// The length first, so that neighbouring arrays cannot pass numbers to each other unnoticed.
    template <class T>
    void add(std::span<const T> values) {
        add(static_cast<std::uint64_t>(values.size()));
        const auto bytes = std::as_bytes(values);
        std::size_t at = 0;
        for (; at + sizeof(std::uint64_t) <= bytes.size(); at += sizeof(std::uint64_t)) {
            std::uint64_t word = 0;
            std::memcpy(&word, bytes.data() + at, sizeof word);
            add(word);
        }
        if (at < bytes.size()) {
            std::uint64_t word = 0;
            std::memcpy(&word, bytes.data() + at, bytes.size() - at);
            add(word);
        }
    }

    std::uint64_t value() const { return state_; }

  private:
    std::uint64_t state_ = 0;
};

}  // namespace

std::uint64_t contentHash(const TaskSet& tasks) {
    ContentHash hash;
    for (const std::string& name : tasks.names()) {
        hash.add(std::span<const char>(name));
    }
    hash.add(tasks.offsets());
    hash.add(tasks.labels());
    hash.add(tasks.sampleWeights());
    hash.add(static_cast<std::uint64_t>(tasks.cols()));
    std::visit(
        [&](const auto& rows) {
            using Value = typename std::decay_t<decltype(rows)>::Value;
            if constexpr (requires { rows.indptr; }) {
                hash.add(std::span(rows.indptr, tasks.rowCount() + 1));
                hash.add(std::span(rows.indices, tasks.nnz()));
            }
            hash.add(std::span<const Value>(rows.values, tasks.nnz()));
        },
        tasks.features());
    return hash.value();
}

}  // namespace fedmtl
