// The cells of a CSV record (RFC 4180), and where a record ends.
#pragma once

#include <string>
#include <string_view>

namespace fedmtl {

/// Follows the quotes of a record through its lines: a line end inside a quoted cell does not end the record.
class QuoteTracker {
  public:
    explicit QuoteTracker(char delimiter) : delimiter_(delimiter) {}

    /// Goes over the record's next line. @return whether the record goes on behind the line
    bool advance(std::string_view line);

    /// The quote that opened the cell which is still open, as an offset in the line advanced over last; npos
    /// if that cell was open before the line.
    std::size_t openedAt() const noexcept { return openedAt_; }

  private:
    enum class State { CellStart, Bare, Quoted, BehindQuote };

    char delimiter_;
    State state_ = State::CellStart;
    std::size_t openedAt_ = std::string_view::npos;
};

enum class CellFault { None, QuoteInside, TextBehindQuote };

struct CsvCell {
    /// The content: without quotes, doubled quotes as one, spaces around an unquoted cell left out.
    std::string_view text;
    /// The first character of the cell in the record, quotes included.
    const char* begin;
    /// The delimiter behind the cell, or the end of the record.
    const char* end;
    CellFault fault;
};

/// Reads the cells of records one by one.
class CsvCellReader {
  public:
    explicit CsvCellReader(char delimiter) : delimiter_(delimiter) {}

    char delimiter() const noexcept { return delimiter_; }

    /// The cell at `at` of a whole record that ends at `end`. Its text is valid until the next call. A cell
    /// with a fault ends at the next delimiter.
    CsvCell read(const char* at, const char* end);

  private:
    CsvCell readQuoted(const char* quote, const char* end);
    CsvCell readBare(const char* at, const char* end) const;

    char delimiter_;
    std::string unescaped_;
};

}  // namespace fedmtl
