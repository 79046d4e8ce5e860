// Any config file: options, or one line that says what is wrong. URLs that it names are read too, and nothing is
// dialled.
#include "libs/app/bus_options.h"
#include "libs/app/option_values.h"
#include "libs/app/options.h"
#include "libs/base/host_port.h"
#include "libs/bus/endpoint.h"
#include "libs/bus/option_error.h"

#include <boost/program_options/value_semantic.hpp>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

namespace po = boost::program_options;
using namespace peer_observer;

app::Service make_service()
{
    app::Service service{.name = "fuzz", .description = "Reads options.", .example = "none", .options = {}};
    auto add = service.options.add_options();
    add("count", po::value<app::Count>()->default_value(app::Count{1}));
    add("seconds", po::value<app::Seconds>());
    add("threshold", po::value<double>()->default_value(1));
    add("detector.threshold", po::value<double>()->default_value(1));
    add("switch", po::bool_switch());
    add("peer", po::value<std::vector<std::int64_t>>());
    add("ip-list", po::value<std::vector<std::string>>()->default_value({}, ""));
    service.options.add(app::subscriber_options());
    return service;
}

void use(const po::variables_map& values)
{
    const auto options = app::read_subscriber_options(values);
    for (const auto& url : options.sources) {
        const auto endpoint = bus::parse_endpoint(url, options.tls);
        const bool is_path = endpoint.transport == bus::Endpoint::Transport::ipc;
        if (endpoint.port < 0 || endpoint.port > 65535 || endpoint.path.size() > 107) std::abort();
        if (is_path ? endpoint.path.empty() : endpoint.host.empty()) std::abort();
    }
    const auto& address = values["metrics-address"].as<std::string>();
    if (const auto parsed = base::parse_host_port(address); !parsed && parsed.error().empty()) std::abort();
    if (values.contains("seconds") && values["seconds"].as<app::Seconds>().value.count() < 0) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const int file = memfd_create("config", 0);
    if (file < 0 || ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) return 0;
    const std::string path = "/proc/self/fd/" + std::to_string(file);
    const char* const words[] = {"peer-observer-fuzz", "--config", path.c_str()};
    try {
        use(app::parse_options(3, words, make_service()).values);
    } catch (const app::UsageError& error) {
        if (std::string{error.what()}.empty()) std::abort();
    } catch (const bus::OptionError&) {   // of a URL
    } catch (const std::runtime_error&) { // a certificate's file that cannot be read
    }
    return 0;
}
