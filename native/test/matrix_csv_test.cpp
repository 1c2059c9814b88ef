// Laws of the reader of plain matrices.
#include "native/io/matrix_csv.hpp"

#include <gtest/gtest.h>

#include "native/test/task_set_support.hpp"

namespace fedmtl::testing {
namespace {

Matrix parse(std::string_view text) { return parseMatrixCsv("m.csv", text); }

TEST(MatrixCsv, AllSeparatorsGiveTheSameMatrix) {
    const std::vector<double> values = {1, -2.5, 3e4, 0.25, 5, 6};
    for (const std::string_view text :
         {"1,-2.5,3e4\n.25,5,+6\n", "1\t-2.5\t3e4\n.25\t5\t6", "1 -2.5   3e4\n  .25 5 6  \n",
          "\xEF\xBB\xBF# sigma\r\n\r\n1 , -2.5,\t3e4 # first\r\n.25, 5 ,6\r\n   \n"}) {
        const Matrix matrix = parse(text);
        EXPECT_EQ(matrix.rows, 2U);
        EXPECT_EQ(matrix.cols, 3U);
        EXPECT_EQ(matrix.values, values);
    }
}

TEST(MatrixCsv, OneNumberIsAMatrix) {
    const Matrix matrix = parse("7");
    EXPECT_EQ(matrix.rows, 1U);
    EXPECT_EQ(matrix.cols, 1U);
    EXPECT_EQ(matrix.values, std::vector<double>{7});
}

TEST(MatrixCsv, FaultsAreNamedAndPlaced) {
    const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
        {"", {"line 1, column 1", "end of the file", "numbers"}},
        {"# only\n\n", {"line 2", "end of the file"}},
        {"1,2\n3\n", {"line 2, column 1", "1 numbers", "2 numbers"}},
        {"1,2\n3,4,5\n", {"line 2", "3 numbers", "2 numbers"}},
        {"1,,2\n", {"line 1, column 3", "nothing", "finite"}},
        {"1,2,\n", {"line 1, column 5", "nothing", "finite"}},
        {",1\n", {"line 1, column 1", "nothing"}},
        {"a,b\n1,2\n", {"line 1, column 1", "\"a\"", "finite"}},
        {"1,2\n3,nan\n", {"line 2, column 3", "\"nan\"", "finite"}},
        {"1,1e999\n", {"line 1, column 3", "\"1e999\"", "finite"}},
        {"1;2\n", {"line 1, column 1", "\"1;2\"", "finite"}},
        {"1 -inf\n", {"line 1, column 3", "\"-inf\"", "finite"}},
    };
    for (const auto& [text, parts] : cases) {
        expectError(ErrorCode::BadInput, {"m.csv"}, [&] { parse(text); });
        expectError(ErrorCode::BadInput, parts, [&] { parse(text); });
    }
}

}  // namespace
}  // namespace fedmtl::testing
