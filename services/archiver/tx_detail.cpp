#include "services/archiver/tx_detail.h"

#include "libs/events/event_view.h"
#include "proto/event.pb.h"

#include <google/protobuf/descriptor.h>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include <cstddef>
#include <map>

namespace peer_observer::archiver {
namespace {

using google::protobuf::Descriptor;

/// By field number: null = nothing below is about a transaction.
using Paths = std::map<std::uint32_t, const Descriptor*>;

/// Which fields lead to transactions, found once for all types.
class TransactionPaths {
public:
    TransactionPaths() { leads_to_transactions(proto::Event::descriptor()); }

    const Paths* find(const Descriptor* type) const
    {
        const auto found = paths_.find(type);
        return found == paths_.end() || found->second.empty() ? nullptr : &found->second;
    }

private:
    bool leads_to_transactions(const Descriptor* type)
    {
        if (type == proto::Transaction::descriptor()) return true;
        const auto [entry, is_new] = paths_.try_emplace(type);
        for (int i = 0; is_new && i < type->field_count(); ++i) {
            const auto* inner = type->field(i)->message_type();
            if (inner != nullptr && leads_to_transactions(inner))
                entry->second.emplace(static_cast<std::uint32_t>(type->field(i)->number()), inner);
        }
        return !entry->second.empty();
    }

    std::map<const Descriptor*, Paths> paths_;
};

bool keeps(const Descriptor* type, std::uint32_t field, TxDetail detail)
{
    if (type == proto::Transaction::descriptor())
        return field < (detail == TxDetail::ids ? proto::Transaction::kVersionFieldNumber
                                                : proto::Transaction::kRawFieldNumber) ||
               field > proto::Transaction::kRawFieldNumber;
    return detail != TxDetail::ids || type != proto::Block::descriptor() ||
           field != proto::Block::kTransactionsFieldNumber;
}

/// Throws protozero::exception.
void append_message(std::string_view bytes, const Descriptor* type, TxDetail detail, std::string& out)
{
    static const TransactionPaths all;
    const auto* paths = all.find(type);
    if (paths == nullptr && type != proto::Transaction::descriptor()) {
        out += bytes;
        return;
    }
    protozero::pbf_reader reader{bytes.data(), bytes.size()};
    for (std::size_t begin = 0; reader.next(); begin = bytes.size() - reader.length()) {
        const auto field = reader.tag();
        const Descriptor* inner = nullptr;
        if (paths != nullptr && reader.wire_type() == protozero::pbf_wire_type::length_delimited)
            if (const auto found = paths->find(field); found != paths->end()) inner = found->second;
        if (inner != nullptr && keeps(type, field, detail)) {
            std::string changed;
            append_message(reader.get_view(), inner, detail, changed);
            protozero::pbf_writer{out}.add_message(field, changed);
            continue;
        }
        reader.skip();
        if (keeps(type, field, detail)) out += bytes.substr(begin, bytes.size() - reader.length() - begin);
    }
}

} // namespace

void append_with_detail(const events::Batch& batch, TxDetail detail, std::string& out)
{
    events::begin_batch(out, batch.node, batch.publisher_id, batch.first_sequence);
    std::string changed;
    events::for_each_event(batch, [&](const events::EventView& event) {
        changed.clear();
        try {
            append_message(event.bytes, proto::Event::descriptor(), detail, changed);
        } catch (const protozero::exception&) {
            changed = event.bytes;
        }
        events::append_event(out, changed);
    });
    if (batch.last) events::mark_last(out);
}

} // namespace peer_observer::archiver
