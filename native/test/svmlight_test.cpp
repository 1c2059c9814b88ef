// Laws of the svmlight parser: what the text says is what the set holds however it is cut, every fault is
// found and placed, and storage follows density.
#include "native/io/svmlight.hpp"

#include <gtest/gtest.h>

#include <array>

#include "native/test/task_set_support.hpp"

namespace fedmtl::testing {
namespace {

using namespace std::string_literals;

TaskSet parse(const std::string& text, Precision precision = Precision::Float64,
              std::size_t chunkBytes = std::string::npos) {
    SvmlightParser parser("data.svm", precision);
    for (std::size_t at = 0; at < text.size(); at += std::min(chunkBytes, text.size() - at)) {
        parser.push(std::string_view(text).substr(at, chunkBytes));
    }
    return parser.finish();
}

/// The rows as text, entries that are 0 left out, with every legal ornament.
std::string toText(const RandomRows& rows) {
    std::string text = "\xEF\xBB\xBF# a comment\r\n\n";
    for (std::size_t row = 0; row < rows.labels.size(); ++row) {
        text += (row % 3 == 0 ? "+" : "") + shortest(rows.labels[row]);
        text += "\tqid:" + rows.names[static_cast<std::size_t>(rows.taskOfRow[row])];
        for (auto k = static_cast<std::size_t>(rows.indptr[row]);
             k < static_cast<std::size_t>(rows.indptr[row + 1]); ++k) {
            text += "  " + std::to_string(rows.indices[k] + 1) + ":" + shortest(rows.entries[k]);
        }
        text += std::array{"\n", " \t\r\n", " # said so\n", "\n   \n"}[row % 4];
    }
    return text;
}

/// What the parser makes of the rows: no weights, tasks in the order of their first rows (as in RandomRows).
TaskSet expectedSet(const RandomRows& rows) {
    return TaskSet::fromCsr(rows.cols, rows.indptr, rows.indices, rows.entries, rows.labels, rows.taskOfRow,
                            rows.names);
}

TEST(Svmlight, HoldsWhatTheTextSays) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const RandomRows rows(seed);
        expectSameData(parse(toText(rows)), expectedSet(rows));
        expectSameData(parse(toText(rows), Precision::Float32), expectedSet(rows));
        EXPECT_EQ(parse(toText(rows), Precision::Float32).precision(), Precision::Float32);
    }
}

TEST(Svmlight, AnyChunksGiveTheSameSet) {
    const std::string text = toText(RandomRows(6)) + "1.25 qid:last 5:-12.5e-1";
    const TaskSet whole = parse(text);
    EXPECT_EQ(fullRow(whole, whole.rowCount() - 1), (std::vector<double>{0, 0, 0, 0, -1.25}));
    for (std::size_t chunkBytes = 1; chunkBytes < 80; ++chunkBytes) {
        expectSameSet(parse(text, Precision::Float64, chunkBytes), whole);
    }
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        SvmlightParser parser("data.svm", Precision::Float64);
        parser.push(std::string_view(text).substr(0, cut));
        parser.push(std::string_view(text).substr(cut));
        expectSameSet(parser.finish(), whole);
    }
}

TEST(Svmlight, TasksMayBeScattered) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const RandomRows rows(seed);
        expectSameSet(parse(toText(rows)), parse(toText(rows.packed())));
    }
}

TEST(Svmlight, WithoutAnyQidThereIsOneTaskNamedAll) {
    const TaskSet set = parse("1 1:2\n-1 2:3\n");
    EXPECT_EQ(toVector(set.names()), (std::vector<std::string>{"all"}));
    EXPECT_EQ(toVector(set.offsets()), (std::vector<std::int64_t>{0, 2}));
}

TEST(Svmlight, TaskNamesAreVerbatim) {
    const TaskSet set =
        parse("1 qid:007 1:1\n1 qid:7 1:1\n1 qid:a:b#c 1:1\n1 qid:\xC3\xA9\xE2\x82\xAC 1:1\n1 qid:qid:x");
    EXPECT_EQ(toVector(set.names()),
              (std::vector<std::string>{"007", "7", "a:b#c", "\xC3\xA9\xE2\x82\xAC", "qid:x"}));
}

