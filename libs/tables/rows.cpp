#include "libs/tables/rows.h"

#include "libs/archive/content.h"
#include "libs/print/mapped_as.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace peer_observer::tables {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

struct HostPort {
    std::string_view host;
    std::optional<std::uint64_t> port;
};

/// Host and port such that putting them together gives `address` again; all of it is the host where that cannot be.
HostPort split(std::string_view address)
{
    const auto colon = address.rfind(':');
    if (colon == std::string_view::npos) return {address, {}};
    auto host = address.substr(0, colon);
    const auto digits = address.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    const bool is_port = error == std::errc{} && end == digits.data() + digits.size() &&
                         (digits.size() == 1 || !digits.starts_with('0'));
    const bool has_brackets = host.starts_with('[') && host.ends_with(']');
    if (has_brackets) host = host.substr(1, host.size() - 2);
    if (!is_port || host.contains(':') != has_brackets) return {address, {}};
    return {host, port};
}

/// The arm that is set; null where there is none, or one that is newer than this program.
const FieldDescriptor* arm_of(const Message& message, const OneofDescriptor* oneof)
{
    return oneof == nullptr ? nullptr : message.GetReflection()->GetOneofFieldDescriptor(message, oneof);
}

struct Leaf {
    const FieldDescriptor* arm = nullptr;
    const Message* content = nullptr;
};

Leaf leaf_of(const proto::Event& event)
{
    static const auto* const outer = proto::Event::descriptor()->FindOneofByName("context");
    const auto* arm = arm_of(event, outer);
    if (arm == nullptr) return {};
    const Message& context = event.GetReflection()->GetMessage(event, arm);
    const auto* inner = context.GetDescriptor()->FindOneofByName("event");
    if (inner == nullptr) return {arm, &context};
    const auto* inner_arm = arm_of(context, inner);
    if (inner_arm == nullptr) return {};
    return {inner_arm, &context.GetReflection()->GetMessage(context, inner_arm)};
}

Value number_or_null(std::uint32_t number) { return number == 0 ? Value{} : Value{std::uint64_t{number}}; }

Value number_or_null(double number) { return std::isnan(number) ? Value{} : Value{number}; }

/// Items of a map in the order of their keys; empty for a list, which has its own.
std::vector<int> order_of(const Message& message, const FieldDescriptor& field, std::size_t count)
{
    if (!field.is_map()) return {};
    std::vector<int> order(count);
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = static_cast<int>(i);
    const auto* key = field.message_type()->map_key();
    std::ranges::sort(order, {}, [&](int index) {
        const Message& entry = message.GetReflection()->GetRepeatedMessage(message, &field, index);
        return entry.GetReflection()->GetString(entry, key);
    });
    return order;
}

} // namespace

Loss loss_of(const proto::ArchiveGap& gap)
{
    const auto* cause = proto::ArchiveGap::Cause_descriptor()->FindValueByNumber(gap.cause());
    return {.node = gap.source().node(),
            .publisher_id = gap.source().publisher_id(),
            .sequence = gap.first_sequence(),
            .cause = cause == nullptr ? std::string_view{"UNKNOWN_CAUSE"} : std::string_view{cause->name()},
            .timestamp_ns = gap.noticed_ns(),
            .count = archive::has_unknown_count(gap) ? std::nullopt : std::optional{gap.count()}};
}

Loss loss_of(const events::Batch& batch, const events::BadEvent& bad, std::uint64_t timestamp_ns)
{
    return {.node = batch.node,
            .publisher_id = batch.publisher_id,
            .sequence = bad.sequence,
            .cause = "BAD_EVENT",
            .timestamp_ns = timestamp_ns,
            .count = 1,
            .detail = bad.reason};
}

RowMaker::RowMaker(const Model& model, const asmap::AutonomousSystems* systems) : model_{model}, systems_{systems} {}

void RowMaker::add(const print::Origin& origin, const proto::Event& event, RowSink& sink)
{
    const Leaf leaf = leaf_of(event);
    const auto* root = leaf.arm == nullptr ? nullptr : model_.root(leaf.arm);
    if (root == nullptr)
        return add({.node = origin.node,
                    .publisher_id = origin.publisher_id,
                    .sequence = origin.sequence,
                    .cause = "UNKNOWN_KIND",
                    .timestamp_ns = event.timestamp_ns(),
                    .count = 1},
                   sink);
    sink_ = &sink;
    root_ = root->part->table;
    Row& row = rows_[0];
    begin(row, *root_);
    std::size_t next = 0;
    for (const Value& value : {Value{origin.node}, Value{origin.publisher_id}, Value{origin.sequence},
                               Value{static_cast<std::int64_t>(event.timestamp_ns())},
                               Value{std::uint64_t{event.pid()}}, Value{event.process_start_ms()}})
        row.values[next++] = value;
    if (!root->direction.empty()) row.values[next] = root->direction;
    fill(leaf.content, *root->part, row);
    sink.add(*root_, row.values);
    if (root->part->has_parts) add_parts(*leaf.content, *root->part, 0, 0);
    if (event.unreadable_arguments_size() > 0) add_unreadable_arguments(event);
}

