#include "libs/archive/file_name.h"
#include "libs/archive/file_writer.h"
#include "libs/base/clock.h"
#include "libs/base/descriptors.h"
#include "libs/base/hex.h"
#include "libs/base/limits.h"
#include "services/archive-reader/captures.h"
#include "services/archive-reader/inputs.h"
#include "services/archive-reader/new_archive.h"
#include "services/archive-reader/pcap/packet_events.h"
#include "services/archive-reader/progress.h"
#include "services/archive-reader/verbs.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <system_error>

namespace peer_observer::archive_reader {
namespace {

namespace po = boost::program_options;

/// As every publisher does at its start: two imports have numbers of their own.
std::uint64_t random_id()
{
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

/// Numbers events, and writes them in batches like those of an extractor.
class Import {
public:
    Import(NewArchive& archive, std::string node, std::uint64_t publisher_id)
        : archive_{archive}, node_{std::move(node)}, publisher_id_{publisher_id}
    {}

    void add(const proto::Event& event)
    {
        if (batch_.empty()) events::begin_batch(batch_, node_, publisher_id_, events_);
        events::append_event(batch_, event.SerializeAsString());
        ++events_;
        ++batch_events_;
        if (batch_.size() >= base::kBatchBytes || batch_events_ == events::kMaxBatchEvents) end_batch();
    }

    void finish()
    {
        end_batch();
        archive_.finish();
    }

    std::uint64_t events() const { return events_; }

private:
    void end_batch()
    {
        if (batch_.empty()) return;
        const auto batch = events::parse_batch(batch_);
        if (!batch) throw std::logic_error{batch.error()};
        archive_.add(*batch);
        batch_.clear();
        batch_events_ = 0;
    }

    NewArchive& archive_;
    std::string node_;
    std::uint64_t publisher_id_;
    std::string batch_;
    std::uint64_t batch_events_ = 0;
    std::uint64_t events_ = 0;
};

using Paths = std::vector<std::filesystem::path>;
using Strings = std::vector<std::string>;

std::optional<p2p::Magic> read_magic(const po::variables_map& values)
{
    if (!values.contains("magic")) return std::nullopt;
    const auto& text = values["magic"].as<std::string>();
    const auto* const chain = std::ranges::find(p2p::kChains, text, &p2p::Chain::name);
    if (chain != p2p::kChains.end()) return chain->magic;
    const auto bytes = base::from_hex(text);
    p2p::Magic magic{};
    if (!bytes || bytes->size() != magic.size())
        throw app::UsageError{"--magic takes main, test, testnet4, signet, regtest or 8 hex digits, not '" +
                              printable(text) + "'"};
    std::ranges::copy(*bytes, magic.begin());
    return magic;
}

std::unique_ptr<CapturedEvents> open_packets(const po::variables_map& values, const Paths& files)
{
    auto magic = read_magic(values);
    auto addresses = values.contains("node-address") ? values["node-address"].as<Strings>() : Strings{};
    if (!magic || addresses.empty()) {
        const auto inferred = infer(files);
        if (!magic) magic = inferred.magic;
        if (!magic)
            throw std::runtime_error{"no message of the v1 transport was found: give --magic, if there are any; "
                                     "connections of the v2 transport are encrypted"};
        if (addresses.empty()) {
            addresses = inferred.addresses;
            if (inferred.has_loopback)
                throw app::UsageError{"--node-address ADDRESS:PORT is needed: both ends have the same address"};
            if (addresses.empty()) throw app::UsageError{"--node-address is needed: no address is in all connections"};
            if (addresses.size() > 1)
                throw app::UsageError{
                    fmt::format("--node-address is needed: the node may be {}", fmt::join(addresses, " or "))};
            spdlog::info("the node is {}, which is an end of all connections", addresses.front());
        }
    }
    try {
        return std::make_unique<PacketEvents>(files, NodeEnds{addresses}, *magic);
    } catch (const std::invalid_argument& error) {
        throw app::UsageError{std::string{"--node-address: "} + error.what()};
    }
}

std::unique_ptr<CapturedEvents> open_captures(const po::variables_map& values, const Paths& files)
{
    base::raise_descriptor_limit(files.size() + 100);
    const auto packet_files = std::ranges::count_if(files, is_packet_file);
    if (packet_files == 0) {
        for (const auto* option : {"node-address", "magic"})
            if (values.contains(option))
                throw app::UsageError{fmt::format("--{} is for files of packets, and there is none", option)};
        return std::make_unique<Captures>(files);
    }
    if (static_cast<std::size_t>(packet_files) < files.size())
        throw app::UsageError{
            "files of packets and files of -capturemessages have the same messages: give one or the other"};
    return open_packets(values, files);
}

} // namespace

void add_import_options(options_description& options)
{
    auto add = options.add_options();
    add("node", po::value<std::string>()->value_name("NAME"), "name of the node that made the capture; required");
    add("node-address", po::value<Strings>()->value_name("ADDRESS[:PORT]"),
        "address of the node in captured packets, and the port on which it listens; may be repeated. By default the "
        "address that is in all connections");
    add("magic", po::value<std::string>()->value_name("CHAIN|HEX"),
        "with which messages in captured packets begin: main, test, testnet4, signet, regtest or 8 hex digits. By "
        "default that of most messages");
    add_new_archive_options(options);
}

void import_captures(const variables_map& values, app::Context& context)
{
    if (!values.contains(kInputOption))
        throw app::UsageError{"give files of packets, or the files or folders of -capturemessages"};
    const auto node = values.contains("node") ? values["node"].as<std::string>() : "";
    if (!events::is_node_name(node)) throw app::UsageError{"--node is needed: 1 to 64 characters of A-Z a-z 0-9 . _ -"};
    const auto output = read_new_archive_options(values);
    const auto files = find_captures(values[kInputOption].as<Strings>());
    if (files.empty())
        throw app::UsageError{"there is no file of packets, and no msgs_recv.dat or msgs_sent.dat, in what was given"};

    const auto captures = open_captures(values, files);
    const auto publisher_id = random_id();
    auto header = archive::make_header("peer-observer-archive " PEER_OBSERVER_VERSION " import", base::unix_ns());
    auto& source = *header.add_sources();
    source.set_node(node);
    source.set_publisher_id(publisher_id);
    Progress progress{total_size(files), false};
    NewArchive target{output, header, "import fewer files at a time"};
    Import import{target, node, publisher_id};
    try {
        while (const auto* event = captures->next()) {
            if (context.stopping()) target.abandon("stopped; nothing was written");
            import.add(*event);
            progress.update(captures->bytes_done());
        }
        import.finish();
    } catch (const std::system_error& error) {
        target.abandon(error.what());
    }
    progress.hide();
    std::uint64_t problems = 0;
    captures->each_problem([&](const auto& file, const auto& problem) {
        ++problems;
        spdlog::warn("{}: {}", file.native(), problem);
    });
    captures->log_what_is_left_out();
    spdlog::info("{} events of {} peers written to {}", import.events(), captures->peers(), target.path().native());
    if (problems > 0)
        throw app::IncompleteError{
            fmt::format("{} files could not be read to their end; the rest was imported", problems)};
}

} // namespace peer_observer::archive_reader
