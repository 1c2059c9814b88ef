// Fuzz target of the svmlight parser: any bytes give a sound task set or one readable error, the same for
// every way to cut them into chunks; a set written out as text reads back as itself.
#include <memory>

#include "native/fuzz/fuzz_support.hpp"
#include "native/io/svmlight.hpp"

namespace fedmtl::fuzz {
namespace {

/// The set as svmlight text. The first row names the last column, so that the number of columns is kept.
std::string toText(const Content& content) {
    std::string text;
    std::size_t row = 0;
    for (std::size_t t = 0; t < content.names.size(); ++t) {
        for (; row < static_cast<std::size_t>(content.offsets[t + 1]); ++row) {
            text += shortest(content.labels[row]) + " qid:" + content.names[t];
            const auto& entries = content.rows[row];
            for (const Entry& entry : entries) {
                text += " " + std::to_string(entry.column + 1) + ":" + shortest(entry.value);
            }
            const auto last = static_cast<std::int32_t>(content.cols - 1);
            if (row == 0 && (entries.empty() || entries.back().column != last)) {
                text += " " + std::to_string(content.cols) + ":0";
            }
            text += "\n";
        }
    }
    return text;
}

void test(std::string_view text, Precision precision) {
    const auto make = [&] { return std::make_unique<SvmlightParser>("data.svm", precision); };
    const Outcome outcome = parseEveryWay(make, text);
    if (const auto* content = std::get_if<Content>(&outcome)) {
        require(parseInChunks(make, toText(*content), 0) == outcome,
                "a set written out reads back as itself");
    }
}

}  // namespace
}  // namespace fedmtl::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    fedmtl::fuzz::test(text, fedmtl::Precision::Float64);
    fedmtl::fuzz::test(text, fedmtl::Precision::Float32);
    return 0;
}