TEST(Svmlight, RowsWithoutFeaturesAndBareLineEndsAreLegal) {
    const TaskSet set = parse("1\n-1 #nothing\n\n2.5 \t\n0 4:1#end");
    EXPECT_EQ(toVector(set.labels()), (std::vector<double>{1, -1, 2.5, 0}));
    EXPECT_EQ(set.cols(), 4U);
    EXPECT_EQ(fullRow(set, 0), (std::vector<double>{0, 0, 0, 0}));
    EXPECT_EQ(fullRow(set, 3), (std::vector<double>{0, 0, 0, 1}));
}

TEST(Svmlight, TheLargestIndexIsLegalAndMakesTheSetSparse) {
    const TaskSet set = parse("1 1:1 128:2 129:3 16512:4 2147483646:5\n1 2147483645:6\n");
    ASSERT_TRUE(set.sparse());
    EXPECT_EQ(set.cols(), kMaxCols);
    const auto rows = std::get<CsrRows<double>>(set.features());
    EXPECT_EQ(std::vector(rows.indices, rows.indices + 6),
              (std::vector<std::int32_t>{0, 127, 128, 16511, 2147483645, 2147483644}));
    EXPECT_EQ(std::vector(rows.indptr, rows.indptr + 3), (std::vector<std::int64_t>{0, 5, 6}));
}

/// n rows of d columns, the first `empty` of which lack their last entry.
std::string rowsOfText(std::size_t n, std::size_t d, std::size_t empty) {
    std::string text;
    for (std::size_t row = 0; row < n; ++row) {
        text += "1";
        for (std::size_t c = 1; c <= (row < empty ? d - 1 : d); ++c) {
            text += " " + std::to_string(c) + ":" + std::to_string(row + c);
        }
        text += "\n";
    }
    return text;
}

TEST(Svmlight, TheSetIsDenseExactlyIfThatTakesNoMoreMemory) {
    for (const Precision precision : {Precision::Float64, Precision::Float32}) {
        const std::size_t value = precision == Precision::Float64 ? 8 : 4;
        for (const std::size_t d : {1U, 2U, 3U, 9U}) {
            for (std::size_t empty = 0; empty < 10; ++empty) {
                const TaskSet set = parse(rowsOfText(10, d, empty), precision);
                const std::size_t entries = 10 * d - empty;
                EXPECT_EQ(set.sparse(), 10 * d * value > entries * (value + 4) + 10 * 8) << d << " " << empty;
            }
        }
    }
    EXPECT_FALSE(parse(rowsOfText(10, 3, 9)).sparse());
    EXPECT_TRUE(parse("1 1:1\n1 9:1\n").sparse());
}

TEST(Svmlight, ExplicitZerosAreRead) {
    const TaskSet set = parse("1 1:0 9:0\n1 2:-0\n");
    EXPECT_EQ(set.cols(), 9U);
    EXPECT_EQ(set.nnz(), 3U);
}

struct BadText {
    std::string text;
    std::size_t line;
    std::size_t column;
    std::string found;
    std::string expected;
};

