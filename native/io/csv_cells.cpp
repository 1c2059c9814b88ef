#include "native/io/csv_cells.hpp"

#include <algorithm>

namespace fedmtl {
namespace {

std::string_view between(const char* begin, const char* end) {
    return {begin, static_cast<std::size_t>(end - begin)};
}

const char* skipBlanks(const char* at, const char* end) {
    return std::find_if(at, end, [](char c) { return c != ' '; });
}

}  // namespace

bool QuoteTracker::advance(std::string_view line) {
    openedAt_ = std::string_view::npos;
    if (state_ != State::Quoted) {
        state_ = State::CellStart;
    }
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (state_ == State::Quoted) {
            state_ = c == '"' ? State::BehindQuote : State::Quoted;
        } else if (c == delimiter_) {
            state_ = State::CellStart;
        } else if (c == '"' && state_ != State::Bare) {
            // Behind a quote, this is the second of a doubled one: the cell goes on.
            openedAt_ = state_ == State::CellStart ? i : openedAt_;
            state_ = State::Quoted;
        } else if (c != ' ' || state_ == State::BehindQuote) {
            state_ = State::Bare;
        }
    }
    return state_ == State::Quoted;
}

CsvCell CsvCellReader::read(const char* at, const char* end) {
    const char* const first = skipBlanks(at, end);
    return first != end && *first == '"' ? readQuoted(first, end) : readBare(first, end);
}

CsvCell CsvCellReader::readQuoted(const char* quote, const char* end) {
    unescaped_.clear();
    const char* at = quote + 1;
    for (;;) {
        const char* const close = std::find(at, end, '"');
        unescaped_.append(at, close);
        at = close == end ? end : close + 1;
        if (at == end || *at != '"') {
            break;
        }
        unescaped_ += '"';
        ++at;
    }
    const char* const stop = std::find(at, end, delimiter_);
    const bool clean = skipBlanks(at, stop) == stop;
    return {unescaped_, quote, stop, clean ? CellFault::None : CellFault::TextBehindQuote};
}

CsvCell CsvCellReader::readBare(const char* at, const char* end) const {
    const char* const stop = std::find(at, end, delimiter_);
    const char* last = stop;
    while (last != at && last[-1] == ' ') {
        --last;
    }
    const bool clean = std::find(at, last, '"') == last;
    return {between(at, last), at, stop, clean ? CellFault::None : CellFault::QuoteInside};
}

}  // namespace fedmtl
