#include "libs/events/event_view.h"

#include "proto/event.pb.h"

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

#include <array>

namespace peer_observer::events {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using protozero::pbf_wire_type;

struct ContextFields {
    bool has_arms = false;
    /// By the number of an arm; of a context without arms, the first.
    std::array<PeerFieldNumbers, kMaxFieldNumber> arms{};
};
using Contexts = std::array<ContextFields, kMaxFieldNumber>;

const FieldDescriptor* arm_of(const Descriptor* message, std::uint32_t number)
{
    const auto* const field = message->FindFieldByNumber(static_cast<int>(number));
    const bool is_arm = field != nullptr && field->real_containing_oneof() != nullptr;
    return is_arm && field->message_type() != nullptr ? field : nullptr;
}

PeerFieldNumbers find_fields(const Descriptor* content)
{
    const auto field = [content](const char* name, FieldDescriptor::Type type) {
        const auto* const found = content->FindFieldByName(name);
        return found != nullptr && !found->is_repeated() && found->type() == type ? found : nullptr;
    };
    const auto number = [](const FieldDescriptor* found) {
        return static_cast<std::uint8_t>(found == nullptr ? 0 : found->number());
    };
    const auto* const peer = field("peer_id", FieldDescriptor::TYPE_INT64);
    const auto* network = field("network", FieldDescriptor::TYPE_ENUM);
    if (network != nullptr && network->enum_type() != proto::Network_descriptor()) network = nullptr;
    return {.message_type = number(field("message_type", FieldDescriptor::TYPE_STRING)),
            .peer_id = number(peer),
            .address = number(field("address", FieldDescriptor::TYPE_STRING)),
            .network = number(network),
            .peer_is_optional = peer != nullptr && peer->has_presence()};
}

Contexts find_contexts()
{
    Contexts contexts{};
    for (std::uint32_t number = 0; number < kMaxFieldNumber; ++number) {
        const auto* const outer = arm_of(proto::Event::descriptor(), number);
        if (outer == nullptr) continue;
        auto& context = contexts[number];
        context.has_arms = outer->message_type()->real_oneof_decl_count() > 0;
        if (!context.has_arms) context.arms[0] = find_fields(outer->message_type());
        for (std::uint32_t arm = 0; context.has_arms && arm < kMaxFieldNumber; ++arm)
            if (const auto* const inner = arm_of(outer->message_type(), arm))
                context.arms[arm] = find_fields(inner->message_type());
    }
    return contexts;
}

const Contexts& contexts()
{
    static const Contexts found = find_contexts();
    return found;
}

void view_arm(EventView& view, std::string_view bytes)
{
    view.arm = 0;
    view.message_type = {};
    view.content = bytes;
    if (view.context >= kMaxFieldNumber || !contexts()[view.context].has_arms) return;
    view.content = {};
    protozero::pbf_reader context{bytes.data(), bytes.size()};
    while (context.next()) {
        if (context.wire_type() != pbf_wire_type::length_delimited || context.tag() >= kMaxFieldNumber) {
            context.skip();
            continue;
        }
        view.arm = context.tag();
        view.content = context.get_view();
        const auto message_type = contexts()[view.context].arms[view.arm].message_type;
        protozero::pbf_reader arm{view.content.data(), view.content.size()};
        if (message_type > 0 && arm.next(message_type, pbf_wire_type::length_delimited))
            view.message_type = arm.get_view();
    }
}

} // namespace

EventView view_event(std::string_view event, std::uint64_t sequence)
{
    EventView view{.sequence = sequence, .bytes = event};
    try {
        protozero::pbf_reader reader{event.data(), event.size()};
        while (reader.next()) {
            if (reader.tag_and_type() ==
                protozero::tag_and_type(proto::Event::kTimestampNsFieldNumber, pbf_wire_type::fixed64)) {
                view.timestamp_ns = reader.get_fixed64();
            } else if (reader.tag_and_type() ==
                       protozero::tag_and_type(proto::Event::kPidFieldNumber, pbf_wire_type::varint)) {
                view.pid = reader.get_uint32();
            } else if (reader.tag() >= proto::Event::kEventsLostFieldNumber &&
                       reader.wire_type() == pbf_wire_type::length_delimited) {
                view.context = reader.tag();
                view_arm(view, reader.get_view());
            } else {
                reader.skip();
            }
        }
    } catch (const protozero::exception&) {
        view.is_malformed = true;
    }
    return view;
}

PeerFieldNumbers peer_field_numbers(std::uint32_t context, std::uint32_t arm)
{
    return context < kMaxFieldNumber && arm < kMaxFieldNumber ? contexts()[context].arms[arm] : PeerFieldNumbers{};
}

PeerView view_peer(const EventView& event)
{
    const auto fields = peer_field_numbers(event.context, event.arm);
    PeerView peer;
    if (fields.peer_id > 0 && !fields.peer_is_optional) peer.id = 0;
    try {
        protozero::pbf_reader content{event.content.data(), event.content.size()};
        while (content.next()) {
            if (fields.peer_id > 0 &&
                content.tag_and_type() == protozero::tag_and_type(fields.peer_id, pbf_wire_type::varint))
                peer.id = content.get_int64();
            else if (fields.address > 0 &&
                     content.tag_and_type() == protozero::tag_and_type(fields.address, pbf_wire_type::length_delimited))
                peer.address = content.get_view();
            else
                content.skip();
        }
    } catch (const protozero::exception&) {
        return {}; // what is malformed is about nobody
    }
    return peer;
}

std::string kind_name(std::uint32_t context, std::uint32_t arm)
{
    std::string unknown = "unknown";
    const auto* const outer = arm_of(proto::Event::descriptor(), context);
    if (outer == nullptr) return unknown;
    std::string name{outer->name()};
    if (outer->message_type()->real_oneof_decl_count() == 0) return name;
    const auto* const inner = arm_of(outer->message_type(), arm);
    return name + "." + (inner != nullptr ? std::string{inner->name()} : unknown);
}

void for_each_event(const Batch& batch, const std::function<void(const EventView&)>& visit)
{
    std::uint64_t sequence = batch.first_sequence;
    protozero::pbf_reader reader{batch.bytes.data(), batch.bytes.size()};
    while (reader.next(proto::EventBatch::kEventsFieldNumber, pbf_wire_type::length_delimited))
        visit(view_event(reader.get_view(), sequence++));
}

void select(const Batch& batch, const std::function<bool(const EventView&)>& wanted,
            const std::function<void(const Batch&)>& emit)
{
    std::string bytes;
    Batch run{.node = batch.node, .publisher_id = batch.publisher_id};
    const auto begin_run = [&](std::uint64_t first_sequence) {
        run.first_sequence = first_sequence;
        bytes.clear();
        begin_batch(bytes, batch.node, batch.publisher_id, first_sequence);
    };
    const auto end_run = [&] {
        run.bytes = bytes;
        emit(run.event_count == batch.event_count ? batch : run);
        run.event_count = 0;
    };
    for_each_event(batch, [&](const EventView& event) {
        if (wanted(event)) {
            if (run.event_count++ == 0) begin_run(event.sequence);
            append_event(bytes, event.bytes);
        } else if (run.event_count > 0) {
            end_run();
        }
    });
    run.last = batch.last;
    if (run.last) {
        if (run.event_count == 0) begin_run(batch.first_sequence + batch.event_count);
        mark_last(bytes);
    }
    if (run.event_count > 0 || run.last) end_run();
}

} // namespace peer_observer::events
