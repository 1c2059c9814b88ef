// Laws of the reader of edges.
#include "native/io/edges_csv.hpp"

#include <gtest/gtest.h>

#include "native/test/task_set_support.hpp"

namespace fedmtl::testing {
namespace {

EdgeList parse(std::string_view text) { return parseEdgesCsv("e.csv", text); }

TEST(EdgesCsv, EveryFormGivesTheSameEdges) {
    const std::vector<std::string> from = {"a", "b c"};
    const std::vector<std::string> to = {"x,y", "a\"q"};
    const std::vector<double> weights = {1.5, 0.0};
    for (const std::string_view text :
         {"a,\"x,y\",1.5\nb c,\"a\"\"q\",0\n", "from,to,weight\na,\"x,y\",1.5\nb c,\"a\"\"q\",0",
          "\xEF\xBB\xBFtaskA , taskB , Weight\r\n\r\n a , \"x,y\" , 15e-1 \r\n\"b c\",\"a\"\"q\",+0\r\n  "
          "\n"}) {
        const EdgeList edges = parse(text);
        EXPECT_EQ(edges.from, from);
        EXPECT_EQ(edges.to, to);
        EXPECT_EQ(edges.weights, weights);
    }
}

TEST(EdgesCsv, LinesAreThoseOfTheFile) {
    EXPECT_EQ(parse("a,b,1\n\nb,c,2\n").lines, (std::vector<std::int64_t>{1, 3}));
    EXPECT_EQ(parse("a,b,weight\nb,c,2\nc,weight,3\n").lines, (std::vector<std::int64_t>{2, 3}));
}

TEST(EdgesCsv, AFileWithoutEdgesHasNone) {
    for (const std::string_view text : {"", "\n \r\n", "a,b,weight\n", "\xEF\xBB\xBF"}) {
        EXPECT_TRUE(parse(text).lines.empty());
    }
}

TEST(EdgesCsv, FaultsAreNamedAndPlaced) {
    const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
        {"a,b\n", {"line 1, column 4", "end of the line", "three cells"}},
        {"a,b,1\nb,c,1,2\n", {"line 2, column 6", "fourth cell", "three cells"}},
        {"a,b,one\n", {"line 1, column 5", "\"one\"", "finite number"}},
        {"a,b,1\na,c,weight\n", {"line 2, column 5", "\"weight\"", "finite number"}},
        {"a,b,\n", {"line 1, column 5", "nothing", "finite number"}},
        {"a,b,1 2\n", {"line 1, column 5", "\"1 2\"", "finite number"}},
        {"a,b,nan\n", {"line 1, column 5", "\"nan\""}},
        {"a,b,1e999\n", {"line 1, column 5", "\"1e999\""}},
        {",b,1\n", {"line 1, column 1", "nothing", "name of a task"}},
        {"a,\"\",1\n", {"line 1, column 3", "nothing", "name of a task"}},
        {"a,b\"c,1\n", {"line 1, column 3", "stray quote"}},
        {"a,b,\"1\n", {"line 1, column 5", "not closed"}},
        {"a,\"b,1\n", {"line 1, column 3", "not closed"}},
        {"a,\"b\"c,1\n", {"line 1, column 3", "stray quote"}},
    };
    for (const auto& [text, parts] : cases) {
        SCOPED_TRACE(text);
        expectError(ErrorCode::BadInput, {"e.csv"}, [&] { parse(text); });
        expectError(ErrorCode::BadInput, parts, [&] { parse(text); });
    }
}

}  // namespace
}  // namespace fedmtl::testing
