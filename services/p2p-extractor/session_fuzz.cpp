// Whatever a node sends, in whatever pieces and at whatever times: what the session promises holds.
#include "services/p2p-extractor/p2p_extractor_testing.h"

#include <cstdlib>

using namespace peer_observer;
using namespace peer_observer::p2p_extractor;

namespace {

void expect(bool condition)
{
    if (!condition) std::abort();
}

void check(std::string_view bytes, std::size_t piece, std::chrono::nanoseconds step,
           proto::NodeConnection::Direction direction)
{
    testing::Talk talk{direction};
    const auto received = bytes.size();
    std::size_t pieces = 0;
    std::size_t sent = 0;
    while (!bytes.empty()) {
        const auto taken = std::min(piece, bytes.size());
        talk.session.receive(bytes.substr(0, taken), talk.now);
        bytes.remove_prefix(taken);
        talk.pass(step);
        ++pieces;
        sent += talk.session.take_output().size();
        expect(talk.session.deadline() > talk.now || talk.session.ended());
    }
    // An event is about a message, a block, the time or the connection; an answer is about as large as the question.
    expect(talk.events.size() <= received / p2p::kHeaderBytes + pieces + 2);
    expect(sent <= 5 * received + 32 * pieces + 1000);
    expect(talk.figures.pongs <= talk.figures.pings);
    int ends = 0;
    for (const auto& event : talk.events) {
        expect(event.event_case() != proto::P2pExtractor::EVENT_NOT_SET);
        expect(event.ByteSizeLong() < 4096);
        ends += event.has_disconnected() || event.has_connect_failed() ? 1 : 0;
        if (event.has_ping_answered()) expect(event.ping_answered().round_trip_ns() >= 0);
    }
    expect(ends <= 1 && (ends == 0 || talk.session.ended()));
    expect(talk.figures.connections == 0);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 3) return 0;
    const std::size_t piece = 1 + data[0] * std::size_t{16};
    const auto step = std::chrono::seconds{data[1] % 32};
    const auto direction = data[1] % 2 == 0 ? proto::NodeConnection::TO_NODE : proto::NodeConnection::FROM_NODE;
    const std::string_view bytes{reinterpret_cast<const char*>(data) + 2, size - 2};
    check(bytes, piece, step, direction);

    // Messages with right headers behind a handshake, which a fuzzer would never find: `type`, a space, the payload's
    // size in a byte, the payload.
    auto stream = testing::node_version() + p2p::message(testing::kMagic, "verack", "");
    auto rest = bytes;
    while (!rest.empty()) {
        const auto type = rest.substr(0, std::min(rest.find(' '), p2p::kTypeBytes));
        rest.remove_prefix(std::min(type.size() + 1, rest.size()));
        if (rest.empty()) break;
        const auto payload = rest.substr(1, static_cast<unsigned char>(rest.front()));
        rest.remove_prefix(1 + payload.size());
        stream += p2p::message(testing::kMagic, type, payload);
    }
    check(stream, piece, step, direction);
    return 0;
}
