// Fuzz target of the reader of edges: any bytes give edges between named tasks with finite weights or one
// readable error; edges written out read back as themselves.
#include "native/fuzz/fuzz_support.hpp"
#include "native/io/edges_csv.hpp"

namespace fedmtl::fuzz {
namespace {

std::string inQuotes(std::string_view name) {
    std::string quoted = "\"";
    for (const char c : name) {
        quoted += c;
        quoted += c == '"' ? "\"" : "";
    }
    return quoted + '"';
}

void requireSame(const EdgeList& edges, std::string text, std::string_view lineEnd) {
    for (std::size_t e = 0; e < edges.lines.size(); ++e) {
        text += inQuotes(edges.from[e]) + " , " + inQuotes(edges.to[e]) + "," + shortest(edges.weights[e]);
        text += lineEnd;
    }
    const EdgeList again = parseEdgesCsv("edges.csv", text);
    require(again.from == edges.from && again.to == edges.to && again.weights == edges.weights,
            "edges written out read back as themselves");
}

void test(std::string_view text) {
    try {
        const EdgeList edges = parseEdgesCsv("edges.csv", text);
        const std::size_t count = edges.lines.size();
        require(edges.from.size() == count && edges.to.size() == count && edges.weights.size() == count,
                "every edge has two ends, a weight and a line");
        for (std::size_t e = 0; e < count; ++e) {
            require(!edges.from[e].empty() && !edges.to[e].empty(), "tasks have names");
            require(std::isfinite(edges.weights[e]), "weights are finite");
            require(edges.lines[e] > (e == 0 ? 0 : edges.lines[e - 1]), "lines rise");
        }
        requireSame(edges, "", "\n");
        requireSame(edges, "\xEF\xBB\xBFtaskA,taskB,weight\r\n", "\r\n\n");
    } catch (const Error& error) {
        require(error.code() == ErrorCode::BadInput, "errors of a reader are BadInput");
        requireReadable(error.what());
    }
}

}  // namespace
}  // namespace fedmtl::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // A copy with nothing behind it, so that reading beyond the end is seen.
    const std::vector<char> text(data, data + size);
    fedmtl::fuzz::test({text.data(), text.size()});
    return 0;
}
