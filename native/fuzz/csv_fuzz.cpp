// Fuzz target of the CSV parser: any bytes give a sound task set or one readable error, the same for every
// way to cut them into chunks; a set written out as CSV reads back as itself.
#include <memory>

#include "native/fuzz/fuzz_support.hpp"
#include "native/io/csv.hpp"

namespace fedmtl::fuzz {
namespace {

std::string inQuotes(std::string_view text) {
    std::string out = "\"";
    for (const char character : text) {
        out += character == '"' ? "\"\"" : std::string(1, character);
    }
    return out + "\"";
}

/// The set as CSV with a column of tasks and, where it has them, one of weights.
std::string toText(const Content& content) {
    const bool weighted = !content.sampleWeights.empty();
    std::string text = weighted ? "task,label,weight" : "task,label";
    for (std::size_t column = 0; column < content.cols; ++column) {
        text += ",x" + std::to_string(column);
    }
    text += "\n";
    std::size_t row = 0;
    for (std::size_t t = 0; t < content.names.size(); ++t) {
        for (; row < static_cast<std::size_t>(content.offsets[t + 1]); ++row) {
            text += inQuotes(content.names[t]) + "," + shortest(content.labels[row]);
            text += weighted ? "," + shortest(content.sampleWeights[row]) : "";
            std::vector<double> values(content.cols);
            for (const Entry& entry : content.rows[row]) {
                values[static_cast<std::size_t>(entry.column)] = entry.value;
            }
            for (const double value : values) {
                text += "," + shortest(value);
            }
            text += "\n";
        }
    }
    return text;
}

CsvColumns columns(bool taskRequired, bool weighted) {
    CsvColumns names;
    names.taskRequired = taskRequired;
    if (weighted) {
        names.weight = "weight";
    }
    return names;
}

void test(std::string_view text, Precision precision, char delimiter, bool withRoles) {
    const auto make = [&] {
        return std::make_unique<CsvParser>("data.csv", precision, delimiter, columns(withRoles, withRoles));
    };
    const Outcome outcome = parseEveryWay(make, text);
    if (const auto* content = std::get_if<Content>(&outcome)) {
        const auto makeAgain = [&] {
            return std::make_unique<CsvParser>("data.csv", precision, ',',
                                               columns(true, !content->sampleWeights.empty()));
        };
        require(parseInChunks(makeAgain, toText(*content), 0) == outcome,
                "a set written out reads back as itself");
    }
}

}  // namespace
}  // namespace fedmtl::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    fedmtl::fuzz::test(text, fedmtl::Precision::Float64, ',', false);
    fedmtl::fuzz::test(text, fedmtl::Precision::Float32, ',', true);
    fedmtl::fuzz::test(text, fedmtl::Precision::Float64, '\t', false);
    return 0;
}
