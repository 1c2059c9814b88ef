// A growable array of plain values, the storage of all large arrays of a TaskSet.
//
// std::vector moves its elements into a second allocation when it grows, so that a 4 GB array passes through
// a peak of 10 GB. Reallocation remaps the pages of a large block instead (mremap): nothing is copied, the
// unused part of the capacity is hardly touched, and the peak is the size itself.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "native/large_block.hpp"
#include "native/status.hpp"

namespace fedmtl {

template <class T>
class GrowingBuffer {
    static_assert(std::is_trivially_copyable_v<T>, "reallocation moves elements as bytes");

  public:
    GrowingBuffer() = default;

    /// `size` elements whose values are not set yet; the pages of a large buffer stay untouched until
    /// written.
    explicit GrowingBuffer(std::size_t size) {
        reallocate(size);
        size_ = size;
    }

    static GrowingBuffer copyOf(std::span<const T> values) {
        GrowingBuffer copy;
        copy.append(values);
        return copy;
    }

    GrowingBuffer(GrowingBuffer&& other) noexcept
        : data_(std::move(other.data_)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}

    GrowingBuffer& operator=(GrowingBuffer&& other) noexcept {
        data_ = std::move(other.data_);
        size_ = std::exchange(other.size_, 0);
        capacity_ = std::exchange(other.capacity_, 0);
        return *this;
    }

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    /// Bytes held, the unused capacity included.
    std::size_t bytes() const noexcept { return capacity_ * sizeof(T); }

    T* data() noexcept { return data_.get(); }
    const T* data() const noexcept { return data_.get(); }
    T* begin() noexcept { return data(); }
    T* end() noexcept { return data() + size_; }
    const T* begin() const noexcept { return data(); }
    const T* end() const noexcept { return data() + size_; }
    T& operator[](std::size_t i) noexcept { return data_.get()[i]; }
    const T& operator[](std::size_t i) const noexcept { return data_.get()[i]; }
    T& back() noexcept { return data_.get()[size_ - 1]; }
    const T& back() const noexcept { return data_.get()[size_ - 1]; }
    std::span<const T> span() const noexcept { return {data(), size_}; }

    /// Makes room for `extra` more elements, growing by at least half: appending stays linear in total.
    void reserveExtra(std::size_t extra) {
        if (extra <= capacity_ - size_) {
            return;
        }
        if (extra > kMaxSize - size_) {
            throwTooLarge(std::numeric_limits<std::size_t>::max());
        }
        reallocate(std::max(size_ + extra, std::min(kMaxSize, capacity_ + capacity_ / 2)));
    }

    void push(T value) {
        if (size_ == capacity_) {
            reserveExtra(1);
        }
        data_.get()[size_++] = value;
    }

    /// Appends the values, converted to T.
    template <class Source>
    void append(std::span<const Source> values) {
        reserveExtra(values.size());
        T* out = data_.get() + size_;
        if constexpr (std::is_same_v<Source, T>) {
            if (!values.empty()) {
                std::memcpy(out, values.data(), values.size_bytes());
            }
        } else {
            for (const Source value : values) {
                *out++ = static_cast<T>(value);
            }
        }
        size_ += values.size();
    }

    void appendCopies(std::size_t count, T value) {
        reserveExtra(count);
        std::fill_n(data_.get() + size_, count, value);
        size_ += count;
    }

    /// Changes the size; elements added are not set, memory is not given back.
    void resize(std::size_t size) {
        if (size > size_) {
            reserveExtra(size - size_);
        }
        size_ = size;
    }

    void shrinkToFit() {
        if (capacity_ > size_) {
            reallocate(size_);
        }
    }

  private:
    struct Free {
        std::size_t bytes = 0;
        void operator()(T* pointer) const noexcept { freeBlock(pointer, bytes); }
    };

    static constexpr std::size_t kMaxSize =
        static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) / sizeof(T);

    [[noreturn]] static void throwTooLarge(std::size_t bytes) {
        throw Error(ErrorCode::OutOfMemory,
                    "An array of " + std::to_string(bytes) +
                        " bytes could not be allocated; use less data, sparse storage "
                        "or float32.");
    }

    void reallocate(std::size_t capacity) {
        if (capacity == 0) {
            data_.reset();
        } else {
            if (capacity > kMaxSize) {
                throwTooLarge(std::numeric_limits<std::size_t>::max());
            }
            void* grown = reallocateBlock(data_.get(), bytes(), capacity * sizeof(T));
            if (grown == nullptr) {
                throwTooLarge(capacity * sizeof(T));
            }
            static_cast<void>(data_.release());
            data_ = {static_cast<T*>(grown), Free{capacity * sizeof(T)}};
        }
        capacity_ = capacity;
    }

    std::unique_ptr<T, Free> data_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace fedmtl
