// What the others do: the median of peers' figures and their spread, so that a busy network is not taken for an attack.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace peer_observer::detector {

/// Above which a figure is far from the others': the median and ten times the median absolute deviation, as that of a
/// normal distribution. At least as far as twice the median. 0 for fewer than five others: they show nothing.
inline double far_from(std::vector<double> others)
{
    constexpr std::size_t kFewest = 5;
    constexpr double kSpreads = 10;
    constexpr double kDeviation = 1.4826; // of a normal distribution, to its median absolute deviation
    if (others.size() < kFewest) return 0;
    const auto median = [](std::vector<double>& values) {
        const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
        std::nth_element(values.begin(), middle, values.end());
        return *middle;
    };
    const double usual = median(others);
    for (double& other : others)
        other = std::abs(other - usual);
    return usual + std::max(usual, kSpreads * kDeviation * median(others));
}

} // namespace peer_observer::detector
