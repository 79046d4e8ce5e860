// What the tests of this service share: events in, values out. Without bus and HTTP, which garbage_test.py and
// prometheus_test.py have.
#pragma once

#include "libs/app/testing/log.h"
#include "services/metrics/observer.h"
#include "services/metrics/testing/samples.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::metrics::testing {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

/// A publisher of a node.
struct Publisher {
    std::string node = "alpha";
    std::uint64_t id = 1;
    std::uint64_t next_sequence = 0;
};

struct TemporaryFile {
    explicit TemporaryFile(const std::string& content)
    {
        const int file = mkstemp(path.data());
        if (file < 0) throw std::runtime_error{"no temporary file"};
        close(file);
        write(content);
    }
    ~TemporaryFile() { std::filesystem::remove(path); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    void write(const std::string& content) const { std::ofstream{path} << content; }

    std::string path = std::filesystem::temp_directory_path() / "metrics_test_XXXXXX";
};

/// A metrics service. Its clock stands at kTime_s + 1.
class Metrics {
public:
    /// By the values of the labels, e.g. `direction="inbound",message="tx"`; the label host="alpha" is left out.
    using Values = std::map<std::string, double>;

    explicit Metrics(const std::vector<std::string>& ip_lists = {}, const AsOptions& as_options = {},
                     std::string_view known_peers = {})
        : lists{ip_lists, registry}, known{.peers = app::KnownPeers{known_peers}},
          observer_{registry, lists, as_options, now, known}
    {}

    void publish(const std::vector<proto::Event>& events) { publish(publisher, events); }
    void publish(Publisher& from, const std::vector<proto::Event>& events)
    {
        std::vector<std::string> bytes;
        for (const auto& event : events)
            bytes.push_back(event.SerializeAsString());
        publish(from, bytes);
    }
    /// Serialized events, or what claims to be some. None: a heartbeat.
    void publish(Publisher& from, const std::vector<std::string>& events)
    {
        std::string batch;
        events::begin_batch(batch, from.node, from.id, from.next_sequence);
        for (const auto& event : events)
            events::append_event(batch, event);
        from.next_sequence += events.size();
        observe({events::parse_batch(batch).value()});
    }
    void observe(const bus::Batch& batch) { observer_.observe(batch, now); }
    void tick() { observer_.tick(now); }

    std::string page() const { return prometheus::TextSerializer{}.Serialize(registry.collectable()->Collect()); }

    /// Of a metric of the table, without its prefix.
    Values all_values(std::string_view name) const
    {
        const auto full_name = fmt::format("{}{}", kPrefix, name);
        if (std::ranges::find(kDefinitions, full_name, &Definition::name) == kDefinitions.end())
            throw std::logic_error{"no metric " + full_name};
        constexpr std::string_view kHost = "host=\"alpha\"";
        Values values;
        const auto text = "\n" + page();
        const auto start = "\n" + full_name;
        for (auto at = text.find(start); at != std::string::npos; at = text.find(start, at + 1)) {
            const auto line =
                std::string_view{text}.substr(at + start.size(), text.find('\n', at + 1) - at - start.size());
            if (!line.starts_with('{') && !line.starts_with(' ')) continue;
            const auto end = line.starts_with('{') ? line.find("} ") + 1 : 0;
            std::string labels{end > 0 ? line.substr(1, end - 2) : ""};
            if (const auto host = labels.find(kHost); host != std::string::npos) labels.erase(host, kHost.size() + 1);
            if (labels.ends_with(',')) labels.pop_back();
            values[labels] = std::stod(std::string{line.substr(end)});
        }
        return values;
    }
    /// Those that are not 0.
    Values values(std::string_view name) const
    {
        auto values = all_values(name);
        std::erase_if(values, [](const auto& value) { return value.second == 0; });
        return values;
    }
    /// Nothing if there is no such series.
    std::optional<double> value(std::string_view name, const std::string& labels = "") const
    {
        const auto values = all_values(name);
        const auto found = values.find(labels);
        return found == values.end() ? std::nullopt : std::optional{found->second};
    }

    /// Every line of one histogram, in order.
    std::vector<std::string> histogram(Metric metric, const std::string& labels) const
    {
        std::vector<std::string> found;
        const auto text = page();
        for (const auto& [suffix, end] : {std::pair{"_count", "} "}, {"_sum", "} "}, {"_bucket", ",le="}}) {
            const auto start = fmt::format("{}{}{{{}{}", definition(metric).name, suffix, labels, end);
            for (auto line = text.find("\n" + start); line != std::string::npos;
                 line = text.find("\n" + start, line + 1))
                found.push_back(text.substr(line + 1, text.find('\n', line + 1) - line - 1));
        }
        return found;
    }

    Publisher publisher;
    Moment now{(kTime_s + 1) * 1'000'000'000, std::chrono::steady_clock::now()};
    app::testing::CapturedLog log;
    Registry registry;
    IpLists lists;
    KnownPeersOption known;

private:
    Observer observer_;
};

/// The lines that a histogram of these values must have.
inline std::vector<std::string> histogram_of(Metric metric, const std::string& labels,
                                             const std::vector<double>& values)
{
    const Definition& row = definition(metric);
    double sum = 0;
    for (const double value : values)
        sum += value;
    std::vector<std::string> lines = {fmt::format("{}_count{{{}}} {}", row.name, labels, values.size()),
                                      fmt::format("{}_sum{{{}}} {}", row.name, labels, sum)};
    for (const double bucket : row.buckets)
        lines.push_back(fmt::format("{}_bucket{{{},le=\"{}\"}} {}", row.name, labels, bucket,
                                    std::ranges::count_if(values, [&](double value) { return value <= bucket; })));
    lines.push_back(fmt::format("{}_bucket{{{},le=\"+Inf\"}} {}", row.name, labels, values.size()));
    return lines;
}

/// `event` with something changed.
inline proto::Event with(proto::Event event, const auto& change)
{
    change(event);
    return event;
}

} // namespace peer_observer::metrics::testing
