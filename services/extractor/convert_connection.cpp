#include "proto/connection.pb.h"
#include "services/extractor/converters.h"

namespace peer_observer::extractor {

using proto::EndedConnection;
using proto::MisbehavingConnection;
using proto::OpenedConnection;

void convert_opened_connection(const connection_record& record, RecordWriter& out, ConvertContext& context)
{
    context.policy.opened(record.header, record.peer_id);
    out.int64(1, OpenedConnection::kPeerIdFieldNumber, record.peer_id);
    out.text(2, OpenedConnection::kAddressFieldNumber, record.address);
    out.text(3, OpenedConnection::kConnectionTypeFieldNumber, record.connection_type);
    out.uint32(4, OpenedConnection::kNetworkFieldNumber, record.network);
    out.uint64(5, OpenedConnection::kConnectionCountFieldNumber, record.count);
}

void convert_ended_connection(const connection_record& record, RecordWriter& out, ConvertContext& context)
{
    context.policy.closed(record.header, record.peer_id);
    out.int64(1, EndedConnection::kPeerIdFieldNumber, record.peer_id);
    out.text(2, EndedConnection::kAddressFieldNumber, record.address);
    out.text(3, EndedConnection::kConnectionTypeFieldNumber, record.connection_type);
    out.uint32(4, EndedConnection::kNetworkFieldNumber, record.network);
    out.int64(5, EndedConnection::kEstablishedSFieldNumber, record.established_s);
}

void convert_misbehaving_connection(const misbehaving_connection_record& record, RecordWriter& out, ConvertContext&)
{
    out.int64(1, MisbehavingConnection::kPeerIdFieldNumber, record.peer_id);
    out.text(2, MisbehavingConnection::kReasonFieldNumber, record.reason);
}

} // namespace peer_observer::extractor
