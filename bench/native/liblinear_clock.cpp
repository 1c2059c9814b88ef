// Loaded into liblinear-train (LD_PRELOAD) to time its training phase, which it does not tell itself: stands
// in for the function `train` of its library, calls it, and prints the seconds to stderr.
#include <dlfcn.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

extern "C" void* train(const void* problem, const void* parameter) {
    using Train = void* (*)(const void*, const void*);
    const auto original = reinterpret_cast<Train>(dlsym(RTLD_NEXT, "train"));
    if (original == nullptr) {
        std::fputs("liblinear_clock: there is no function train\n", stderr);
        std::exit(1);
    }
    const auto start = std::chrono::steady_clock::now();
    void* const model = original(problem, parameter);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    std::fprintf(stderr, "training took %.6f s\n", taken.count());
    return model;
}