void RowMaker::add(const Loss& loss, RowSink& sink)
{
    const std::array<Value, 8> values{loss.node,
                                      loss.publisher_id,
                                      loss.sequence,
                                      loss.cause,
                                      loss.table_name,
                                      static_cast<std::int64_t>(loss.timestamp_ns),
                                      loss.count ? Value{*loss.count} : Value{},
                                      loss.detail};
    sink.add(model_.losses(), values);
}

void RowMaker::begin(Row& row, const Table& table)
{
    row.values.assign(table.columns.size(), {});
    if (row.texts.size() < table.columns.size()) row.texts.resize(table.columns.size());
}

RowMaker::Row& RowMaker::begin_part(const Table& table, int level)
{
    Row& row = rows_.at(static_cast<std::size_t>(level));
    begin(row, table);
    const auto& root = rows_[0].values;
    std::size_t next = 0;
    for (; next < 3; ++next)
        row.values[next] = root[next];
    for (std::size_t depth = 0; next < table.key_size; ++next)
        row.values[next] = positions_[depth++];
    row.values[next++] = root[root_->key_size];
    for (std::size_t i = 0; i < table.repeated_count; ++i)
        row.values[next++] = root[root_->repeated[i]];
    return row;
}

void RowMaker::fill(const Message* message, const Part& part, Row& row)
{
    if (message == nullptr) return; // NULL all of it
    const auto& reflection = *message->GetReflection();
    for (const auto& step : part.steps)
        fill(*message, reflection, step, row);
}

void RowMaker::fill(const Message& message, const Reflection& reflection, const Step& step, Row& row)
{
    const auto& field = *step.field;
    const bool is_absent = !field.is_repeated() && field.has_presence() && !reflection.HasField(message, &field);
    switch (step.kind) {
    case Step::Kind::scalar:
        if (!is_absent) row.values[step.column] = value(message, field, step.type, -1, row.texts[step.column]);
        break;
    case Step::Kind::host_port: {
        const auto [host, port] = split(reflection.GetStringReference(message, &field, &row.texts[step.column]));
        row.values[step.column] = host;
        if (port) row.values[step.column + 1] = *port;
        break;
    }
    case Step::Kind::mapped_as:
        row.values[step.column] = number_or_null(print::mapped_as(message, field, systems_));
        break;
    case Step::Kind::own_as:
        row.values[step.column] = reflection.HasField(message, step.as_field)
                                      ? Value{std::uint64_t{reflection.GetUInt32(message, step.as_field)}}
                                      : number_or_null(print::mapped_as(message, field, systems_));
        break;
    case Step::Kind::message:
        fill(is_absent ? nullptr : &reflection.GetMessage(message, &field), *step.part, row);
        break;
    case Step::Kind::choice: {
        if (is_absent) break;
        const Message& choice = reflection.GetMessage(message, &field);
        const auto* arm = arm_of(choice, choice.GetDescriptor()->oneof_decl(0));
        row.values[step.column] = arm == nullptr ? std::string_view{} : std::string_view{arm->name()};
        break;
    }
    case Step::Kind::parts:
        break;
    }
}

