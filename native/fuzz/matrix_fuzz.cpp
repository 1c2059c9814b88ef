// Fuzz target of the matrix reader: any bytes give a matrix of finite numbers or one readable error; a matrix
// written with other separators and line ends reads back as itself.
#include "native/fuzz/fuzz_support.hpp"
#include "native/io/matrix_csv.hpp"

namespace fedmtl::fuzz {
namespace {

std::string toText(const Matrix& matrix, std::string_view separator, std::string_view lineEnd) {
    std::string text = "\xEF\xBB\xBF# written out\r\n";
    for (std::size_t row = 0; row < matrix.rows; ++row) {
        for (std::size_t col = 0; col < matrix.cols; ++col) {
            text +=
                (col == 0 ? "" : std::string(separator)) + shortest(matrix.values[row * matrix.cols + col]);
        }
        text += lineEnd;
    }
    return text;
}

void requireSame(const Matrix& matrix, const std::string& text) {
    const Matrix again = parseMatrixCsv("sigma.csv", text);
    require(again.rows == matrix.rows && again.cols == matrix.cols && again.values == matrix.values,
            "a matrix written out reads back as itself");
}

void test(std::string_view text) {
    try {
        const Matrix matrix = parseMatrixCsv("sigma.csv", text);
        require(matrix.rows >= 1 && matrix.cols >= 1, "a matrix has an entry");
        require(matrix.values.size() == matrix.rows * matrix.cols, "values are rows * cols");
        for (const double value : matrix.values) {
            require(std::isfinite(value), "values are finite");
        }
        requireSame(matrix, toText(matrix, ",", "\n"));
        requireSame(matrix, toText(matrix, " , ", "  # a comment\r\n\n"));
        requireSame(matrix, toText(matrix, "\t", "\n"));
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
