#include "native/io/csv.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "native/io/number_scanner.hpp"
#include "native/io/text_error.hpp"
#include "native/message_text.hpp"
#include "native/task_set_checks.hpp"

namespace fedmtl {
namespace {

const char* endOf(std::string_view text) { return text.data() + text.size(); }

/// Tabs may delimit cells, so only spaces surround numbers.
const char* skipBlanks(const char* at, const char* end) {
    while (at != end && *at == ' ') {
        ++at;
    }
    return at;
}

std::string counted(std::size_t count, const char* noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace

CsvParser::CsvParser(std::string fileName, Precision precision, char delimiter, CsvColumns columns)
    : lines_(std::move(fileName)),
      cells_(delimiter),
      columns_(std::move(columns)),
      limit_(largestValue(precision)),
      quotes_(delimiter) {
    if (precision == Precision::Float32) {
        values_.emplace<GrowingBuffer<float>>();
    }
}

void CsvParser::push(std::span<const char> bytes) {
    lines_.push(bytes, [this](std::string_view line) { takeLine(line); });
}

TaskSet CsvParser::finish() {
    lines_.finish([this](std::string_view line) { takeLine(line); });
    if (open_) {
        failUnclosed();
    }
    if (labels_.empty()) {
        failAt({lines_.fileName(), std::max<std::int64_t>(1, lines_.lineNumber()), 1},
               "the end of the file without any row", "a header with the names of the columns, then rows");
    }
    if (!header_.has(CsvRole::Task)) {
        tasks_.append(names_.findOrAdd("all").position, labels_.size());
    }
    const std::size_t cols = header_.featureCount();
    const auto store = [cols]<class T>(GrowingBuffer<T>& values) {
        return FeatureStore(DenseStore<T>{cols, std::move(values)});
    };
    return TaskSet(TaskSetParts{std::visit(store, values_), std::move(labels_), std::move(sampleWeights_),
                                std::move(names_), std::move(tasks_)});
}

/// Puts the lines of a record together; most records are one line without any quote.
void CsvParser::takeLine(std::string_view line) {
    if (!open_) {
        recordLine_ = lines_.lineNumber();
        if (line.find('"') == std::string_view::npos) {
            takeRecord(line);
            return;
        }
    }
    const bool first = !open_;
    open_ = quotes_.advance(line);
    if (first && !open_) {
        takeRecord(line);
        return;
    }
    if (open_ && quotes_.openedAt() != std::string_view::npos) {
        quoteLine_ = lines_.lineNumber();
        quoteColumn_ = columnOf(line, line.data() + quotes_.openedAt());
    }
    if (!first) {
        unfinished_ += '\n';
    }
    unfinished_ += line;
    if (open_ && unfinished_.size() > LineSplitter::kMaxLineBytes) {
        failUnclosed();
    }
    if (!open_) {
        takeRecord(unfinished_);
        unfinished_.clear();
    }
}

void CsvParser::takeRecord(std::string_view record) {
    if (skipBlanks(record.data(), endOf(record)) == endOf(record)) {
        return;
    }
    if (header_.size() == 0) {
        readHeader(record);
    } else {
        readRow(record);
    }
}

void CsvParser::readHeader(std::string_view record) {
    std::vector<std::string> names;
    std::vector<const char*> places;
    const char* at = record.data();
    for (bool more = true; more; ++at) {
        const CsvCell cell = cells_.read(at, endOf(record));
        if (cell.fault != CellFault::None) {
            failCell(record, cell, names.size(), "");
        }
        names.emplace_back(cell.text);
        places.push_back(cell.begin);
        at = cell.end;
        more = at != endOf(record);
    }
    places.push_back(record.data());
    header_ = CsvHeader(std::move(names));
    if (const auto fault = header_.assignRoles(columns_)) {
        fail(record, places[fault->column], fault->found, fault->expected);
    }
    rowValues_.resize(header_.featureCount());
}

void CsvParser::readRow(std::string_view record) {
    rowValues_.resize(0);
    const char* at = record.data();
    std::size_t column = 0;
    for (;; ++at) {
        at = readCell(record, at, column);
        ++column;
        if (at == endOf(record) || column == header_.size()) {
            break;
        }
    }
    if (at != endOf(record) || column != header_.size()) {
        checkCellCount(record);
    }
    std::visit([this](auto& values) { values.append(rowValues_.span()); }, values_);
}

/// Reads one cell into the row. @return the delimiter behind it, or the end of the record
const char* CsvParser::readCell(std::string_view record, const char* at, std::size_t column) {
    switch (header_.role(column)) {
        case CsvRole::Feature: {
            const char* const begin = at;
            const double value = readNumber(record, at, column);
            if (std::abs(value) > limit_) {
                failCell(record, cells_.read(begin, endOf(record)), column,
                         "a number of magnitude at most " + formatNumber(limit_));
            }
            rowValues_.push(value);
            return at;
        }
        case CsvRole::Label:
            labels_.push(readNumber(record, at, column));
            return at;
        case CsvRole::Weight: {
            const char* const begin = at;
            const double weight = readNumber(record, at, column);
            if (weight < 0) {
                failCell(record, cells_.read(begin, endOf(record)), column, "a weight of at least 0");
            }
            sampleWeights_.push(weight);
            return at;
        }
        case CsvRole::Task:
            break;
    }
    const CsvCell cell = cells_.read(at, endOf(record));
    readTask(record, cell, column);
    return cell.end;
}

/// Reads a number and moves on to the delimiter behind it.
double CsvParser::readNumber(std::string_view record, const char*& at, std::size_t column) {
    const char* const end = endOf(record);
    const ScannedNumber plain = scanNumber(skipBlanks(at, end), end);
    const char* const behind = skipBlanks(plain.end, end);
    if (plain.status == NumberStatus::Ok && (behind == end || *behind == cells_.delimiter())) {
        at = behind;
        return plain.value;
    }
    const CsvCell cell = cells_.read(at, end);
    const ScannedNumber number = scanNumber(cell.text.data(), endOf(cell.text));
    if (cell.fault == CellFault::None && number.status == NumberStatus::Overflow) {
        failCell(record, cell, column,
                 "a number of magnitude at most " + formatNumber(std::numeric_limits<double>::max()));
    }
    if (cell.fault != CellFault::None || number.status != NumberStatus::Ok ||
        number.end != endOf(cell.text)) {
        failCell(record, cell, column, "a finite number");
    }
    at = cell.end;
    return number.value;
}

void CsvParser::readTask(std::string_view record, const CsvCell& cell, std::size_t column) {
    // Rows of a task mostly follow each other: compare before searching.
    const bool same = lastTask_ >= 0 && names_.names()[static_cast<std::size_t>(lastTask_)] == cell.text;
    if (!same || cell.fault != CellFault::None) {
        if (cell.fault != CellFault::None || !isTaskName(cell.text)) {
            failCell(record, cell, column, "a task's name in printable UTF-8 characters");
        }
        lastTask_ = names_.findOrAdd(cell.text).position;
    }
    tasks_.append(lastTask_, 1);
}

/// @throws Error BadInput if the record has not as many cells as the header
void CsvParser::checkCellCount(std::string_view record) {
    const std::string expected = counted(header_.size(), "cell") + " as in the header";
    const char* at = record.data();
    const char* place = endOf(record);
    std::size_t count = 0;
    for (bool more = true; more; ++at) {
        const CsvCell cell = cells_.read(at, endOf(record));
        place = count == header_.size() ? cell.begin : place;
        ++count;
        at = cell.end;
        more = at != endOf(record);
    }
    if (count != header_.size()) {
        fail(record, place, "a row of " + counted(count, "cell"), expected);
    }
}

/// A row with a cell too few or too many has its cells under the wrong names: that is said first. A stray
/// quote comes before both, since it moves the cells' limits.
void CsvParser::failCell(std::string_view record, const CsvCell& cell, std::size_t column,
                         std::string_view expected) {
    if (cell.fault != CellFault::None) {
        const std::string_view raw(cell.begin, static_cast<std::size_t>(cell.end - cell.begin));
        fail(record, cell.begin, foundToken(raw),
             cell.fault == CellFault::QuoteInside
                 ? "quotes around the whole cell, those inside doubled"
                 : "nothing between a closing quote and the end of the cell");
    }
    const std::string found = foundToken(cell.text) + " in column " + quoted(header_.name(column));
    const char* const begin = cell.begin;
    checkCellCount(record);
    fail(record, begin, found, expected);
}

void CsvParser::failUnclosed() const {
    failAt({lines_.fileName(), quoteLine_, quoteColumn_}, "a quote that is never closed",
           "a closing quote at the end of the cell");
}

void CsvParser::fail(std::string_view record, const char* at, std::string_view found,
                     std::string_view expected) const {
    const char* const begin = record.data();
    const std::int64_t linesBefore = std::count(begin, at, '\n');
    const char* lineBegin = at;
    while (lineBegin != begin && lineBegin[-1] != '\n') {
        --lineBegin;
    }
    const std::string_view line(lineBegin, static_cast<std::size_t>(endOf(record) - lineBegin));
    failAt({lines_.fileName(), recordLine_ + linesBefore, columnOf(line, at)}, found, expected);
}

}  // namespace fedmtl
