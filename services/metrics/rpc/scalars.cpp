#include "services/metrics/rpc/scalars.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::metrics {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct Row {
    Metric metric;
    std::string_view method;
    /// Behind a dot: in the message that this field holds. Of a list, its length.
    std::string_view field;
};

constexpr auto kRows = std::to_array<Row>({
    {metric("rpc_uptime"), "uptime", "seconds"},
    {metric("rpc_mempoolinfo_mempool_loaded"), "getmempoolinfo", "loaded"},
    {metric("rpc_mempoolinfo_transaction_count"), "getmempoolinfo", "size"},
    {metric("rpc_mempoolinfo_transaction_fees"), "getmempoolinfo", "total_fee"},
    {metric("rpc_mempoolinfo_transaction_vbyte"), "getmempoolinfo", "bytes"},
    {metric("rpc_mempoolinfo_memory_usage"), "getmempoolinfo", "usage"},
    {metric("rpc_mempoolinfo_memory_max"), "getmempoolinfo", "maxmempool"},
    {metric("rpc_mempoolinfo_min_mempool_feerate"), "getmempoolinfo", "mempoolminfee"},
    {metric("rpc_mempoolinfo_min_relay_tx_feerate"), "getmempoolinfo", "minrelaytxfee"},
    {metric("rpc_mempoolinfo_incremental_relay_feerate"), "getmempoolinfo", "incrementalrelayfee"},
    {metric("rpc_nettotals_total_bytes_received"), "getnettotals", "totalbytesrecv"},
    {metric("rpc_nettotals_total_bytes_sent"), "getnettotals", "totalbytessent"},
    {metric("rpc_memoryinfo_locked_used"), "getmemoryinfo", "locked.used"},
    {metric("rpc_memoryinfo_locked_free"), "getmemoryinfo", "locked.free"},
    {metric("rpc_memoryinfo_locked_total"), "getmemoryinfo", "locked.total"},
    {metric("rpc_memoryinfo_locked_locked"), "getmemoryinfo", "locked.locked"},
    {metric("rpc_memoryinfo_locked_chunks_used"), "getmemoryinfo", "locked.chunks_used"},
    {metric("rpc_memoryinfo_locked_chunks_free"), "getmemoryinfo", "locked.chunks_free"},
    {metric("rpc_chaintxstats_tx_count"), "getchaintxstats", "txcount"},
    {metric("rpc_chaintxstats_window_final_block_height"), "getchaintxstats", "window_final_block_height"},
    {metric("rpc_chaintxstats_window_block_count"), "getchaintxstats", "window_block_count"},
    {metric("rpc_chaintxstats_window_tx_count"), "getchaintxstats", "window_tx_count"},
    {metric("rpc_chaintxstats_window_interval"), "getchaintxstats", "window_interval"},
    {metric("rpc_chaintxstats_tx_rate"), "getchaintxstats", "txrate"},
    {metric("rpc_networkinfo_version"), "getnetworkinfo", "version"},
    {metric("rpc_networkinfo_protocol_version"), "getnetworkinfo", "protocolversion"},
    {metric("rpc_networkinfo_time_offset"), "getnetworkinfo", "timeoffset"},
    {metric("rpc_networkinfo_connections"), "getnetworkinfo", "connections"},
    {metric("rpc_networkinfo_connections_in"), "getnetworkinfo", "connections_in"},
    {metric("rpc_networkinfo_connections_out"), "getnetworkinfo", "connections_out"},
    {metric("rpc_networkinfo_network_active"), "getnetworkinfo", "networkactive"},
    {metric("rpc_networkinfo_relay_fee"), "getnetworkinfo", "relayfee"},
    {metric("rpc_networkinfo_incremental_fee"), "getnetworkinfo", "incrementalfee"},
    {metric("rpc_networkinfo_warnings"), "getnetworkinfo", "warnings"},
    {metric("rpc_networkinfo_local_addresses_count"), "getnetworkinfo", "localaddresses"},
    {metric("rpc_blockchaininfo_blocks"), "getblockchaininfo", "blocks"},
    {metric("rpc_blockchaininfo_headers"), "getblockchaininfo", "headers"},
    {metric("rpc_blockchaininfo_difficulty"), "getblockchaininfo", "difficulty"},
    {metric("rpc_blockchaininfo_verification_progress"), "getblockchaininfo", "verificationprogress"},
    {metric("rpc_blockchaininfo_initial_block_download"), "getblockchaininfo", "initialblockdownload"},
    {metric("rpc_blockchaininfo_size_on_disk"), "getblockchaininfo", "size_on_disk"},
    {metric("rpc_blockchaininfo_pruned"), "getblockchaininfo", "pruned"},
    {metric("rpc_blockchaininfo_prune_height"), "getblockchaininfo", "pruneheight"},
    {metric("rpc_blockchaininfo_prune_target_size"), "getblockchaininfo", "prune_target_size"},
    {metric("rpc_blockchaininfo_warnings"), "getblockchaininfo", "warnings"},
});

struct Scalar {
    Metric metric;
    const FieldDescriptor* arm;
    std::vector<const FieldDescriptor*> path;
};

const FieldDescriptor* field_of(const Descriptor& message, std::string_view name)
{
    const auto* const field = message.FindFieldByName(std::string{name});
    if (field == nullptr)
        throw std::logic_error{"no field " + std::string{name} + " in " + std::string{message.name()}};
    return field;
}

std::vector<Scalar> make_scalars()
{
    std::vector<Scalar> scalars;
    for (const Row& row : kRows) {
        Scalar scalar{row.metric, field_of(*proto::Rpc::descriptor(), row.method), {}};
        const Descriptor* message = scalar.arm->message_type();
        for (std::string_view rest = row.field; !rest.empty();) {
            const auto dot = rest.find('.');
            scalar.path.push_back(field_of(*message, rest.substr(0, dot)));
            message = scalar.path.back()->message_type();
            rest = dot == std::string_view::npos ? "" : rest.substr(dot + 1);
        }
        scalars.push_back(std::move(scalar));
    }
    return scalars;
}

std::optional<double> value_of(const Message& message, const FieldDescriptor& field)
{
    const auto& reflection = *message.GetReflection();
    if (field.is_repeated()) return reflection.FieldSize(message, &field);
    if (!reflection.HasField(message, &field)) return {};
    switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
        return reflection.GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_INT64:
        return static_cast<double>(reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32:
        return reflection.GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT64:
        return static_cast<double>(reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
        return reflection.GetDouble(message, &field);
    case FieldDescriptor::CPPTYPE_BOOL:
        return reflection.GetBool(message, &field);
    default:
        throw std::logic_error{"no number: " + std::string{field.name()}};
    }
}

std::optional<double> value_at(const Message& message, const std::vector<const FieldDescriptor*>& path)
{
    const Message* holder = &message;
    for (std::size_t i = 0; i + 1 < path.size(); ++i)
        holder = &holder->GetReflection()->GetMessage(*holder, path[i]);
    return value_of(*holder, *path.back());
}

} // namespace

void show_scalars(const proto::Rpc& event, Snapshot& gauges)
{
    static const std::vector<Scalar> scalars = make_scalars();
    for (const Scalar& scalar : scalars) {
        if (scalar.arm->number() != static_cast<int>(event.event_case())) continue;
        const auto value = value_at(event.GetReflection()->GetMessage(event, scalar.arm), scalar.path);
        if (value) gauges.set(scalar.metric, *value);
    }
}

} // namespace peer_observer::metrics
