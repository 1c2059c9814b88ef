// Cuts a stream of byte chunks into lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "native/io/text_error.hpp"

namespace fedmtl {

/// Lines are passed on without their end (LF or CRLF) and, on the first line, without a UTF-8 byte order
/// mark. Lines inside a chunk are not copied; only the unfinished last line of a chunk is kept.
class LineSplitter {
  public:
    static constexpr std::size_t kMaxLineBytes = std::size_t{64} << 20;

    explicit LineSplitter(std::string fileName) : fileName_(std::move(fileName)) {}

    const std::string& fileName() const noexcept { return fileName_; }
    /// The number of the line passed on last, from 1.
    std::int64_t lineNumber() const noexcept { return lineNumber_; }

    /// Calls onLine(std::string_view) for every line that ends in `bytes`.
    /// @throws Error BadInput for a line above kMaxLineBytes
    template <class OnLine>
    void push(std::span<const char> bytes, OnLine&& onLine) {
        const char* begin = bytes.data();
        const char* const end = begin + bytes.size();
        while (begin != end) {
            const void* found = std::memchr(begin, '\n', static_cast<std::size_t>(end - begin));
            const char* stop = found == nullptr ? end : static_cast<const char*>(found);
            const std::string_view piece(begin, static_cast<std::size_t>(stop - begin));
            checkLength(piece.size());
            if (found == nullptr) {
                unfinished_.append(piece);
                return;
            }
            begin = stop + 1;
            if (unfinished_.empty()) {
                emit(piece, onLine);
            } else {
                unfinished_.append(piece);
                emit(unfinished_, onLine);
                unfinished_.clear();
            }
        }
    }

    /// Passes on a last line that has no line end.
    template <class OnLine>
    void finish(OnLine&& onLine) {
        if (!unfinished_.empty()) {
            emit(unfinished_, onLine);
        }
        unfinished_ = {};
    }

  private:
    template <class OnLine>
    void emit(std::string_view line, OnLine& onLine) {
        ++lineNumber_;
        if (lineNumber_ == 1 && line.starts_with("\xEF\xBB\xBF")) {
            line.remove_prefix(3);
        }
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        onLine(line);
    }

    void checkLength(std::size_t extra) const {
        if (unfinished_.size() + extra <= kMaxLineBytes) {
            return;
        }
        failAt({fileName_, lineNumber_ + 1, 1}, "a line longer than 64 MiB",
               "lines of at most 64 MiB (is this a text file?)");
    }

    std::string fileName_;
    std::string unfinished_;
    std::int64_t lineNumber_ = 0;
};

}  // namespace fedmtl
