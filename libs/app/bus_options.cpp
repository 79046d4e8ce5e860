#include "libs/app/bus_options.h"

#include "libs/app/app.h"
#include "libs/bus/exposure.h"

#include <boost/program_options.hpp>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace peer_observer::app {
namespace {

namespace po = boost::program_options;

constexpr auto kTlsScheme = "tls+tcp://";

void add_tls_options(po::options_description& options)
{
    auto add = options.add_options();
    add("tls-ca-file", po::value<std::string>()->value_name("FILE"),
        "PEM certificates of the CAs that may sign the other end's certificate; required for tls+tcp://");
    add("tls-cert-key-file", po::value<std::string>()->value_name("FILE"),
        "PEM certificate and private key of this end; required for tls+tcp://");
}

std::string host_name()
{
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0)
        throw std::system_error{errno, std::generic_category(), "gethostname"};
    return name.data();
}

void log_notice(const bus::Notice& notice)
{
    spdlog::log(notice.is_warning ? spdlog::level::warn : spdlog::level::info, "{}", notice.text);
}

} // namespace

std::optional<bus::TlsFiles> read_tls_options(const po::variables_map& values, const std::vector<std::string>& urls)
{
    const bool ca = values.contains("tls-ca-file");
    const bool cert_key = values.contains("tls-cert-key-file");
    const bool wanted = std::ranges::any_of(urls, [](const auto& url) { return url.starts_with(kTlsScheme); });
    if (wanted && !(ca && cert_key)) throw UsageError{"tls+tcp:// needs --tls-ca-file and --tls-cert-key-file"};
    // Who names the files and mistypes the URL would send in the clear.
    if (!wanted && (ca || cert_key))
        throw UsageError{"--tls-ca-file and --tls-cert-key-file are for URLs that begin with tls+tcp://"};
    for (const auto& url : urls)
        if (bus::is_exposed(url))
            spdlog::warn("{} is plain TCP beyond this host: events can be read and forged on the way; tls+tcp:// "
                         "prevents that",
                         url);
    if (!wanted) return std::nullopt;
    return bus::TlsFiles{values["tls-ca-file"].as<std::string>(), values["tls-cert-key-file"].as<std::string>()};
}

po::options_description subscriber_options()
{
    po::options_description options;
    auto add = options.add_options();
    add("source", po::value<std::vector<std::string>>()->value_name("URL")->default_value({kDefaultUrl}, kDefaultUrl),
        "receive events from this publisher: tcp://HOST:PORT, ipc://PATH or tls+tcp://HOST:PORT; may be repeated. "
        "With =NAME,NAME... appended, only this source may publish these nodes, and it may publish no others");
    add("node", po::value<std::vector<std::string>>()->value_name("NAME"),
        "receive only this node's events; may be repeated (default: all nodes)");
    add_tls_options(options);
    return options;
}

po::options_description publisher_options(const std::string& default_url)
{
    po::options_description options;
    auto add = options.add_options();
    add("listen", po::value<std::string>()->value_name("URL")->default_value(default_url),
        "publish events on this URL: tcp://HOST:PORT, ipc://PATH or tls+tcp://HOST:PORT; port 0 picks a free one");
    add("node", po::value<std::string>()->value_name("NAME"),
        "name of the observed node, which its events carry (default: this host's name)");
    add_tls_options(options);
    return options;
}

bus::SubscriberOptions read_subscriber_options(const po::variables_map& values)
{
    bus::SubscriberOptions options;
    options.sources = values["source"].as<std::vector<std::string>>();
    if (values.contains("node")) options.nodes = values["node"].as<std::vector<std::string>>();
    options.tls = read_tls_options(values, options.sources);
    return options;
}

bus::PublisherOptions read_publisher_options(const po::variables_map& values)
{
    bus::PublisherOptions options;
    options.url = values["listen"].as<std::string>();
    options.node = values.contains("node") ? values["node"].as<std::string>() : host_name();
    options.tls = read_tls_options(values, {options.url});
    return options;
}

void log_notices(bus::Subscriber& subscriber) { subscriber.on_notice(log_notice); }
void log_notices(bus::Publisher& publisher) { publisher.on_notice(log_notice); }

} // namespace peer_observer::app
