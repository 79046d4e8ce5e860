// The Prometheus endpoint that every service has for its own health.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Collectable;
class Exposer;
} // namespace prometheus

namespace peer_observer::telemetry {

using Labels = std::map<std::string, std::string>;

enum class MetricType : std::uint8_t { counter, gauge };

struct Sample {
    double value = 0;
    Labels labels;
};

/// An HTTP server that answers GET /metrics. Metrics are asked for at each scrape, from a thread of the server's, so
/// that a service keeps its figures where it likes (atomics) and the endpoint reads them.
class Telemetry {
public:
    /// Serves on HOST:PORT at once (port 0 picks a free one), with process and build figures of `service`
    /// (peer_observer_build_info{service,version}, process_*). Throws std::runtime_error naming the address when it
    /// cannot.
    Telemetry(const std::string& address, const std::string& service);
    Telemetry(const Telemetry&) = delete;
    Telemetry& operator=(const Telemetry&) = delete;
    ~Telemetry();

    /// Adds a metric family. `collect` runs at each scrape, from the server's thread.
    void add(std::string name, std::string help, MetricType type, std::function<std::vector<Sample>()> collect);

    /// Adds a metric family of one value without labels.
    void add(std::string name, std::string help, MetricType type, std::function<double()> read);

    /// Serves what `collectable` collects as well, as long as that lives.
    void add(const std::weak_ptr<prometheus::Collectable>& collectable);

    /// The metrics in Prometheus' text format, as GET /metrics shows them; without those of collectables.
    std::string text() const;

    /// HOST:PORT with the port that is really used.
    const std::string& address() const { return address_; }

private:
    class Families;

    std::shared_ptr<Families> families_;
    std::unique_ptr<prometheus::Exposer> exposer_;
    std::string address_;
};

} // namespace peer_observer::telemetry
