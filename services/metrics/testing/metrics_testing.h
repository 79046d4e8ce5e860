// What the tests of this service share: events in at a publisher, the text of an HTTP scrape out.
#pragma once

#include "libs/app/testing/log.h"
#include "libs/base/host_port.h"
#include "libs/bus/publisher.h"
#include "libs/bus/subscriber.h"
#include "libs/telemetry/connect.h"
#include "libs/telemetry/telemetry.h"
#include "services/metrics/observer.h"
#include "services/metrics/testing/samples.h"

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace peer_observer::metrics::testing {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

inline constexpr auto kDeadline = 60s;

inline void wait_for(const std::string& what, const auto& condition)
{
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error{"timed out waiting for " + what};
        std::this_thread::sleep_for(1ms);
    }
}

/// The body that GET /metrics answers with.
inline std::string get_metrics(const std::string& address)
{
    const int socket_fd = telemetry::connect_to(base::parse_host_port(address).value());
    constexpr std::string_view kRequest = "GET /metrics HTTP/1.0\r\n\r\n";
    if (send(socket_fd, kRequest.data(), kRequest.size(), 0) < 0) throw std::runtime_error{"cannot send"};
    std::string answer;
    std::array<char, 65536> buffer{};
    for (ssize_t size = 0; (size = recv(socket_fd, buffer.data(), buffer.size(), 0)) > 0;)
        answer.append(buffer.data(), static_cast<std::size_t>(size));
    close(socket_fd);
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

/// A publisher of one node.
class Source {
public:
    explicit Source(const std::string& node = "alpha") : publisher_{{.url = "tcp://127.0.0.1:0", .node = node}} {}

    const std::string& url() const { return publisher_.url(); }
    bus::Publisher& publisher() { return publisher_; }
    void add(const proto::Event& event) { EXPECT_TRUE(publisher_.add(event.SerializeAsString())); }

private:
    bus::Publisher publisher_;
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

/// The whole way: publishers, bus, metrics, HTTP. Its clock stands at kTime_s + 1.
class Pipeline {
public:
    explicit Pipeline(std::vector<std::string> ip_lists = {}, std::vector<std::string> more_sources = {})
        : lists{ip_lists, registry}, observer_{registry, lists, now}
    {
        more_sources.push_back(source.url());
        subscriber_.emplace(bus::SubscriberOptions{.sources = more_sources});
        wait_for("the connection", [&] { return subscriber_->statistics().connected_sources == more_sources.size(); });
        wait_for("the subscriber", [&] { return source.publisher().statistics().subscribers == 1; });
        telemetry_.add(registry.collectable());
    }

    /// Publishes the events and waits until they are counted.
    void publish(const std::vector<proto::Event>& events) { publish(source, events); }
    void publish(Source& from, const std::vector<proto::Event>& events)
    {
        wait_for("the subscriber", [&] { return from.publisher().statistics().subscribers == 1; });
        for (const auto& event : events)
            from.add(event);
        from.publisher().flush();
        receive(events.size());
    }

    /// Waits for so many events and counts them.
    void receive(std::uint64_t events)
    {
        wait_for("events", [&] {
            const auto batch = subscriber_->receive(10ms);
            if (!batch) return events == 0;
            observer_.observe(*batch, now);
            events -= std::min(events, batch->event_count);
            return events == 0;
        });
    }

    void tick() { observer_.tick(now); }
    void observe(const bus::Batch& batch) { observer_.observe(batch, now); }

    std::string page() const { return get_metrics(telemetry_.address()); }

    /// The samples of a metric that are not 0, as the page has them. Fails unless the page has its HELP and TYPE.
    std::vector<std::string> samples(Metric metric) const
    {
        const Definition& row = definition(metric);
        std::vector<std::string> found;
        std::vector<std::string> head;
        const auto text = page();
        for (std::size_t begin = 0; begin < text.size();) {
            const auto end = text.find('\n', begin);
            const auto line = text.substr(begin, end - begin);
            begin = end + 1;
            const auto name_end = line.find_first_of("{ ");
            if (line.starts_with(fmt::format("# HELP {} ", row.name)) ||
                line.starts_with(fmt::format("# TYPE {} ", row.name))) {
                head.push_back(line);
            } else if (line.substr(0, name_end) == row.name && !line.ends_with(" 0")) {
                found.push_back(line);
            }
        }
        if (found.empty()) return found;
        constexpr std::array kTypes = {"counter", "gauge", "histogram"};
        const std::string type = kTypes.at(static_cast<std::size_t>(row.type));
        EXPECT_THAT(head, ElementsAre(fmt::format("# HELP {} {}", row.name, row.help),
                                      fmt::format("# TYPE {} {}", row.name, type)));
        return found;
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

    Source source;
    Moment now{(kTime_s + 1) * 1'000'000'000, std::chrono::steady_clock::now()};
    app::testing::CapturedLog log;
    Registry registry;
    IpLists lists;

private:
    Observer observer_;
    std::optional<bus::Subscriber> subscriber_;
    telemetry::Telemetry telemetry_{"127.0.0.1:0", "metrics"};
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