/// Item `index` of a list, or the field's only value where `index` is negative. May view `text`.
Value RowMaker::value(const Message& message, const FieldDescriptor& field, Type type, int index,
                      std::string& text) const
{
    const auto& reflection = *message.GetReflection();
    const auto get = [&](auto single, auto repeated) {
        return index < 0 ? (reflection.*single)(message, &field) : (reflection.*repeated)(message, &field, index);
    };
    switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
        return std::int64_t{get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32)};
    case FieldDescriptor::CPPTYPE_INT64:
        return std::int64_t{get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64)};
    case FieldDescriptor::CPPTYPE_UINT32:
        return std::uint64_t{get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32)};
    case FieldDescriptor::CPPTYPE_UINT64: {
        const std::uint64_t number = get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64);
        return type == Type::int64 ? Value{static_cast<std::int64_t>(number)} : Value{number};
    }
    case FieldDescriptor::CPPTYPE_DOUBLE:
        return number_or_null(get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble));
    case FieldDescriptor::CPPTYPE_FLOAT:
        return number_or_null(double{get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat)});
    case FieldDescriptor::CPPTYPE_BOOL:
        return std::uint64_t{get(&Reflection::GetBool, &Reflection::GetRepeatedBool)};
    case FieldDescriptor::CPPTYPE_ENUM: {
        const int number = get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue);
        if (const auto* known = field.enum_type()->FindValueByNumber(number)) return std::string_view{known->name()};
        text = std::to_string(number);
        return std::string_view{text};
    }
    case FieldDescriptor::CPPTYPE_STRING: {
        const std::string& bytes = index < 0 ? reflection.GetStringReference(message, &field, &text)
                                             : reflection.GetRepeatedStringReference(message, &field, index, &text);
        if (type != Type::hash) return std::string_view{bytes};
        if (&bytes != &text) text = bytes;
        std::ranges::reverse(text);
        return std::string_view{text};
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
        break;
    }
    return {};
}

void RowMaker::add_parts(const Message& message, const Part& part, int level, int depth)
{
    const auto& reflection = *message.GetReflection();
    for (const auto& step : part.steps) {
        if (step.kind == Step::Kind::parts) {
            add_items(message, step, level, depth);
        } else if (step.kind == Step::Kind::message) {
            if (step.part->has_parts && reflection.HasField(message, step.field))
                add_parts(reflection.GetMessage(message, step.field), *step.part, level, depth);
        } else if (step.kind == Step::Kind::choice && reflection.HasField(message, step.field)) {
            const Message& choice = reflection.GetMessage(message, step.field);
            const auto* arm = arm_of(choice, choice.GetDescriptor()->oneof_decl(0));
            const auto* made = arm == nullptr ? nullptr : step.arms[static_cast<std::size_t>(arm->index())].get();
            if (made == nullptr) continue;
            const Message& content = choice.GetReflection()->GetMessage(choice, arm);
            if (made->table != nullptr) {
                Row& row = begin_part(*made->table, level + 1);
                fill(&content, *made, row);
                sink_->add(*made->table, row.values);
            }
            if (made->has_parts) add_parts(content, *made, level + 1, depth);
        }
    }
}

void RowMaker::add_items(const Message& message, const Step& step, int level, int depth)
{
    const auto& field = *step.field;
    const auto& table = *step.part->table;
    const bool is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    const auto& reflection = *message.GetReflection();
    const auto count = static_cast<std::size_t>(reflection.FieldSize(message, &field));
    const std::vector<int> order = order_of(message, field, count);
    const auto own = table.key_size + 1 + table.repeated_count;
    const auto own_value = [&](std::size_t column, const Message& holder, const FieldDescriptor& of, int index) {
        Row& row = rows_.at(static_cast<std::size_t>(level) + 1);
        row.values[column] = value(holder, of, table.columns[column].type, index, row.texts[column]);
    };
    for (std::size_t position = 0; position < count; ++position) {
        const int index = order.empty() ? static_cast<int>(position) : order[position];
        positions_.at(static_cast<std::size_t>(depth)) = position;
        Row& row = begin_part(table, level + 1);
        const Message* item = is_message ? &reflection.GetRepeatedMessage(message, &field, index) : nullptr;
        if (field.is_map()) {
            const auto* of_map = field.message_type()->map_value();
            own_value(own, *item, *field.message_type()->map_key(), -1);
            if (of_map->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
                own_value(own + 1, *item, *of_map, -1);
                item = nullptr;
            } else {
                item = &item->GetReflection()->GetMessage(*item, of_map);
            }
        } else if (!is_message) {
            own_value(own, message, field, index);
        }
        fill(item, *step.part, row);
        sink_->add(table, row.values);
        if (item != nullptr && step.part->has_parts) add_parts(*item, *step.part, level + 1, depth + 1);
    }
}

void RowMaker::add_unreadable_arguments(const proto::Event& event)
{
    const auto& table = model_.unreadable_arguments();
    for (int i = 0; i < event.unreadable_arguments_size(); ++i) {
        positions_[0] = static_cast<std::uint64_t>(i);
        Row& row = begin_part(table, 1);
        row.values.back() = std::uint64_t{event.unreadable_arguments(i)};
        sink_->add(table, row.values);
    }
}

} // namespace peer_observer::tables
