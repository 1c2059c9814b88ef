#include "native/large_block.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace fedmtl {

#ifdef __linux__

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

std::size_t wholePages(std::size_t bytes) {
    static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return (bytes + page - 1) / page * page;
}

/// Addresses without memory behind them, from the start of a huge page on; nullptr if there are none.
void* reserveAddresses(std::size_t bytes) {
    void* const found =
        mmap(nullptr, bytes + kHugePage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (found == MAP_FAILED) {
        return nullptr;
    }
    char* const begin = static_cast<char*>(found);
    const std::size_t before = (kHugePage - reinterpret_cast<std::uintptr_t>(found) % kHugePage) % kHugePage;
    if (before > 0) {
        munmap(begin, before);
    }
    munmap(begin + before + bytes, kHugePage - before);
    return begin + before;
}

void* mapBlock(std::size_t bytes) {
    void* const block = reserveAddresses(bytes);
    if (block == nullptr) {
        return nullptr;
    }
    if (mprotect(block, bytes, PROT_READ | PROT_WRITE) != 0) {
        munmap(block, bytes);
        return nullptr;
    }
    // A wish only: without huge pages everything works as well, but slower.
    madvise(block, bytes, MADV_HUGEPAGE);
    return block;
}

/// From one number of whole pages to another.
void* resizeBlock(void* block, std::size_t bytes, std::size_t newBytes) {
    if (newBytes <= bytes) {
        if (newBytes < bytes) {
            munmap(static_cast<char*>(block) + newBytes, bytes - newBytes);
        }
        return block;
    }
    // Both from the start of a huge page, so that huge pages move as they are.
    void* const place = reserveAddresses(newBytes);
    if (place == nullptr) {
        return nullptr;
    }
    if (mremap(block, bytes, newBytes, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED) {
        munmap(place, newBytes);
        return nullptr;
    }
    return place;
}

}  // namespace

void freeBlock(void* block, std::size_t bytes) noexcept {
    if (bytes >= kLargeBlockBytes) {
        munmap(block, wholePages(bytes));
    } else {
        std::free(block);
    }
}

void* reallocateBlock(void* block, std::size_t bytes, std::size_t newBytes) noexcept {
    if (bytes < kLargeBlockBytes && newBytes < kLargeBlockBytes) {
        return std::realloc(block, newBytes);
    }
    if (bytes >= kLargeBlockBytes && newBytes >= kLargeBlockBytes) {
        return resizeBlock(block, wholePages(bytes), wholePages(newBytes));
    }
    void* const fresh = newBytes >= kLargeBlockBytes ? mapBlock(wholePages(newBytes)) : std::malloc(newBytes);
    if (fresh != nullptr && block != nullptr) {
        std::memcpy(fresh, block, std::min(bytes, newBytes));
        freeBlock(block, bytes);
    }
    return fresh;
}

#else

void freeBlock(void* block, std::size_t) noexcept { std::free(block); }

void* reallocateBlock(void* block, std::size_t, std::size_t newBytes) noexcept {
    return std::realloc(block, newBytes);
}

#endif

}  // namespace fedmtl
