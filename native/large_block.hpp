// Memory of large arrays: as malloc's, but on Linux in huge pages where the system has them.
//
// The first touch of a page of 4 KiB costs more than reading the text that fills it: a parser that writes 200
// MB spends a third of its time there. In pages of 2 MiB that is a quarter, and random access to rows misses
// the translation cache less often. malloc cannot do it: a block that it grows moves to an address where huge
// pages are split up, which is slower than small ones from the start.
#pragma once

#include <cstddef>

namespace fedmtl {

/// Blocks of this size and more are in huge pages; below, the unused part of the last one would count.
inline constexpr std::size_t kLargeBlockBytes = std::size_t{4} << 20;

/// As std::realloc: a block of `newBytes` >= 1 with the contents of `block`, which is then gone.
/// @param bytes the size of `block`; 0 if that is nullptr
/// @return nullptr if there is no memory; `block` is then unchanged
void* reallocateBlock(void* block, std::size_t bytes, std::size_t newBytes) noexcept;

/// @param bytes the size of `block`
void freeBlock(void* block, std::size_t bytes) noexcept;

}  // namespace fedmtl
