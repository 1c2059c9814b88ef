#include "native/io/svmlight.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "native/io/number_scanner.hpp"
#include "native/message_text.hpp"
#include "native/task_set_checks.hpp"

namespace fedmtl {
namespace {

constexpr std::string_view kTaskPrefix = "qid:";

const char* endOf(std::string_view line) { return line.data() + line.size(); }

bool endsData(std::string_view line, const char* at) { return at == endOf(line) || *at == '#'; }

bool endsToken(std::string_view line, const char* at) { return endsData(line, at) || isSpace(*at); }

bool startsTask(std::string_view line, const char* at) {
    return line.substr(static_cast<std::size_t>(at - line.data())).starts_with(kTaskPrefix);
}

/// Moves on behind an index; one above kMaxCols stays above it however many digits follow.
const char* scanIndex(const char* at, const char* end, std::uint64_t& index) {
    index = 0;
    for (; at != end && isDigit(*at); ++at) {
        index = index <= kMaxCols ? 10 * index + static_cast<std::uint64_t>(*at - '0') : index;
    }
    return at;
}

}  // namespace

SvmlightParser::SvmlightParser(std::string fileName, Precision precision)
    : lines_(std::move(fileName)), limit_(largestValue(precision)) {
    if (precision == Precision::Float32) {
        rows_.emplace<RowCollector<float>>();
    }
}

void SvmlightParser::push(std::span<const char> bytes) {
    lines_.push(bytes, [this](std::string_view line) { parseLine(line); });
}

TaskSet SvmlightParser::finish() {
    lines_.finish([this](std::string_view line) { parseLine(line); });
    const std::size_t cols = std::visit([](const auto& rows) { return rows.cols(); }, rows_);
    if (labels_.empty() || cols == 0) {
        const TextPosition end{lines_.fileName(), std::max<std::int64_t>(1, lines_.lineNumber()), 1};
        failAt(end,
               labels_.empty() ? "the end of the file without any row"
                               : "the end of the file without any feature",
               "lines of the form `label [qid:TASK] index:value ...`");
    }
    if (!*hasTasks_) {
        tasks_.append(names_.findOrAdd("all").position, labels_.size());
    }
    TaskSetParts parts{std::visit([](auto& rows) { return rows.finish(); }, rows_),
                       std::move(labels_),
                       {},
                       std::move(names_),
                       std::move(tasks_)};
    return TaskSet(std::move(parts));
}

void SvmlightParser::parseLine(std::string_view line) {
    const char* at = skipSpaces(line.data(), endOf(line));
    if (endsData(line, at)) {
        return;
    }
    at = parseLabel(line, at);
    at = parseTask(line, skipSpaces(at, endOf(line)));
    std::visit([&](auto& rows) { parsePairs(line, at, rows); }, rows_);
}

const char* SvmlightParser::parseLabel(std::string_view line, const char* at) {
    const ScannedNumber label = scanNumber(at, endOf(line));
    if (label.status != NumberStatus::Ok || !endsToken(line, label.end)) {
        fail(line, at, foundToken(tokenAt(at, endOf(line), "#")), "a label that is a finite number");
    }
    labels_.push(label.value);
    return label.end;
}

/// Reads the row's task if it has one; all rows must agree on whether they do.
const char* SvmlightParser::parseTask(std::string_view line, const char* at) {
    const bool hasTask = startsTask(line, at);
    if (!hasTasks_) {
        hasTasks_ = hasTask;
        firstRowLine_ = lines_.lineNumber();
    }
    if (*hasTasks_ != hasTask) {
        const std::string first = " (the first row, line " + std::to_string(firstRowLine_);
        fail(line, at, hasTask ? foundToken(tokenAt(at, endOf(line), "")) : "no qid behind the label",
             hasTask ? "no qid" + first + ", has none)" : "qid:TASK" + first + ", has one)");
    }
    if (!hasTask) {
        return at;
    }
    const std::string_view name = tokenAt(at + kTaskPrefix.size(), endOf(line), "");
    // Rows of a task mostly follow each other: compare before searching.
    if (lastTask_ < 0 || names_.names()[static_cast<std::size_t>(lastTask_)] != name) {
        if (!isTaskName(name)) {
            fail(line, at, foundToken(tokenAt(at, endOf(line), "")),
                 "qid:TASK with a name of printable UTF-8 characters");
        }
        lastTask_ = names_.findOrAdd(name).position;
    }
    tasks_.append(lastTask_, 1);
    return endOf(name);
}

template <class T>
void SvmlightParser::parsePairs(std::string_view line, const char* at, RowCollector<T>& rows) {
    const char* const end = endOf(line);
    // No pair takes less than four bytes, so that all of them fit and the loop need not look after its space.
    auto row = rows.beginRow(line.size() / 4 + 1);
    std::uint64_t previous = 0;
    for (at = skipSpaces(at, end); !endsData(line, at); at = skipSpaces(at, end)) {
        std::uint64_t index = 0;
        const char* const colon = scanIndex(at, end, index);
        if (index <= previous || index > kMaxCols || colon == end || *colon != ':') {
            failPair(line, at, previous);
        }
        const ScannedNumber number = scanNumber(colon + 1, end);
        if (number.status != NumberStatus::Ok || std::abs(number.value) > limit_ ||
            !endsToken(line, number.end)) {
            failPair(line, at, previous);
        }
        row.push(static_cast<std::uint32_t>(index - previous), static_cast<T>(number.value));
        previous = index;
        at = number.end;
    }
    rows.endRow(row, previous);
}

/// Finds out what is wrong with the pair at `at`; `previous` is the index before it, 0 if there is none.
void SvmlightParser::failPair(std::string_view line, const char* at, std::uint64_t previous) const {
    const std::string_view token = tokenAt(at, endOf(line), "#");
    if (startsTask(line, at)) {
        fail(line, at, foundToken(token), "qid:TASK at most once and only right behind the label");
    }
    std::uint64_t index = 0;
    const char* const colon = scanIndex(at, endOf(line), index);
    const bool negative = token.starts_with('-') && token.size() > 1 && isDigit(token[1]);
    if (!negative && (colon == at || colon == endOf(line) || *colon != ':')) {
        fail(line, at, foundToken(token), "index:value such as 3:0.5");
    }
    if (negative || index == 0 || index > kMaxCols) {
        fail(line, at, foundToken(token), "an index from 1 to " + std::to_string(kMaxCols));
    }
    if (index <= previous) {
        fail(line, at, foundToken(token),
             "an index above " + std::to_string(previous) + ", the one before it in the row");
    }
    const ScannedNumber number = scanNumber(colon + 1, endOf(line));
    const bool tooLarge = number.status == NumberStatus::Overflow || std::abs(number.value) > limit_;
    fail(line, colon + 1, foundToken(tokenAt(colon + 1, endOf(line), "#")),
         tooLarge ? "a value of magnitude at most " + formatNumber(limit_)
                  : "a value that is a finite number");
}

void SvmlightParser::fail(std::string_view line, const char* at, std::string_view found,
                          std::string_view expected) const {
    failAt({lines_.fileName(), lines_.lineNumber(), columnOf(line, at)}, found, expected);
}

}  // namespace fedmtl
