// Bloom filters (BIP37) and compact block filters (BIP157).
#include "libs/wire/decoders.h"
#include "proto/p2p.pb.h"

#include <cstdint>

namespace peer_observer::wire {

void decode_filterload(Reader& reader, TxDetail, Writer& message)
{
    using proto::FilterLoad;
    message.add_bytes(FilterLoad::kFilterFieldNumber, reader.var_bytes(36'000, "a filter of more than 36000 bytes"));
    const auto hash_functions = reader.number<std::uint32_t>();
    if (hash_functions > 50) reader.fail("more than 50 hash functions");
    message.add_uint32(FilterLoad::kHashFunctionsFieldNumber, hash_functions);
    message.add_fixed32(FilterLoad::kTweakFieldNumber, reader.number<std::uint32_t>());
    message.add_uint32(FilterLoad::kFlagsFieldNumber, reader.number<std::uint8_t>());
}

void decode_filteradd(Reader& reader, TxDetail, Writer& message)
{
    message.add_bytes(proto::FilterAdd::kDataFieldNumber, reader.var_bytes(520, "filter data of more than 520 bytes"));
}

void decode_getcfilters(Reader& reader, TxDetail, Writer& message)
{
    using proto::GetCompactFilters;
    message.add_uint32(GetCompactFilters::kFilterTypeFieldNumber, reader.number<std::uint8_t>());
    message.add_uint32(GetCompactFilters::kStartHeightFieldNumber, reader.number<std::uint32_t>());
    message.add_bytes(GetCompactFilters::kStopHashFieldNumber, reader.hash());
}

void decode_cfilter(Reader& reader, TxDetail, Writer& message)
{
    using proto::CompactFilter;
    message.add_uint32(CompactFilter::kFilterTypeFieldNumber, reader.number<std::uint8_t>());
    message.add_bytes(CompactFilter::kBlockHashFieldNumber, reader.hash());
    message.add_bytes(CompactFilter::kFilterFieldNumber, reader.var_bytes());
}

void decode_cfheaders(Reader& reader, TxDetail, Writer& message)
{
    using proto::CompactFilterHeaders;
    message.add_uint32(CompactFilterHeaders::kFilterTypeFieldNumber, reader.number<std::uint8_t>());
    message.add_bytes(CompactFilterHeaders::kStopHashFieldNumber, reader.hash());
    message.add_bytes(CompactFilterHeaders::kPreviousFilterHeaderFieldNumber, reader.hash());
    for (auto n = reader.count(32, 2000, "more than 2000 filter hashes"); n > 0 && !message.full(); --n) {
        message.add_bytes(CompactFilterHeaders::kFilterHashesFieldNumber, reader.hash());
    }
}

void decode_getcfcheckpt(Reader& reader, TxDetail, Writer& message)
{
    using proto::GetCompactFilterCheckpoints;
    message.add_uint32(GetCompactFilterCheckpoints::kFilterTypeFieldNumber, reader.number<std::uint8_t>());
    message.add_bytes(GetCompactFilterCheckpoints::kStopHashFieldNumber, reader.hash());
}

void decode_cfcheckpt(Reader& reader, TxDetail, Writer& message)
{
    using proto::CompactFilterCheckpoints;
    message.add_uint32(CompactFilterCheckpoints::kFilterTypeFieldNumber, reader.number<std::uint8_t>());
    message.add_bytes(CompactFilterCheckpoints::kStopHashFieldNumber, reader.hash());
    for (auto n = reader.count(32); n > 0 && !message.full(); --n) {
        message.add_bytes(CompactFilterCheckpoints::kFilterHeadersFieldNumber, reader.hash());
    }
}

} // namespace peer_observer::wire
