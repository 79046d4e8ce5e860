#include "services/metrics/series/bounded_counters.h"

#include <algorithm>
#include <utility>

namespace peer_observer::metrics {
namespace {

constexpr char kBetweenPair = '\0'; // never in a label text

std::string bounded_labels(Metric metric)
{
    std::string names;
    for (const Label& label : definition(metric).labels) {
        if (!label.bounded) continue;
        if (!names.empty()) names += ',';
        names += label.name;
    }
    return names;
}

} // namespace

BoundedCounters::BoundedCounters(NodeRegistry& registry, Metric metric)
    : BoundedCounters{registry, metric, 1, [metric](std::size_t) { return Series{metric, {}}; }}
{}

BoundedCounters::BoundedCounters(NodeRegistry& registry, Metric folded, std::size_t series_count, Describe describe)
    : registry_{registry}, series_count_{series_count}, describe_{std::move(describe)},
      pairs_{std::ranges::count(definition(folded).labels, true, &Label::bounded) == 2},
      folded_{registry.counter(metric("label_values_folded_total"), {definition(folded).name, bounded_labels(folded)})}
{
    std::string name{kOther};
    if (pairs_) (name += kBetweenPair) += kOther;
    other_ = &find_or_make(name);
    other_->permanent_ = true;
}

Counter& BoundedCounters::Value::operator[](std::size_t index)
{
    Counter*& counter = counters_[index];
    if (counter == nullptr) counter = &owner_->make(*name_, index);
    return *counter;
}

void BoundedCounters::keep(std::string_view value) { find_or_make(value).permanent_ = true; }

BoundedCounters::Value& BoundedCounters::at(std::string_view value) { return find_or_make(label_text(value, buffer_)); }

BoundedCounters::Value& BoundedCounters::at(std::string_view first, std::string_view second)
{
    pair_.assign(label_text(first, buffer_));
    pair_ += kBetweenPair;
    pair_ += label_text(second, second_buffer_);
    return find_or_make(pair_);
}

BoundedCounters::Value& BoundedCounters::find_or_make(std::string_view name)
{
    auto found = values_.find(name);
    if (found == values_.end()) {
        if (values_.size() > kMaxLabelValues) fold_oldest(); // `other` is one more
        found = values_.emplace(name, Value{}).first;
        found->second.owner_ = this;
        found->second.name_ = &found->first;
        found->second.counters_.resize(series_count_);
    }
    found->second.last_seen_ = ++clock_;
    return found->second;
}

void BoundedCounters::fold_oldest()
{
    const auto age = [](const auto& entry) { return std::pair{entry.second.permanent_, entry.second.last_seen_}; };
    fold(std::ranges::min_element(values_, {}, age));
}

void BoundedCounters::fold(std::string_view value)
{
    if (const auto found = values_.find(label_text(value, buffer_)); found != values_.end()) fold(found);
}

void BoundedCounters::fold(Values::iterator value)
{
    for (std::size_t i = 0; i < series_count_; ++i) {
        Counter* const counter = value->second.counters_[i];
        if (counter == nullptr) continue;
        (*other_)[i].Increment(counter->Value());
        registry_.remove(describe_(i).metric, *counter);
    }
    values_.erase(value);
    folded_.Increment();
}

Counter& BoundedCounters::make(const std::string& name, std::size_t index)
{
    const Series series = describe_(index);
    const auto middle = pairs_ ? name.find(kBetweenPair) : name.size();
    const std::string_view chosen[] = {std::string_view{name}.substr(0, middle),
                                       pairs_ ? std::string_view{name}.substr(middle + 1) : std::string_view{}};
    std::vector<std::string_view> values;
    std::size_t next_chosen = 0;
    auto next_fixed = series.values.begin();
    for (const Label& label : definition(series.metric).labels) {
        if (label.name.empty()) continue;
        values.push_back(label.bounded ? chosen[next_chosen++] : *next_fixed++);
    }
    return registry_.counter(series.metric, std::span<const std::string_view>{values});
}

} // namespace peer_observer::metrics
