// peer-observer-p2p-extractor: is a peer of a Bitcoin Core node, and publishes what a peer sees of it.
#include "libs/app/app.h"
#include "libs/app/bus_options.h"
#include "libs/app/metrics.h"
#include "services/p2p-extractor/metrics.h"
#include "services/p2p-extractor/network.h"
#include "services/p2p-extractor/notices.h"
#include "services/p2p-extractor/options.h"
#include "services/p2p-extractor/streams.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>

namespace {

namespace po = boost::program_options;
using namespace peer_observer;
using namespace p2p_extractor;

/// Publishers want to be flushed at least so often.
constexpr std::chrono::milliseconds kLongestWait{100};

std::uint64_t random_number()
{
    std::random_device device;
    return std::uniform_int_distribution<std::uint64_t>{}(device);
}

std::uint64_t open_connections(const AllFigures& figures)
{
    std::uint64_t open = 0;
    for (const auto& [node, of_node] : figures)
        open += of_node.connections;
    return open;
}

void extract(const po::variables_map& values, app::Context& context)
{
    auto publisher_options = app::read_publisher_options(values);
    const auto options = read_options(values, publisher_options.node.value());
    publisher_options.node.reset(); // each node has a stream of its own
    bus::Publisher publisher{publisher_options};
    app::log_notices(publisher);
    spdlog::info("publishing on {}", publisher.url());
    Streams streams{publisher, nodes_of(options), random_number};
    Notices notices;
    Network network{options, random_number, [&](const std::string& node, proto::P2pExtractor&& event) {
                        notices.log(node, event);
                        streams.add(node, std::move(event));
                    }};
    for (const auto& [node, address] : network.listening())
        spdlog::info("{}: listening for the node on {}", node, to_string(address));
    network.wake_by(context.stop_fd());
    const auto telemetry = app::serve_metrics(values, "p2p-extractor");
    if (telemetry) {
        app::add_publisher_metrics(*telemetry, [&] { return publisher.statistics(); });
        add_metrics(*telemetry, network.figures());
    }
    context.ready();
    while (!context.stopping()) {
        network.run_for(kLongestWait);
        streams.flush();
        context.alive(fmt::format("{} events, {} connections", streams.count(), open_connections(network.figures())));
    }
}

} // namespace

int main(int argc, char** argv)
{
    const app::Service service{"p2p-extractor",
                               "Connects to a Bitcoin Core node as a peer, and publishes what a peer sees of it: ping "
                               "times, and announced addresses, transactions and blocks.",
                               "peer-observer-p2p-extractor --connect 127.0.0.1:8333 --node alpha", options()};
    return app::run(argc, argv, service, extract);
}
