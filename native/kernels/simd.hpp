// The kernels of every SIMD level, written once over a type `Simd` that describes one width of vector:
//     Vector, kWidth (doubles in a Vector), zero(), broadcast(double), load(p) of doubles or of floats
//     widened, gather(u, indices), store(p, Vector), multiply(a, b), add(a, b), fma(a, b, c) = a b + c
//     rounded once, Half, the description of half the width, and fold(Vector), the sum of its halves as a
//     Half::Vector.
//
// Four accumulators hide the latency of the additions. What is left at the end of a row is taken in whole
// vectors of half the width, a quarter and so on, never with masks: a step of the solver reads the u that the
// step before has just written, and a load cannot be served from a masked store that is still under way.
//
// A level's descriptions stand in an unnamed namespace, which makes everything here local to the level's
// file, and nothing of the standard library is called: the linker must not merge code for one processor with
// the same template compiled for another.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fedmtl::simd {

/// The width at which tails end. `Level` is any description of the level, to keep its code apart.
template <class Level>
struct One {
    using Vector = double;
    static constexpr std::size_t kWidth = 1;
    static Vector broadcast(double value) { return value; }
    template <class T>
    static Vector load(const T* p) {
        return static_cast<double>(*p);
    }
    static Vector gather(const double* u, const std::int32_t* indices) { return u[*indices]; }
    static void store(double* p, Vector v) { *p = v; }
    static Vector multiply(Vector a, Vector b) { return a * b; }
    static Vector add(Vector a, Vector b) { return a + b; }
    static Vector fma(Vector a, Vector b, Vector c) { return __builtin_fma(a, b, c); }
};

/// A factor of a sum of products that lies in memory as it is.
template <class T>
struct Contiguous {
    const T* values;

    template <class Simd>
    typename Simd::Vector at(std::size_t i) const {
        return Simd::load(values + i);
    }
};

/// A factor that is picked from u.
struct Gathered {
    const double* u;
    const std::int32_t* indices;

    template <class Simd>
    typename Simd::Vector at(std::size_t i) const {
        return Simd::gather(u, indices + i);
    }
};

/// The sum of the lanes of `sums` and of x_i y_i for i in begin .. n, fewer than Simd::kWidth.
template <class Simd, class X, class Y>
double sumWithTail(typename Simd::Vector sums, X x, Y y, std::size_t begin, std::size_t n) {
    if constexpr (Simd::kWidth == 1) {
        return sums;
    } else {
        using Half = typename Simd::Half;
        typename Half::Vector half = Simd::fold(sums);
        if (begin + Half::kWidth <= n) {
            half = Half::add(half, Half::multiply(x.template at<Half>(begin), y.template at<Half>(begin)));
            begin += Half::kWidth;
        }
        return sumWithTail<Half>(half, x, y, begin, n);
    }
}

/// The sum of x_i y_i for i < n.
template <class Simd, class X, class Y>
double sumOfProducts(X x, Y y, std::size_t n) {
    using Vector = typename Simd::Vector;
    constexpr std::size_t kWidth = Simd::kWidth;
    std::size_t i = 0;
    const auto addTo = [&](Vector sum) {
        sum = Simd::fma(x.template at<Simd>(i), y.template at<Simd>(i), sum);
        i += kWidth;
        return sum;
    };
    Vector s0 = Simd::zero();
    Vector s1 = Simd::zero();
    Vector s2 = Simd::zero();
    Vector s3 = Simd::zero();
    while (i + 4 * kWidth <= n) {
        s0 = addTo(s0);
        s1 = addTo(s1);
        s2 = addTo(s2);
        s3 = addTo(s3);
    }
    if (i + kWidth <= n) {
        s0 = addTo(s0);
    }
    if (i + kWidth <= n) {
        s1 = addTo(s1);
    }
    if (i + kWidth <= n) {
        s2 = addTo(s2);
    }
    return sumWithTail<Simd>(Simd::add(Simd::add(s0, s1), Simd::add(s2, s3)), x, y, i, n);
}

template <class Simd, class X, class Y>
double inner(const X* x, const Y* y, std::size_t n) {
    return sumOfProducts<Simd>(Contiguous<X>{x}, Contiguous<Y>{y}, n);
}

template <class Simd, class X>
double sparseDot(const X* x, const std::int32_t* indices, const double* u, std::size_t n) {
    return sumOfProducts<Simd>(Contiguous<X>{x}, Gathered{u, indices}, n);
}

template <class Simd, class X>
void axpy(double c, const X* x, double* u, std::size_t n) {
    const typename Simd::Vector cs = Simd::broadcast(c);
    std::size_t i = 0;
    for (; i + Simd::kWidth <= n; i += Simd::kWidth) {
        Simd::store(u + i, Simd::fma(cs, Simd::load(x + i), Simd::load(u + i)));
    }
    if constexpr (Simd::kWidth > 1) {
        axpy<typename Simd::Half>(c, x + i, u + i, n - i);
    }
}

/// Four elements are read before the first is written, which the compiler cannot do by itself: it does not
/// know that the indices differ (5 to 10 % of a step; scatter instructions gain nothing).
template <class Simd, class X>
void sparseAxpy(double c, const X* x, const std::int32_t* indices, double* u, std::size_t n) {
    using Scalar = One<Simd>;
    const auto moved = [&](std::size_t i) { return Scalar::fma(c, Scalar::load(x + i), u[indices[i]]); };
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        const double u0 = moved(i);
        const double u1 = moved(i + 1);
        const double u2 = moved(i + 2);
        const double u3 = moved(i + 3);
        u[indices[i]] = u0;
        u[indices[i + 1]] = u1;
        u[indices[i + 2]] = u2;
        u[indices[i + 3]] = u3;
    }
    for (; i < n; ++i) {
        u[indices[i]] = moved(i);
    }
}

}  // namespace fedmtl::simd
