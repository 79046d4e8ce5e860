#include "services/extractor/peers.h"

#include "libs/base/utf8.h"
#include "services/extractor/record_writer.h"

namespace peer_observer::extractor {
namespace {

template <std::size_t Size>
void assign_utf8(std::string& to, const char (&text)[Size])
{
    to = base::to_utf8(RecordWriter::as_view(text));
}

} // namespace

void Peers::describe(const peer_record& record)
{
    auto& peer = slots_[slot(record.peer_id)];
    peer.pid = record.header.pid;
    peer.peer_id = record.peer_id;
    assign_utf8(peer.address, record.address);
    assign_utf8(peer.connection_type, record.connection_type);
}

const Peer* Peers::find(std::uint32_t pid, std::int64_t peer_id) const
{
    const auto& peer = slots_[slot(peer_id)];
    return peer.pid == pid && peer.peer_id == peer_id ? &peer : nullptr;
}

} // namespace peer_observer::extractor
