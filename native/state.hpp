// What a training has to keep so that it can go on in another process: named arrays of numbers.
//
// Each side writes what it cannot recompute with the same bits and reads it back in the same way; whole
// numbers up to 2^53 travel as doubles. Writers and readers hand over spans, so that nothing is held twice.
#pragma once

#include <algorithm>
#include <ranges>
#include <span>
#include <string>
#include <vector>

#include "native/status.hpp"

namespace fedmtl {

class StateWriter {
  public:
    virtual ~StateWriter() = default;
    /// Keeps a copy of the values.
    virtual void write(const std::string& name, std::span<const double> values) = 0;

    void write(const std::string& name, double value) { write(name, std::span<const double>(&value, 1)); }
    template <std::integral Whole>
    void writeWhole(const std::string& name, std::span<const Whole> values) {
        const std::vector<double> numbers(values.begin(), values.end());
        write(name, numbers);
    }
};

class StateReader {
  public:
    virtual ~StateReader() = default;
    /// The values written under this name, valid as long as the reader; throws BadInput if there are none.
    virtual std::span<const double> read(const std::string& name) const = 0;

    double readNumber(const std::string& name) const { return readSized(name, 1)[0]; }
    void readInto(const std::string& name, std::span<double> target) const {
        std::ranges::copy(readSized(name, target.size()), target.begin());
    }
    template <std::integral Whole>
    void readWhole(const std::string& name, std::span<Whole> target) const {
        std::ranges::transform(readSized(name, target.size()), target.begin(),
                               [](double value) { return static_cast<Whole>(value); });
    }

  private:
    std::span<const double> readSized(const std::string& name, std::size_t size) const {
        const auto values = read(name);
        if (values.size() != size) {
            throw Error(ErrorCode::BadInput, "the state's " + name + " has " + std::to_string(values.size()) +
                                                 " numbers, " + std::to_string(size) + " are expected");
        }
        return values;
    }
};

}  // namespace fedmtl
