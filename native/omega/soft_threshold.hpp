// The proximal operator of the absolute value.
#pragma once

namespace fedmtl {

/// argmin over z of (z - x)^2 / 2 + threshold |z|, with an exact 0 where |x| <= threshold.
inline double softThreshold(double x, double threshold) {
    return x > threshold ? x - threshold : x < -threshold ? x + threshold : 0.0;
}

}  // namespace fedmtl
