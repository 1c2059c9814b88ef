// What the readers of data files have in common: bytes go in by chunks, a task set comes out.
#pragma once

#include <span>

#include "native/task_set.hpp"

namespace fedmtl {

/// Feed bytes in any chunks, then call finish(). After an error the parser is of no further use.
class TextParser {
  public:
    virtual ~TextParser() = default;

    /// @throws Error BadInput, one sentence with file, line, column, what was found and what was expected
    virtual void push(std::span<const char> bytes) = 0;

    /// @throws Error BadInput, also if the file has no row or no feature at all
    virtual TaskSet finish() = 0;

  protected:
    TextParser() = default;
    TextParser(const TextParser&) = default;
    TextParser& operator=(const TextParser&) = default;
};

}  // namespace fedmtl
