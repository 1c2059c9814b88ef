#include "native/io/edges_csv.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "native/io/csv_cells.hpp"
#include "native/io/line_splitter.hpp"
#include "native/io/number_scanner.hpp"

namespace fedmtl {
namespace {

constexpr std::string_view kHeaderWord = "weight";

bool isHeaderWord(std::string_view text) {
    return std::ranges::equal(text, kHeaderWord,
                              [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a + 32 == b); });
}

class EdgesParser {
  public:
    explicit EdgesParser(std::string fileName) : lines_(std::move(fileName)) {}

    EdgeList parse(std::span<const char> text) {
        const auto onLine = [this](std::string_view line) { parseLine(line); };
        lines_.push(text, onLine);
        lines_.finish(onLine);
        return std::move(edges_);
    }

  private:
    struct Cell {
        std::string text;
        const char* begin;
    };

    void parseLine(std::string_view line) {
        const char* const end = line.data() + line.size();
        if (std::ranges::all_of(line, isSpace)) {
            return;
        }
        QuoteTracker quotes(',');
        if (quotes.advance(line)) {
            fail(line, line.data() + quotes.openedAt(), "a quote that is not closed in its line",
                 "a name with quotes around it");
        }
        std::array<Cell, 3> cells;
        const char* at = line.data();
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const CsvCell cell = reader_.read(at, end);
            if (cell.fault != CellFault::None) {
                fail(line, cell.begin, "a stray quote",
                     "a name with quotes around it, quotes inside doubled");
            }
            cells[i] = {std::string(cell.text), cell.begin};
            const bool last = i + 1 == cells.size();
            if ((cell.end == end) != last) {
                fail(line, last ? cell.end : end, last ? "a fourth cell" : "the end of the line",
                     "three cells: taskA,taskB,weight");
            }
            at = cell.end + (last ? 0 : 1);
        }
        const bool first = std::exchange(first_, false);
        if (!(first && isHeaderWord(cells[2].text))) {
            take(line, cells);
        }
    }

    void take(std::string_view line, const std::array<Cell, 3>& cells) {
        for (const Cell& name : {cells[0], cells[1]}) {
            if (name.text.empty()) {
                fail(line, name.begin, "nothing", "the name of a task");
            }
        }
        const std::string& text = cells[2].text;
        const ScannedNumber weight = scanNumber(text.data(), text.data() + text.size());
        if (weight.status != NumberStatus::Ok || weight.end != text.data() + text.size()) {
            fail(line, cells[2].begin, foundToken(text), "a finite number, the weight of the edge");
        }
        edges_.from.push_back(cells[0].text);
        edges_.to.push_back(cells[1].text);
        edges_.weights.push_back(weight.value);
        edges_.lines.push_back(lines_.lineNumber());
    }

    [[noreturn]] void fail(std::string_view line, const char* at, const std::string& found,
                           const std::string& expected) const {
        failAt({lines_.fileName(), lines_.lineNumber(), columnOf(line, at)}, found, expected);
    }

    LineSplitter lines_;
    CsvCellReader reader_{','};
    bool first_ = true;
    EdgeList edges_;
};

}  // namespace

EdgeList parseEdgesCsv(std::string fileName, std::span<const char> text) {
    return EdgesParser(std::move(fileName)).parse(text);
}

}  // namespace fedmtl
