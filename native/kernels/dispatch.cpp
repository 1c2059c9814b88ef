// Which level of kernels runs: what this processor can do, and what FEDMTL_KERNEL asks for.
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "native/kernels/kernels.hpp"
#include "native/status.hpp"

namespace fedmtl {
namespace {

std::vector<const Kernels*> findAvailable() {
    std::vector<const Kernels*> levels{&kPortableKernels};
#if defined(__x86_64__)
    // What CPUID says, and whether the operating system keeps the registers.
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        levels.push_back(&kAvx2Kernels);
        if (__builtin_cpu_supports("avx512f")) {
            levels.push_back(&kAvx512Kernels);
        }
    }
#elif defined(__aarch64__)
    levels.push_back(&kNeonKernels);
#endif
    return levels;
}

const Kernels& choose() {
    const auto levels = availableKernels();
    const char* const wanted = std::getenv("FEDMTL_KERNEL");
    const std::string_view level = wanted == nullptr ? "auto" : wanted;
    if (level == "auto") {
        return *levels.back();
    }
    std::string names;
    for (const Kernels* const one : levels) {
        if (level == one->name) {
            return *one;
        }
        names.append("\"").append(one->name).append("\", ");
    }
    throw Error(ErrorCode::InvalidOption, "FEDMTL_KERNEL is \"" + std::string(level) + "\"; it may be " +
                                              names +
                                              "which this machine has, or \"auto\" for the fastest of them");
}

}  // namespace

std::span<const Kernels* const> availableKernels() {
    static const std::vector<const Kernels*> levels = findAvailable();
    return levels;
}

const Kernels& kernels() {
    static const Kernels& chosen = choose();
    return chosen;
}

}  // namespace fedmtl
