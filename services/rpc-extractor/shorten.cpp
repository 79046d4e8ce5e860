#include "services/rpc-extractor/shorten.h"

namespace peer_observer::rpc_extractor {

std::string_view shorten(proto::Rpc& rpc)
{
    if (rpc.has_getorphantxs()) {
        for (auto& orphan : *rpc.mutable_getorphantxs()->mutable_orphans())
            orphan.clear_hex();
        return "hex";
    }
    // Of Core's 81,920 places (addrman_impl.h) at most 12 MB are left, whatever their addresses.
    if (rpc.has_getrawaddrman()) {
        auto& tables = *rpc.mutable_getrawaddrman();
        for (auto* table : {tables.mutable_new_(), tables.mutable_tried()}) {
            for (auto& [place, entry] : *table) {
                entry.clear_source();
                entry.clear_source_network();
                entry.clear_source_mapped_as();
            }
        }
        return "source, source_network and source_mapped_as";
    }
    return {};
}

} // namespace peer_observer::rpc_extractor
