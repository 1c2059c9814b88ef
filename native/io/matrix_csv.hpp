// Reads a plain matrix of numbers from text, such as a task covariance.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace fedmtl {

struct Matrix {
    std::size_t rows = 0;
    std::size_t cols = 0;
    /// rows * cols, row-major.
    std::vector<double> values;
};

/// Numbers separated by commas, tabs or spaces, one row a line, no header. Blank lines, comments after `#`,
/// CRLF and a byte order mark are legal.
/// @param fileName for messages only
/// @throws Error BadInput with line and column if a field is not a finite number, rows differ in length or
/// there
///   is no number at all
Matrix parseMatrixCsv(std::string fileName, std::span<const char> text);

}  // namespace fedmtl
