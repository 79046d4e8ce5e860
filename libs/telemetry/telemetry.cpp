#include "libs/telemetry/telemetry.h"

#include "libs/base/host_port.h"
#include "libs/base/utf8.h"
#include "libs/telemetry/connect.h"
#include "libs/telemetry/process.h"

#include <prometheus/check_names.h>
#include <prometheus/client_metric.h>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

namespace peer_observer::telemetry {
namespace {

struct Family {
    std::string name;
    std::string help;
    MetricType type;
    std::function<std::vector<Sample>()> collect;
};

/// A thread serves one connection at a time. By default there are two, and each waits 30 seconds for a request to end:
/// a few that never end would keep everybody else away for minutes.
std::vector<std::string> server_options(const base::HostPort& address)
{
    return {"listening_ports", to_string(address), "num_threads", "8", "request_timeout_ms", "2000"};
}

std::unique_ptr<prometheus::Exposer> listen(const base::HostPort& address)
{
    try {
        return std::make_unique<prometheus::Exposer>(server_options(address));
    } catch (const std::exception&) { // says no more than that it failed
        // Debian builds civetweb, the server behind the exposer, without IPv6.
        throw std::runtime_error{"cannot serve metrics on " + to_string(address) +
                                 ": the port is in use or not allowed, or the address is not this machine's, or it is "
                                 "IPv6 and the civetweb library was built without that"};
    }
}

base::HostPort parse(const std::string& text)
{
    auto address = base::parse_host_port(text);
    if (!address) throw std::runtime_error{"cannot serve metrics: " + address.error()};
    return *address;
}

/// Stops the server at once. Its listening thread looks up only every two seconds, or when somebody connects.
void stop(std::unique_ptr<prometheus::Exposer> exposer, const std::string& address)
{
    const auto bound = parse(address);
    const std::jthread waker{[&bound](const std::stop_token& done) {
        while (!done.stop_requested()) {
            if (const int socket_fd = connect_to(bound); socket_fd >= 0) close(socket_fd);
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
    }};
    exposer.reset();
}

} // namespace

class Telemetry::Families : public prometheus::Collectable {
public:
    void add(Family family)
    {
        if (!prometheus::CheckMetricName(family.name)) throw std::logic_error{"not a metric name: " + family.name};
        const std::scoped_lock lock{mutex_};
        if (!names_.insert(family.name).second) throw std::logic_error{"two metrics of the name " + family.name};
        families_.push_back(std::move(family));
    }

    std::vector<prometheus::MetricFamily> Collect() const override
    {
        const std::scoped_lock lock{mutex_};
        std::vector<prometheus::MetricFamily> out;
        out.reserve(families_.size());
        for (const Family& family : families_)
            out.push_back(collect(family));
        return out;
    }

private:
    static prometheus::MetricFamily collect(const Family& family)
    {
        const bool counter = family.type == MetricType::counter;
        prometheus::MetricFamily out;
        out.name = family.name;
        out.help = family.help;
        out.type = counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
        for (const Sample& sample : family.collect()) {
            prometheus::ClientMetric metric;
            for (const auto& [name, value] : sample.labels)
                metric.label.push_back({name, base::to_utf8(value)}); // else Prometheus refuses the whole page
            (counter ? metric.counter.value : metric.gauge.value) = sample.value;
            out.metric.push_back(std::move(metric));
        }
        return out;
    }

    mutable std::mutex mutex_;
    std::set<std::string> names_;
    std::vector<Family> families_;
};

Telemetry::Telemetry(const std::string& address, const std::string& service) : families_{std::make_shared<Families>()}
{
    base::HostPort bound = parse(address);
    add("process_cpu_seconds_total", "User and system CPU time spent.", MetricType::counter, process_cpu_seconds);
    add("process_resident_memory_bytes", "Resident memory size.", MetricType::gauge, process_resident_bytes);
    add("process_virtual_memory_bytes", "Virtual memory size.", MetricType::gauge, process_virtual_bytes);
    add("process_open_fds", "Number of open file descriptors.", MetricType::gauge, process_open_fds);
    add("process_max_fds", "Maximum number of open file descriptors.", MetricType::gauge, process_max_fds);
    add("process_start_time_seconds", "UNIX time at which the process started.", MetricType::gauge,
        process_start_seconds);
    add("peer_observer_build_info", "The service and its version; always 1.", MetricType::gauge,
        [service] { return std::vector<Sample>{{1, {{"service", service}, {"version", PEER_OBSERVER_VERSION}}}}; });
    exposer_ = listen(bound);
    exposer_->RegisterCollectable(families_);
    bound.port = static_cast<std::uint16_t>(exposer_->GetListeningPorts().at(0));
    address_ = to_string(bound);
}

Telemetry::~Telemetry() { stop(std::move(exposer_), address_); }

void Telemetry::add(std::string name, std::string help, MetricType type, std::function<std::vector<Sample>()> collect)
{
    families_->add({std::move(name), std::move(help), type, std::move(collect)});
}

void Telemetry::add(std::string name, std::string help, MetricType type, std::function<double()> read)
{
    add(std::move(name), std::move(help), type, [read = std::move(read)] { return std::vector<Sample>{{read(), {}}}; });
}

void Telemetry::add(const std::weak_ptr<prometheus::Collectable>& collectable)
{
    exposer_->RegisterCollectable(collectable);
}

std::string Telemetry::text() const { return prometheus::TextSerializer{}.Serialize(families_->Collect()); }

} // namespace peer_observer::telemetry
