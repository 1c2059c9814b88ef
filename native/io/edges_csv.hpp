// Reads the edges of a graph over tasks from CSV: who, whom, how strongly.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fedmtl {

struct EdgeList {
    std::vector<std::string> from;
    std::vector<std::string> to;
    std::vector<double> weights;
    /// Where each edge stands in the file, from 1.
    std::vector<std::int64_t> lines;
};

/// Lines `taskA,taskB,weight`; names with commas in quotes (RFC 4180), without line ends. A first line whose
/// third cell is the word `weight` is a header. Blank lines, CRLF and a byte order mark are legal. Whether
/// tasks exist, weights make sense and there may be no edge at all is for the caller to say.
/// @param fileName for messages only
/// @throws Error BadInput with line and column for another number of cells, an empty name, a weight that is
///   no finite number, or stray quotes
EdgeList parseEdgesCsv(std::string fileName, std::span<const char> text);

}  // namespace fedmtl
