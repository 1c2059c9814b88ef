// Vectors that begin at a cache line, for what the kernels read and write at every step: a vector register
// that straddles two lines costs two accesses.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace fedmtl {

template <class T>
struct CacheLineAllocator {
    using value_type = T;
    static constexpr std::align_val_t kAlignment{64};

    CacheLineAllocator() = default;
    template <class Other>
    explicit CacheLineAllocator(const CacheLineAllocator<Other>&) noexcept {}

    T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), kAlignment)); }
    void deallocate(T* pointer, std::size_t) noexcept { ::operator delete(pointer, kAlignment); }

    bool operator==(const CacheLineAllocator&) const = default;
};

template <class T>
using AlignedVector = std::vector<T, CacheLineAllocator<T>>;

}  // namespace fedmtl
