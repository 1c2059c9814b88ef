// Laws of the CSV parser: what the text says is what the set holds however it is cut, quoted or ordered, and
// every fault is found and placed.
#include "native/io/csv.hpp"

#include <gtest/gtest.h>

#include <array>

#include "native/test/task_set_support.hpp"

namespace fedmtl::testing {
namespace {

using namespace std::string_literals;

CsvColumns withWeight() {
    CsvColumns columns;
    columns.weight = "weight";
    return columns;
}

TaskSet parse(const std::string& text, CsvColumns columns = {}, char delimiter = ',',
              Precision precision = Precision::Float64, std::size_t chunkBytes = std::string::npos) {
    CsvParser parser("data.csv", precision, delimiter, std::move(columns));
    for (std::size_t at = 0; at < text.size(); at += std::min(chunkBytes, text.size() - at)) {
        parser.push(std::string_view(text).substr(at, chunkBytes));
    }
    return parser.finish();
}

/// The rows as text with every legal ornament, the columns that are not features among the others.
std::string toText(const RandomRows& rows, char delimiter) {
    const std::string d(1, delimiter);
    std::string text = "\xEF\xBB\xBF\r\nx1" + d + "\"weight\"" + d + " x2 " + d + "task" + d + "x3" + d +
                       "\"x\n4\"" + d + "label" + d + "x5\r\n\n";
    for (std::size_t row = 0; row < rows.labels.size(); ++row) {
        const auto x = [&](std::size_t c) {
            const std::string number = shortest(rows.values[row * rows.cols + c]);
            return std::array{number, " +" + number + "  ", "\"" + number + "\"",
                              " \"" + number + "\" "}[(row + c) % 4];
        };
        const std::string& task = rows.names[static_cast<std::size_t>(rows.taskOfRow[row])];
        text += x(0) + d + shortest(rows.weights[row]) + d + x(1) + d;
        text += (row % 2 == 0 ? task : "\"" + task + "\"") + d + x(2) + d + x(3) + d;
        text += shortest(rows.labels[row]) + d + x(4) + std::array{"\n", "\r\n", "\n\n   \n"}[row % 3];
    }
    return text;
}

TEST(Csv, HoldsWhatTheTextSays) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const RandomRows rows(seed);
        for (const char delimiter : {',', '\t'}) {
            const std::string text = toText(rows, delimiter);
            expectSameSet(parse(text, withWeight(), delimiter), rows.dense());
            const TaskSet narrow = parse(text, withWeight(), delimiter, Precision::Float32);
            expectSameData(narrow, rows.dense());
            EXPECT_EQ(narrow.precision(), Precision::Float32);
        }
    }
}

TEST(Csv, AnyChunksGiveTheSameSet) {
    const std::string text = toText(RandomRows(6), ',') + "1,2,3,\"a \"\"b\"\",\r\nc\",4,5,6,7";
    const TaskSet whole = parse(text, withWeight());
    EXPECT_EQ(fullRow(whole, whole.rowCount() - 1), (std::vector<double>{1, 3, 4, 5, 7}));
    for (std::size_t chunkBytes = 1; chunkBytes < 80; ++chunkBytes) {
        expectSameSet(parse(text, withWeight(), ',', Precision::Float64, chunkBytes), whole);
    }
}

TEST(Csv, TasksMayBeScattered) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const RandomRows rows(seed);
        expectSameSet(parse(toText(rows, ','), withWeight()),
                      parse(toText(rows.packed(), ','), withWeight()));
    }
}

TEST(Csv, QuotedTaskNamesAreVerbatim) {
    const TaskSet set = parse(
        "label,task,x\n"
        "1,\"a,b\",1\n1,\" a \",1\n1, a ,1\n1,\"say "
        "\"\"a\"\"\",1\n1,\"two\r\nlines\",1\n1,\"\"\"\",1\n1,\xC3\xA9,1\n");
    EXPECT_EQ(toVector(set.names()),
              (std::vector<std::string>{"a,b", " a ", "a", "say \"a\"", "two\nlines", "\"", "\xC3\xA9"}));
}

