// Means and quantiles of a few numbers.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace peer_observer::metrics {

/// Of at least one number.
inline double mean_of(const std::vector<double>& values)
{
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Of at least one number, in ascending order; between two of them in proportion. `q` from 0 to 1.
inline double quantile_of_sorted(const std::vector<double>& values, double q)
{
    const double rank = q * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(rank);
    const auto above = std::min(below + 1, values.size() - 1);
    return std::lerp(values[below], values[above], rank - static_cast<double>(below));
}

inline double median_of(std::vector<double> values)
{
    std::ranges::sort(values);
    return quantile_of_sorted(values, 0.5);
}

} // namespace peer_observer::metrics
