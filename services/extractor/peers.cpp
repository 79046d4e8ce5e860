#include "services/extractor/peers.h"

#include "libs/base/utf8.h"
#include "services/extractor/record_writer.h"

namespace peer_observer::extractor {

std::size_t Peers::Hash::operator()(const Key& key) const noexcept
{
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15; // spreads what differs in the lowest bits only
    return (key.process_start_ns + key.pid) * kOdd + static_cast<std::uint64_t>(key.peer_id);
}

void Peers::describe(const peer_record& record)
{
    const Key described = key(record.header, record.peer_id);
    const auto found = entries_.find(described);
    if (found != entries_.end()) {
        by_use_.splice(by_use_.begin(), by_use_, found->second);
    } else {
        if (entries_.size() == kMost) {
            entries_.erase(by_use_.back().first);
            by_use_.pop_back();
        }
        by_use_.emplace_front(described, Peer{});
        entries_.emplace(described, by_use_.begin());
    }
    by_use_.front().second = {base::to_utf8(RecordWriter::as_view(record.address)),
                              base::to_utf8(RecordWriter::as_view(record.connection_type))};
}

const Peer* Peers::find(const record_header& header, std::int64_t peer_id)
{
    if (by_use_.empty()) return nullptr;
    if (by_use_.front().first != key(header, peer_id)) {
        const auto found = entries_.find(key(header, peer_id));
        if (found == entries_.end()) return nullptr;
        by_use_.splice(by_use_.begin(), by_use_, found->second);
    }
    return &by_use_.front().second;
}

} // namespace peer_observer::extractor
