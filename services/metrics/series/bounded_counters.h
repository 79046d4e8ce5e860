// Counters with a label whose values peers choose, in bounded memory.
#pragma once

#include "services/metrics/series/label_text.h"
#include "services/metrics/series/registry.h"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace peer_observer::metrics {

inline constexpr std::size_t kMaxLabelValues = 200;

/// Keeps up to kMaxLabelValues values. When another one comes, the one not seen for longest is folded: its counts are
/// added to those of the value `other`, so that no sum over the label ever falls. Metrics that share a label share an
/// object of this class, each with an index for every combination of its other labels.
class BoundedCounters {
public:
    struct Series {
        Metric metric;
        /// Of the labels that are not bounded, in the order of the definition.
        std::vector<std::string_view> values;
    };
    /// Names the series at an index. What the views point to must last.
    using Describe = std::function<Series(std::size_t index)>;

    class Value {
    public:
        Counter& operator[](std::size_t index);

    private:
        friend BoundedCounters;
        BoundedCounters* owner_ = nullptr;
        const std::string* name_ = nullptr;
        std::vector<Counter*> counters_; ///< null: not yet counted
        std::uint64_t last_seen_ = 0;
        bool permanent_ = false;
    };

    /// For one metric without other labels.
    BoundedCounters(NodeRegistry& registry, Metric metric);
    /// `metric` is the one under which foldings are counted.
    BoundedCounters(NodeRegistry& registry, Metric metric, std::size_t series_count, Describe describe);
    BoundedCounters(const BoundedCounters&) = delete;
    BoundedCounters& operator=(const BoundedCounters&) = delete;

    /// Makes the series `other` of this index, with 0: a sum over the label then sees the first burst, too.
    void start_at_zero(std::size_t index = 0) { (*other_)[index]; }

    /// Gives this value a place that it never loses.
    void keep(std::string_view value);

    /// The value's counters, until the next call. Any bytes.
    Value& at(std::string_view value);
    /// For two bounded labels, whose pairs count as values.
    Value& at(std::string_view first, std::string_view second);

    void increment(std::string_view value) { at(value)[0].Increment(); }

    /// What is folded is counted there.
    Value& other() { return *other_; }
    /// Adds the value's counts to those of `other`. Nothing if there is no such value.
    void fold(std::string_view value);

private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };

    using Values = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

    Value& find_or_make(std::string_view name);
    void fold_oldest();
    void fold(Values::iterator value);
    Counter& make(const std::string& name, std::size_t index);

    NodeRegistry& registry_;
    std::size_t series_count_;
    Describe describe_;
    bool pairs_;
    Counter& folded_;
    Values values_;
    Value* other_ = nullptr; ///< in values_
    std::uint64_t clock_ = 0;
    std::string buffer_;
    std::string second_buffer_;
    std::string pair_;
};

} // namespace peer_observer::metrics
