// Push parser of svmlight (LIBSVM) text: `label [qid:TASK] index:value ... # comment`, one row a line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "native/io/line_splitter.hpp"
#include "native/io/row_collector.hpp"
#include "native/io/text_parser.hpp"
#include "native/task_set.hpp"

namespace fedmtl {

/// Indices are 1-based, strictly ascending, 1 .. kMaxCols. The task is the text after `qid:`, verbatim up to
/// the next space (UTF-8 without control characters; a # in it does not start a comment); rows of a task may
/// be anywhere in the file; without any qid the file is one task named "all". Blank lines, comment lines,
/// CRLF, a byte order mark, `+1` and rows without features are legal. The set has as many columns as the
/// largest index. It is dense if that takes no more memory than CSR.
class SvmlightParser final : public TextParser {
  public:
    /// @param fileName for messages only
    /// @param precision how values are stored
    SvmlightParser(std::string fileName, Precision precision);

    void push(std::span<const char> bytes) override;
    TaskSet finish() override;

    /// Rows read so far.
    std::size_t rowCount() const noexcept { return labels_.size(); }

  private:
    void parseLine(std::string_view line);
    const char* parseLabel(std::string_view line, const char* at);
    const char* parseTask(std::string_view line, const char* at);
    template <class T>
    void parsePairs(std::string_view line, const char* at, RowCollector<T>& rows);
    [[noreturn]] void failPair(std::string_view line, const char* at, std::uint64_t previous) const;
    [[noreturn]] void fail(std::string_view line, const char* at, std::string_view found,
                           std::string_view expected) const;

    LineSplitter lines_;
    /// The largest magnitude of a value.
    double limit_;
    std::variant<RowCollector<double>, RowCollector<float>> rows_;
    GrowingBuffer<double> labels_;
    NameIndex names_;
    TaskRuns tasks_;
    /// Whether lines carry a qid; decided by the first row.
    std::optional<bool> hasTasks_;
    std::int64_t firstRowLine_ = 0;
    std::int32_t lastTask_ = -1;
};

}  // namespace fedmtl
