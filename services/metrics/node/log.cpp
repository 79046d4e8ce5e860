#include "services/metrics/node/log.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <string_view>

namespace peer_observer::metrics {
namespace {

constexpr double kMicroseconds = 1e6;
constexpr std::array kLineMetrics{metric("log_events"), metric("log_bytes")};
constexpr std::array<std::string_view, 3> kBandwidths = {"unknown", "low", "high"};
// Blocks of which less is known are seldom; longer ones are not about propagation.
constexpr std::int64_t kLongest_us = 600'000'000;

/// The line of the arm that is set.
const proto::LogLine* line_of(const proto::Log& event)
{
    const auto& reflection = *event.GetReflection();
    const auto* const arm = reflection.GetOneofFieldDescriptor(event, proto::Log::descriptor()->oneof_decl(0));
    if (arm == nullptr) return nullptr;
    const auto* content = &reflection.GetMessage(event, arm);
    if (arm->message_type() != proto::LogLine::descriptor())
        content = &content->GetReflection()->GetMessage(*content, arm->message_type()->FindFieldByNumber(1));
    return static_cast<const proto::LogLine*>(content);
}

/// Whole seconds say nothing about a duration; the time of reading does, if the log is followed live.
std::int64_t exact_time_us(const proto::LogLine& line, std::int64_t read_ns)
{
    return line.has_microseconds() && line.has_time_us() ? line.time_us() : read_ns / 1000;
}

} // namespace

Log::Log(NodeRegistry& registry)
    : registry_{registry}, lines_{registry, metric("log_events"), kLineMetrics.size(),
                                  [](std::size_t i) { return BoundedCounters::Series{kLineMetrics.at(i), {}}; }},
      blocks_connected_{registry.counter(metric("log_block_connected_events"))},
      blocks_checked_{registry.counter(metric("log_block_checked_events"))},
      mutated_{registry, metric("log_mutated_blocks")}, refused_{registry, metric("log_refused_blocks_total")},
      disconnects_{registry, metric("log_disconnects_total")},
      transactions_{&registry.counter(metric("log_compact_block_transactions_total"), {"prefilled"}),
                    &registry.counter(metric("log_compact_block_transactions_total"), {"mempool"}),
                    &registry.counter(metric("log_compact_block_transactions_total"), {"extra_pool"}),
                    &registry.counter(metric("log_compact_block_transactions_total"), {"requested"})},
      headers_via_compact_block_{registry.counter(metric("log_headers_seen_total"), {"cmpctblock"})},
      headers_via_headers_{registry.counter(metric("log_headers_seen_total"), {"headers"})},
      reconstruction_{registry, metric("log_compact_block_reconstruction_seconds")},
      propagation_{registry, metric("log_block_processing_seconds")}
{}

bool Log::observe(const proto::Log& event, std::int64_t time_ns)
{
    const auto* const line = line_of(event);
    if (line == nullptr) return false;
    count_line(*line);
    const auto time_us = exact_time_us(*line, time_ns);
    switch (event.event_case()) {
    case proto::Log::kBlockConnected:
        blocks_connected_.Increment();
        break;
    case proto::Log::kBlockChecked:
        blocks_checked_.Increment();
        if (!event.block_checked().is_valid()) refused_.increment(event.block_checked().reject_reason());
        break;
    case proto::Log::kBlockMutated:
        mutated_.increment(event.block_mutated().reject_reason());
        break;
    case proto::Log::kHeaderSeen:
        see_header(event.header_seen(), time_us);
        break;
    case proto::Log::kCompactBlockReceived:
        begin_reconstruction(event.compact_block_received(), time_us);
        break;
    case proto::Log::kCompactBlockInitialized: // before v30 the only one
        begin_reconstruction(event.compact_block_initialized(), time_us);
        break;
    case proto::Log::kCompactBlockReconstructed:
        end_reconstruction(event.compact_block_reconstructed(), time_us);
        break;
    case proto::Log::kTipUpdated:
        update_tip(event.tip_updated(), time_us);
        break;
    case proto::Log::kPeerDisconnected:
        disconnects_.increment(event.peer_disconnected().reason());
        break;
    case proto::Log::kHandshakeFailed:
        disconnects_.increment(event.handshake_failed().reason());
        break;
    case proto::Log::kBlockDownloadStalled:
        disconnects_.increment("block download stalled");
        break;
    case proto::Log::kBlockDownloadTimeout:
        disconnects_.increment("block download timeout");
        break;
    case proto::Log::kHeadersDownloadTimeout:
        if (!event.headers_download_timeout().is_kept()) disconnects_.increment("headers download timeout");
        break;
    default: // the line is counted
        break;
    }
    return true;
}

void Log::count_line(const proto::LogLine& line)
{
    auto& counters = lines_.at(line.category(), line.level());
    counters[0].Increment();
    const auto bytes = line.has_truncated_from_bytes() ? line.truncated_from_bytes() : line.raw().size();
    counters[1].Increment(static_cast<double>(bytes + 1)); // the newline
}

Log::Block& Log::block(const std::string& hash)
{
    auto* const found = std::ranges::find(blocks_, hash, &Block::hash);
    if (found != blocks_.end()) return *found;
    Block& oldest = blocks_.at(next_block_++ % blocks_.size());
    oldest = {.hash = hash};
    return oldest;
}

void Log::see_header(const proto::LogHeaderSeen& seen, std::int64_t time_us)
{
    (seen.via_compact_block() ? headers_via_compact_block_ : headers_via_headers_).Increment();
    Block& seen_block = block(seen.hash());
    if (seen_block.seen_us != 0) return;
    seen_block.seen_us = time_us;
    // A peer in high-bandwidth mode sends the compact block unasked: it is the first that the node hears of the block.
    seen_block.bandwidth = seen.via_compact_block() ? Bandwidth::high : Bandwidth::low;
}

void Log::begin_reconstruction(const proto::LogCompactBlock& begun, std::int64_t time_us)
{
    Block& begun_block = block(begun.hash());
    if (begun_block.begun_us == 0) begun_block.begun_us = time_us;
}

void Log::end_reconstruction(const proto::LogReconstructed& done, std::int64_t time_us)
{
    transactions_[0]->Increment(static_cast<double>(done.prefilled_count()));
    const auto extra = std::min(done.extra_pool_count(), done.mempool_count());
    transactions_[1]->Increment(static_cast<double>(done.mempool_count() - extra));
    transactions_[2]->Increment(static_cast<double>(extra));
    transactions_[3]->Increment(static_cast<double>(done.requested_count()));

    const Block& done_block = block(done.hash());
    const std::array values{done.requested_count() > 0 ? std::string_view{"true"} : std::string_view{"false"},
                            kBandwidths.at(static_cast<std::size_t>(done_block.bandwidth))};
    registry_.counter(metric("log_compact_block_reconstruction_count"), std::span{values}).Increment();
    const auto duration_us = time_us - done_block.begun_us;
    if (done_block.begun_us == 0 || duration_us < 0 || duration_us > kLongest_us) return;
    registry_.counter(metric("log_compact_block_reconstruction_time"), std::span{values})
        .Increment(static_cast<double>(duration_us));
    reconstruction_.observe(static_cast<double>(duration_us) / kMicroseconds);
}

void Log::update_tip(const proto::LogTipUpdated& tip, std::int64_t time_us)
{
    const auto* const found = std::ranges::find(blocks_, tip.hash(), &Block::hash);
    if (found == blocks_.end() || found->seen_us == 0) return;
    const auto duration_us = time_us - found->seen_us;
    if (duration_us >= 0 && duration_us <= kLongest_us)
        propagation_.observe(static_cast<double>(duration_us) / kMicroseconds);
}

void Log::flush()
{
    reconstruction_.flush();
    propagation_.flush();
}

} // namespace peer_observer::metrics
