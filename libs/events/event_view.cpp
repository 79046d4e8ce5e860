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

constexpr std::uint32_t kMaxFieldNumber = 64;

struct ContextFields {
    bool has_arms = false;
    /// By the number of an arm: the number of its `message_type` field; 0 = it has none.
    std::array<std::uint8_t, kMaxFieldNumber> message_type{};
};
using Contexts = std::array<ContextFields, kMaxFieldNumber>;

const FieldDescriptor* arm_of(const Descriptor* message, std::uint32_t number)
{
    const auto* const field = message->FindFieldByNumber(static_cast<int>(number));
    const bool is_arm = field != nullptr && field->real_containing_oneof() != nullptr;
    return is_arm && field->message_type() != nullptr ? field : nullptr;
}

Contexts find_fields()
{
    Contexts contexts{};
    for (std::uint32_t context = 0; context < kMaxFieldNumber; ++context) {
        const auto* const outer = arm_of(proto::Event::descriptor(), context);
        if (outer == nullptr) continue;
        contexts[context].has_arms = outer->message_type()->real_oneof_decl_count() > 0;
        for (std::uint32_t arm = 0; arm < kMaxFieldNumber; ++arm) {
            const auto* const inner = arm_of(outer->message_type(), arm);
            const auto* const type =
                inner == nullptr ? nullptr : inner->message_type()->FindFieldByName("message_type");
            if (type != nullptr) contexts[context].message_type[arm] = static_cast<std::uint8_t>(type->number());
        }
    }
    return contexts;
}

void view_arm(EventView& view, protozero::pbf_reader context)
{
    static const Contexts contexts = find_fields();
    if (view.context >= kMaxFieldNumber || !contexts[view.context].has_arms) return;
    while (context.next()) {
        if (context.wire_type() != pbf_wire_type::length_delimited || context.tag() >= kMaxFieldNumber) {
            context.skip();
            continue;
        }
        view.arm = context.tag();
        const auto message_type = contexts[view.context].message_type[view.arm];
        auto arm = context.get_message();
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
            } else if (reader.tag() >= proto::Event::kEventsLostFieldNumber &&
                       reader.wire_type() == pbf_wire_type::length_delimited) {
                view.context = reader.tag();
                view_arm(view, reader.get_message());
            } else {
                reader.skip();
            }
        }
    } catch (const protozero::exception&) {
        view.is_malformed = true;
    }
    return view;
}

std::string kind_name(std::uint32_t context, std::uint32_t arm)
{
    const std::string unknown = "unknown";
    const auto* const outer = arm_of(proto::Event::descriptor(), context);
    if (outer == nullptr) return unknown;
    const std::string name{outer->name()};
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
