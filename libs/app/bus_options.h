// The options of everything that uses the bus: where it connects or listens, which nodes, TLS.
#pragma once

#include "libs/bus/publisher.h"
#include "libs/bus/subscriber.h"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <optional>
#include <string>
#include <vector>

namespace peer_observer::app {

/// Where the extractor publishes, and tools look for it.
inline constexpr auto kDefaultUrl = "tcp://127.0.0.1:9331";

/// For a tool: --source (repeatable, default tcp://127.0.0.1:9331), --node (repeatable), --tls-ca-file,
/// --tls-cert-key-file.
boost::program_options::options_description subscriber_options();

/// For an extractor: --listen (by default there), --node (default: this host's name), --tls-ca-file,
/// --tls-cert-key-file.
boost::program_options::options_description publisher_options(const std::string& default_url = kDefaultUrl);

/// What the user chose of subscriber_options(). Throws UsageError when TLS files and URLs do not go together.
bus::SubscriberOptions read_subscriber_options(const boost::program_options::variables_map& values);

/// What the user chose of publisher_options(). Throws UsageError when TLS files and URL do not go together.
bus::PublisherOptions read_publisher_options(const boost::program_options::variables_map& values);

/// Logs what the subscriber, or the publisher, has to say.
void log_notices(bus::Subscriber& subscriber);
void log_notices(bus::Publisher& publisher);

/// --tls-ca-file and --tls-cert-key-file of a program that has options of its own for the rest of the bus. Throws
/// UsageError when they and the URLs do not go together. Logs a warning for each URL that is plain TCP beyond this
/// host.
std::optional<bus::TlsFiles> read_tls_options(const boost::program_options::variables_map& values,
                                              const std::vector<std::string>& urls);

} // namespace peer_observer::app
