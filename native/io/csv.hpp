// Push parser of CSV and TSV text with a header: a column of labels, optionally one of tasks and one of
// sample weights, all others features.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "native/io/csv_cells.hpp"
#include "native/io/csv_header.hpp"
#include "native/io/line_splitter.hpp"
#include "native/io/text_parser.hpp"
#include "native/task_set.hpp"

namespace fedmtl {

/// Cells as in RFC 4180: quoted ones may hold delimiters, line ends (read as LF) and doubled quotes; spaces
/// around unquoted ones do not count. CRLF, a byte order mark and blank lines are legal. Features are the
/// columns without another role, in the order of the header, every cell a finite number; rows of a task may
/// be anywhere; without a task column the file is one task named "all". The set is dense.
class CsvParser final : public TextParser {
  public:
    /// @param fileName for messages only
    /// @param precision how values are stored
    /// @param delimiter between cells: a comma, a tab
    CsvParser(std::string fileName, Precision precision, char delimiter, CsvColumns columns);

    void push(std::span<const char> bytes) override;
    TaskSet finish() override;

  private:
    void takeLine(std::string_view line);
    void takeRecord(std::string_view record);
    void readHeader(std::string_view record);
    void readRow(std::string_view record);
    const char* readCell(std::string_view record, const char* at, std::size_t column);
    double readNumber(std::string_view record, const char*& at, std::size_t column);
    void readTask(std::string_view record, const CsvCell& cell, std::size_t column);
    void checkCellCount(std::string_view record);
    [[noreturn]] void failCell(std::string_view record, const CsvCell& cell, std::size_t column,
                               std::string_view expected);
    [[noreturn]] void failUnclosed() const;
    [[noreturn]] void fail(std::string_view record, const char* at, std::string_view found,
                           std::string_view expected) const;

    LineSplitter lines_;
    CsvCellReader cells_;
    CsvColumns columns_;
    CsvHeader header_;
    /// The largest magnitude of a feature.
    double limit_;

    /// The lines of a record that goes on, joined by LF, and where it and its open quote started.
    QuoteTracker quotes_;
    std::string unfinished_;
    bool open_ = false;
    std::int64_t recordLine_ = 0;
    std::int64_t quoteLine_ = 0;
    std::size_t quoteColumn_ = 0;

    std::variant<GrowingBuffer<double>, GrowingBuffer<float>> values_;
    GrowingBuffer<double> labels_;
    GrowingBuffer<double> sampleWeights_;
    NameIndex names_;
    TaskRuns tasks_;
    std::int32_t lastTask_ = -1;
    /// The features of the row being read.
    GrowingBuffer<double> rowValues_;
};

}  // namespace fedmtl
