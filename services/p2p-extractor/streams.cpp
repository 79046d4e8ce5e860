#include "services/p2p-extractor/streams.h"

#include "libs/base/clock.h"
#include "libs/base/limits.h"
#include "libs/events/batch.h"
#include "proto/event.pb.h"

#include <exception>

namespace peer_observer::p2p_extractor {

Streams::Streams(bus::Publisher& publisher, const std::vector<std::string>& nodes,
                 const std::function<std::uint64_t()>& random)
    : publisher_{publisher}
{
    for (const auto& node : nodes) {
        const auto [stream, is_new] = streams_.try_emplace(node);
        if (!is_new) continue;
        stream->second.publisher_id = random();
        begin(node, stream->second);
    }
    flush();
}

Streams::~Streams()
{
    try {
        flush();
        for (auto& [node, stream] : streams_) {
            begin(node, stream);
            events::mark_last(stream.batch);
        }
        flush();
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): no memory; nobody is left to be told
    }
}

void Streams::begin(const std::string& node, Stream& stream)
{
    events::begin_batch(stream.batch, node, stream.publisher_id, stream.next_sequence);
}

void Streams::add(const std::string& node, proto::P2pExtractor&& content)
{
    proto::Event event;
    event.set_timestamp_ns(base::unix_ns());
    *event.mutable_p2p_extractor() = std::move(content);
    auto& stream = streams_.find(node)->second;
    if (stream.batch.empty()) begin(node, stream);
    events::append_event(stream.batch, event.SerializeAsString());
    ++stream.next_sequence;
    ++count_;
    if (stream.batch.size() >= base::kBatchBytes) flush();
}

void Streams::flush()
{
    for (auto& [node, stream] : streams_) {
        if (stream.batch.empty()) continue;
        publisher_.forward(stream.batch);
        stream.batch.clear();
    }
    publisher_.flush();
}

} // namespace peer_observer::p2p_extractor
