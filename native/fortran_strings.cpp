// The one function of the Fortran run-time library that our LAPACK routines need, for the addon that contains
// OpenBLAS (CMake option FEDMTL_STATIC_BLAS). Debian's libgfortran.a is not position independent in the way a
// shared object must be (its thread-local symbols), and libgfortran.so is what a user without OpenBLAS lacks.
//
// LAPACK concatenates its one-letter options with it ('V' // 'L') to ask ilaenv for block sizes.
#include <algorithm>
#include <cstddef>

extern "C" {

// Fortran's `target = first // second`: filled up with blanks, cut where it is too long.
void _gfortran_concat_string(std::size_t targetSize, char* target, std::size_t firstSize, const char* first,
                             std::size_t secondSize, const char* second) {
    const std::size_t fromFirst = std::min(firstSize, targetSize);
    const std::size_t fromSecond = std::min(secondSize, targetSize - fromFirst);
    char* end = std::copy_n(first, fromFirst, target);
    end = std::copy_n(second, fromSecond, end);
    std::fill(end, target + targetSize, ' ');
}
}