TEST(Csv, ColumnsAreFoundByName) {
    CsvColumns columns;
    columns.task = "who";
    columns.taskRequired = true;
    columns.label = "y";
    columns.weight = "q";
    const TaskSet set = parse("label,y,who,task,q\n1,2,a,3,0.5\n4,5,b,6,0\n", columns);
    EXPECT_EQ(toVector(set.names()), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(toVector(set.labels()), (std::vector<double>{2, 5}));
    EXPECT_EQ(toVector(set.sampleWeights()), (std::vector<double>{0.5, 0}));
    EXPECT_EQ(fullRow(set, 1), (std::vector<double>{4, 6}));
}

TEST(Csv, WithoutATaskColumnThereIsOneTaskNamedAll) {
    const TaskSet set = parse("x,label\n1,2\n3,4\n");
    EXPECT_EQ(toVector(set.names()), (std::vector<std::string>{"all"}));
    EXPECT_EQ(toVector(set.offsets()), (std::vector<std::int64_t>{0, 2}));
    EXPECT_TRUE(set.sampleWeights().empty());
}

struct BadText {
    std::string text;
    std::size_t line;
    std::size_t column;
    std::string found;
    std::string expected;
};

const std::vector<BadText> kBadTexts = {
    // Cells
    {"task,label,age\na,1,2\nb,1,\n", 3, 5, "nothing in column \"age\"", "a finite number"},
    {"task,label,age\na,,2\n", 2, 3, "nothing in column \"label\"", "a finite number"},
    {"task,label,age\n,1,2\n", 2, 1, "nothing in column \"task\"", "a task's name"},
    {"task,label,age\n\"\",1,2\n", 2, 1, "nothing in column \"task\"", "a task's name"},
    {"task,label,age\na,1,  \n", 2, 7, "nothing in column \"age\"", "a finite number"},
    {"task,label,age\na,1,x\n", 2, 5, "\"x\" in column \"age\"", "a finite number"},
    {"task,label,age\na,1,1 2\n", 2, 5, "\"1 2\" in column \"age\"", "a finite number"},
    {"task,label,age\na,1,1;5\n", 2, 5, "\"1;5\" in column \"age\"", "a finite number"},
    {"task,label,age\na,1,nan\n", 2, 5, "\"nan\" in column \"age\"", "a finite number"},
    {"task,label,age\na,-Inf,1\n", 2, 3, "\"-Inf\" in column \"label\"", "a finite number"},
    {"task,label,age\na,1,1e999\n", 2, 5, "\"1e999\" in column \"age\"", "magnitude at most 1.797"},
    {"task,label,age\na,1,\"1e999\"\n", 2, 5, "\"1e999\" in column \"age\"", "magnitude at most 1.797"},
    {"task,label,age\n\xC3\xA9,1,x\n", 2, 5, "\"x\" in column \"age\"", "a finite number"},
    {"task,label,age\n\xC3\xFF,1,2\n", 2, 1, "\"\\xC3\\xFF\" in column \"task\"", "UTF-8"},
    {"task,label,age\na\x01,1,2\n", 2, 1, "\"a\\x01\" in column \"task\"", "printable"},
    {"task,label,age\n\"a\nb\",1,x\n", 3, 6, "\"x\" in column \"age\"", "a finite number"},
    {"task,label,weight,x\na,1,-1,2\n", 2, 5, "\"-1\" in column \"weight\"", "at least 0"},
    // Rows
    {"task,label,age\na,1\n", 2, 4, "a row of 2 cells", "3 cells as in the header"},
    {"task,label,age\n1,2,3,4\n", 2, 7, "a row of 4 cells", "3 cells as in the header"},
    {"task,label,age\na,1,2,\n", 2, 7, "a row of 4 cells", "3 cells"},
    {"task,label,age,b\n1,a,2\n", 2, 6, "a row of 3 cells", "4 cells"},
    // Quotes
    {"task,label,age\na,1,\"2\nb,1,2\n", 2, 5, "a quote that is never closed", "a closing quote"},
    {"task,label,\"age\n", 1, 12, "a quote that is never closed", "a closing quote"},
    {"task,label,age\n\"a\n\",1,\"\n", 3, 5, "a quote that is never closed", "a closing quote"},
    {"task,label,age\na\"b\",1,2\n", 2, 1, "\"a\\\"b\\\"\"", "quotes around the whole cell"},
    {"task,label,age\na,1,5\"\nb,1,2\n", 2, 5, "\"5\\\"\"", "quotes around the whole cell"},
    {"task,label,age\n\"a\"b,1,2\n", 2, 1, "\"\\\"a\\\"b\"", "nothing between"},
    // Header
    {"task,label,a,b,a\n", 1, 16, "the column name \"a\" a second time", "names that differ"},
    {"task,label,a,\n", 1, 14, "a column without a name", "a name for every column"},
    {"task,lable,a\n", 1, 1, "no column \"label\"", "the nearest name there is \"lable\""},
    {"task,Label,a\n", 1, 1, "no column \"label\"", "the nearest name there is \"Label\""},
    {"1,2,3\n4,5,6\n", 1, 1, "no column \"label\"", "it in the header, which has \"1\", \"2\", \"3\""},
    {"task,label\na,1\n", 1, 1, "no column of features", "at least one"},
    // Files
    {"", 1, 1, "the end of the file without any row", "a header"},
    {"task,label,a\n\n", 2, 1, "the end of the file without any row", "then rows"},
    {"\x1F\x8B\x08\x00garbage"s, 1, 1, "no column \"label\"", "it in the header"},
};

TEST(Csv, FaultsAreNamedAndPlaced) {
    for (const BadText& bad : kBadTexts) {
        const std::string place = "data.csv, line " + std::to_string(bad.line) + ", column " +
                                  std::to_string(bad.column) + ": found " + bad.found;
        const CsvColumns columns = bad.text.find("weight") == std::string::npos ? CsvColumns{} : withWeight();
        for (const std::size_t chunkBytes : {std::string::npos, std::size_t{1}}) {
            expectError(ErrorCode::BadInput, {place, "expected ", bad.expected},
                        [&] { parse(bad.text, columns, ',', Precision::Float64, chunkBytes); });
        }
    }
}

TEST(Csv, ColumnsAskedForMustExist) {
    CsvColumns task;
    task.task = "pateint";
    task.taskRequired = true;
    expectError(ErrorCode::BadInput, {"no column \"pateint\"", "the nearest name there is \"patient\""},
                [&] { parse("patient,label,x\n", task); });
    expectError(ErrorCode::BadInput, {"no column \"weight\""}, [] { parse("task,label,x\n", withWeight()); });
}

TEST(Csv, Float32RefusesWhatItCannotHold) {
    EXPECT_NO_THROW(parse("label,x\n1e300,1e38\n", {}, ',', Precision::Float32));
    expectError(ErrorCode::BadInput, {"column 3", "\"1e39\" in column \"x\"", "at most 3.40282"},
                [] { parse("label,x\n1,1e39\n", {}, ',', Precision::Float32); });
}

TEST(Csv, RefusesEndlessLinesAndQuotes) {
    const std::string part(std::size_t{1} << 20, '1');
    const auto feed = [&](std::string start, const std::string& more) {
        CsvParser parser("data.csv", Precision::Float64, ',', {});
        parser.push(std::string_view(start));
        for (int i = 0; i < 66; ++i) {
            parser.push(std::string_view(more));
        }
    };
    expectError(ErrorCode::BadInput, {"data.csv, line 2", "64 MiB"}, [&] { feed("label,x\n1,", part); });
    expectError(ErrorCode::BadInput, {"data.csv, line 2, column 3: found a quote that is never closed"},
                [&] { feed("label,x\n1,\"", part + "\n"); });
}

TEST(Csv, NearestNameIsTheOneWithFewestEdits) {
    const std::vector<std::string> names = {"label", "labels", "table", "X"};
    EXPECT_EQ(nearestName("lable", names), "label");
    EXPECT_EQ(nearestName("LABELS", names), "labels");
    EXPECT_EQ(nearestName("x", names), "X");
    EXPECT_EQ(nearestName("y", names), std::nullopt);
    EXPECT_EQ(nearestName("weight", names), std::nullopt);
}

}  // namespace
}  // namespace fedmtl::testing
