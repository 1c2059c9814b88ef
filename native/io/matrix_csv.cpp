#include "native/io/matrix_csv.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "native/io/line_splitter.hpp"
#include "native/io/number_scanner.hpp"

namespace fedmtl {
namespace {

class MatrixParser {
  public:
    explicit MatrixParser(std::string fileName) : lines_(std::move(fileName)) {}

    Matrix parse(std::span<const char> text) {
        const auto onLine = [this](std::string_view line) { parseLine(line.substr(0, line.find('#'))); };
        lines_.push(text, onLine);
        lines_.finish(onLine);
        if (matrix_.rows == 0) {
            failAt({lines_.fileName(), std::max<std::int64_t>(1, lines_.lineNumber()), 1},
                   "the end of the file without any number", "rows of numbers");
        }
        return std::move(matrix_);
    }

  private:
    void parseLine(std::string_view line) {
        const char* const end = line.data() + line.size();
        const char* at = skipSpaces(line.data(), end);
        if (at == end) {
            return;
        }
        std::size_t count = 0;
        for (bool more = true; more; ++count) {
            at = parseNumber(line, at);
            more = at != end;
            if (more && *at == ',') {
                at = skipSpaces(at + 1, end);
            }
        }
        if (matrix_.rows > 0 && count != matrix_.cols) {
            fail(line, line.data(), "a row of " + std::to_string(count) + " numbers",
                 std::to_string(matrix_.cols) + " numbers as in the first row");
        }
        matrix_.cols = count;
        ++matrix_.rows;
    }

    /// Reads a number and the spaces behind it.
    const char* parseNumber(std::string_view line, const char* at) {
        const char* const end = line.data() + line.size();
        const ScannedNumber number = scanNumber(at, end);
        const bool ended = number.end == end || isSpace(*number.end) || *number.end == ',';
        if (number.status != NumberStatus::Ok || !ended) {
            fail(line, at, foundToken(tokenAt(at, end, ",")), "a finite number");
        }
        matrix_.values.push_back(number.value);
        return skipSpaces(number.end, end);
    }

    [[noreturn]] void fail(std::string_view line, const char* at, const std::string& found,
                           const std::string& expected) const {
        failAt({lines_.fileName(), lines_.lineNumber(), columnOf(line, at)}, found, expected);
    }

    LineSplitter lines_;
    Matrix matrix_;
};

}  // namespace

Matrix parseMatrixCsv(std::string fileName, std::span<const char> text) {
    return MatrixParser(std::move(fileName)).parse(text);
}

}  // namespace fedmtl