const std::vector<BadText> kBadTexts = {
    {"1 1:1\nx 1:1\n", 2, 1, "\"x\"", "label"},
    {"1:1 2:1\n", 1, 1, "\"1:1\"", "label"},
    {"  qid:3 1:1\n", 1, 3, "\"qid:3\"", "label"},
    {"nan 1:1\n", 1, 1, "\"nan\"", "label"},
    {"1e999 1:1\n", 1, 1, "\"1e999\"", "label"},
    {"+-1 1:1\n", 1, 1, "\"+-1\"", "label"},
    {"0x10 1:1\n", 1, 1, "\"0x10\"", "label"},
    {"1,1:1\n", 1, 1, "\"1,1:1\"", "label"},
    {"1 1:nan\n", 1, 5, "\"nan\"", "finite"},
    {"1 1:1 2:-Inf\n", 1, 9, "\"-Inf\"", "finite"},
    {"1 1:infinity\n", 1, 5, "\"infinity\"", "finite"},
    {"1 1:1e999\n", 1, 5, "\"1e999\"", "at most 1.7976931348623157e+308"},
    {"1 1:-" + std::string(310, '9') + "\n", 1, 5, "\"-999", "at most"},
    {"1 1:\n", 1, 5, "nothing", "finite"},
    {"1 1: 2\n", 1, 5, "nothing", "finite"},
    {"1 1:2:3\n", 1, 5, "\"2:3\"", "finite"},
    {"1 1:1e\n", 1, 5, "\"1e\"", "finite"},
    {"1 1:.\n", 1, 5, "\".\"", "finite"},
    {"1 1:--1\n", 1, 5, "\"--1\"", "finite"},
    {"1 1:1\r2:1\n", 1, 5, "\"1\\x0D2:1\"", "finite"},
    {"1 0:1\n", 1, 3, "\"0:1\"", "from 1 to 2147483646"},
    {"1 -3:1\n", 1, 3, "\"-3:1\"", "from 1 to 2147483646"},
    {"1 2147483647:1\n", 1, 3, "\"2147483647:1\"", "from 1 to 2147483646"},
    {"1 18446744073709551617:1\n", 1, 3, "\"18446744073709551617:1\"", "from 1 to 2147483646"},
    {"1 3:1 3:2\n", 1, 7, "\"3:2\"", "above 3"},
    {"1 3:1 2:2\n", 1, 7, "\"2:2\"", "above 3"},
    {"1 1;5\n", 1, 3, "\"1;5\"", "index:value"},
    {"1 a:5\n", 1, 3, "\"a:5\"", "index:value"},
    {"1 1.5:5\n", 1, 3, "\"1.5:5\"", "index:value"},
    {"1 :5\n", 1, 3, "\":5\"", "index:value"},
    {"1 5\n", 1, 3, "\"5\"", "index:value"},
    {"1 qid: 1:1\n", 1, 3, "\"qid:\"", "name"},
    {"1 qid:a qid:b 1:1\n", 1, 9, "\"qid:b\"", "at most once"},
    {"1 qid:a 1:1 qid:a\n", 1, 13, "\"qid:a\"", "at most once"},
    {"1 qid:\xC3\xA9\xFF 1:1\n", 1, 3, "\"qid:\xC3\xA9\\xFF\"", "UTF-8"},
    {"1 qid:a\x01 1:1\n", 1, 3, "\"qid:a\\x01\"", "printable"},
    {"1 qid:\xC3\xA9 1:x\n", 1, 11, "\"x\"", "finite"},
    {"#\n1 qid:a 1:1\n1 1:1\n", 3, 3, "no qid", "the first row, line 2, has one"},
    {"1 1:1\n1 qid:a 1:1\n", 2, 3, "\"qid:a\"", "the first row, line 1, has none"},
    {"1 qid:a 1:1\n1\n", 2, 2, "no qid", "qid:TASK"},
    {"\x1F\x8B\x08\x00garbage"s, 1, 1, "\"\\x1F\\x8B\\x08\\x00garbage\"", "label"},
    {std::string(100, 'y') + "\n", 1, 1, "\"" + std::string(40, 'y') + "...\"", "label"},
    {"", 1, 1, "the end of the file without any row", "index:value"},
    {"# nothing\n\n", 2, 1, "the end of the file without any row", "index:value"},
    {"1\n2\n", 2, 1, "the end of the file without any feature", "index:value"},
};

TEST(Svmlight, FaultsAreNamedAndPlaced) {
    for (const BadText& bad : kBadTexts) {
        const std::string place = "data.svm, line " + std::to_string(bad.line) + ", column " +
                                  std::to_string(bad.column) + ": found ";
        for (const std::size_t chunkBytes : {std::string::npos, std::size_t{1}}) {
            expectError(ErrorCode::BadInput, {place + bad.found, "expected ", bad.expected},
                        [&] { parse(bad.text, Precision::Float64, chunkBytes); });
        }
    }
}

TEST(Svmlight, Float32RefusesWhatItCannotHold) {
    EXPECT_NO_THROW(parse("1e300 1:1e38\n", Precision::Float32));
    expectError(ErrorCode::BadInput, {"column 5", "\"1e39\"", "at most 3.40282"},
                [] { parse("1 1:1e39\n", Precision::Float32); });
}

TEST(Svmlight, RefusesEndlessLines) {
    const std::string part(std::size_t{1} << 20, '1');
    SvmlightParser parser("data.svm", Precision::Float64);
    parser.push(std::string_view("1 1:1\n"));
    expectError(ErrorCode::BadInput, {"data.svm, line 2", "64 MiB"}, [&] {
        for (int i = 0; i < 65; ++i) {
            parser.push(part);
        }
    });
}

}  // namespace
}  // namespace fedmtl::testing
