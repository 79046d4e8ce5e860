#include "libs/tables/model.h"

#include "libs/print/display.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <stdexcept>

namespace peer_observer::tables {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

/// Kinds whose events are rows of one table, which tells them apart by the column `direction`.
struct SharedTable {
    std::string_view kind;
    std::string_view table;
    std::string_view direction;
};
constexpr std::array kShared = {
    SharedTable{"message.inbound", "message", "inbound"},
    SharedTable{"message.outbound", "message", "outbound"},
};

/// What the parts of an event repeat of it, because most questions need it and a join costs more than a column.
constexpr std::array<std::string_view, 6> kRepeated = {"direction", "peer_id",   "host",
                                                       "port",      "mapped_as", "connection_type"};

Type type_of(const FieldDescriptor& field)
{
    switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
        return Type::boolean;
    case FieldDescriptor::CPPTYPE_INT32:
        return Type::int32;
    case FieldDescriptor::CPPTYPE_INT64:
        return Type::int64;
    case FieldDescriptor::CPPTYPE_UINT32:
        return Type::uint32;
    case FieldDescriptor::CPPTYPE_UINT64:
        if (print::display_of(field) == proto::HEX_NUMBER) return Type::id64;
        // Times are subtracted from each other.
        return std::string_view{field.name()}.ends_with("_ns") ? Type::int64 : Type::uint64;
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
        return Type::real;
    case FieldDescriptor::CPPTYPE_STRING:
        if (field.type() == FieldDescriptor::TYPE_STRING) return Type::text;
        if (print::display_of(field) == proto::TEXT) return Type::peer_text;
        return print::display_of(field) == proto::HASH ? Type::hash : Type::bytes;
    default: // enums; messages are no columns
        return Type::text;
    }
}

/// Whether a message is nothing but one of several others.
bool is_choice(const Descriptor& message)
{
    return message.real_oneof_decl_count() == 1 && message.field_count() > 1 &&
           message.oneof_decl(0)->field_count() == message.field_count() &&
           message.field(0)->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

bool is_address(const FieldDescriptor& field)
{
    return !field.is_repeated() && field.name() == "address" && field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
}

/// HOST:PORT, as Bitcoin Core prints the address of a peer.
bool is_host_port(const FieldDescriptor& field)
{
    return is_address(field) && field.type() == FieldDescriptor::TYPE_STRING && !field.has_presence() &&
           field.containing_type()->FindFieldByName("port") == nullptr;
}

} // namespace

std::size_t Table::find(std::string_view column) const
{
    return static_cast<std::size_t>(std::ranges::find(columns, column, &Column::name) - columns.begin());
}

class ModelBuilder {
public:
    explicit ModelBuilder(Model& model) : model_{model} {}

    void build(const Descriptor& event)
    {
        const auto* outer = event.FindOneofByName("context");
        for (int i = 0; i < outer->field_count(); ++i) {
            const auto* context = outer->field(i);
            const auto* inner = context->message_type()->FindOneofByName("event");
            if (inner == nullptr) add_kind(std::string{context->name()}, *context);
            for (int j = 0; inner != nullptr && j < inner->field_count(); ++j)
                add_kind(
                    fmt::format("{}.{}", std::string_view{context->name()}, std::string_view{inner->field(j)->name()}),
                    *inner->field(j));
        }
        auto& arguments = add_table("event_unreadable_arguments", "all kinds: `unreadable_arguments`");
        add_key(arguments, nullptr, 1);
        arguments.columns.push_back({"value", Type::uint32});
        model_.unreadable_arguments_ = &arguments;
        add_losses();
    }

private:
    void add_kind(const std::string& kind, const FieldDescriptor& arm)
    {
        const auto* shared = std::ranges::find(kShared, kind, &SharedTable::kind);
        const bool is_shared = shared != kShared.end();
        std::string name = is_shared ? std::string{shared->table} : kind;
        std::ranges::replace(name, '.', '_');
        const std::string_view direction = is_shared ? shared->direction : "";
        if (is_shared && model_.find(name) != nullptr) {
            const auto same = std::ranges::find_if(model_.roots_, [&](const auto& root) {
                return root.second.part->table->name == name && root.first->message_type() == arm.message_type();
            });
            if (same == model_.roots_.end()) throw std::logic_error{kind + " is of another type than its table"};
            for (auto& table : model_.tables_)
                if (table->source.starts_with(same_kind_)) table->source.insert(same_kind_.size(), ", " + kind);
            model_.roots_.emplace(&arm, Root{same->second.part, direction});
            return;
        }
        if (is_shared) same_kind_ = kind;
        auto& table = add_table(name, kind);
        add_key(table, nullptr, 0);
        table.columns.push_back({"pid", Type::uint32});
        table.columns.push_back({"process_start_ms", Type::uint64});
        if (is_shared) table.columns.push_back({"direction", Type::text});
        root_ = &table;
        model_.parts_.push_back(std::make_unique<Part>());
        auto& part = *model_.parts_.back();
        part.table = &table;
        add_fields(*arm.message_type(), {&table, std::string{arm.name()}, "", kind, 0}, false, part);
        for (const auto column : kRepeated)
            if (table.find(column) != table.columns.size()) table.repeated.push_back(table.find(column));
        for (; !later_.empty(); later_.pop_front())
            later_.front()();
        std::erase_if(model_.tables_,
                      [this](const auto& made) { return std::ranges::find(empty_, made.get()) != empty_.end(); });
        empty_.clear();
        model_.roots_.emplace(&arm, Root{&part, direction});
    }

    /// Where fields are put.
    struct Place {
        Table* table;
        std::string holder; ///< the field that the table is named after
        std::string prefix; ///< of columns
        std::string source;
        int depth; ///< of lists inside lists
    };

    Table& add_table(const std::string& name, const std::string& source)
    {
        if (model_.find(name) != nullptr) throw std::logic_error{"two tables have the name " + name};
        model_.tables_.push_back(std::make_unique<Table>(Table{name, source, {}, 0}));
        return *model_.tables_.back();
    }

    /// The columns that all tables begin with.
    static void add_key(Table& table, const Table* root, int depth)
    {
        table.columns = {{"node", Type::text}, {"publisher_id", Type::id64}, {"sequence", Type::uint64}};
        if (depth > 2) throw std::logic_error{table.name + ": a list in a list in a list"};
        if (depth > 1) table.columns.push_back({"parent_position", Type::uint32});
        if (depth > 0) table.columns.push_back({"position", Type::uint32});
        table.key_size = table.columns.size();
        table.columns.push_back({"timestamp_ns", Type::int64});
        if (root == nullptr) return;
        table.repeated_count = root->repeated.size();
        for (const auto column : root->repeated)
            table.columns.push_back(root->columns[column]);
    }

    static std::size_t add_column(const Place& place, std::string_view name, Type type, bool is_nullable)
    {
        std::string full = place.prefix + std::string{name};
        // A part that tells of another event has the same names as the event that it is a part of.
        if (place.table->find(full) != place.table->columns.size()) full = place.holder + "_" + full;
        if (place.table->find(full) != place.table->columns.size())
            throw std::logic_error{fmt::format("{} has two columns {}", place.table->name, full)};
        place.table->columns.push_back({full, type, is_nullable || type == Type::real}); // NaN is NULL
        return place.table->columns.size() - 1;
    }

    void add_fields(const Descriptor& message, const Place& place, bool is_nullable, Part& part)
    {
        const auto* own_as = message.FindFieldByName("mapped_as");
        const auto* address = message.FindFieldByName("address");
        if (address != nullptr && !is_address(*address)) address = nullptr;
        for (int i = 0; i < message.field_count(); ++i) {
            const auto& field = *message.field(i);
            const bool may_be_absent = is_nullable || field.has_presence();
            if (field.is_repeated()) {
                add_parts(field, place, part);
            } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
                if (is_choice(*field.message_type()))
                    add_choice(field, place, part);
                else
                    add_message(field, place, part);
            } else if (is_host_port(field)) {
                const auto column = add_column(place, "host", Type::text, may_be_absent);
                (void)add_column(place, "port", Type::uint32, true);
                part.steps.push_back({Step::Kind::host_port, &field, column});
            } else if (&field == own_as && address != nullptr) {
                const auto column = add_column(place, field.name(), type_of(field), true);
                part.steps.push_back({Step::Kind::own_as, address, column, type_of(field), 0, own_as});
            } else {
                const auto column = add_column(place, field.name(), type_of(field), may_be_absent);
                part.steps.push_back({Step::Kind::scalar, &field, column, type_of(field)});
            }
            if (&field == address && own_as == nullptr) {
                const auto column = add_column(place, "mapped_as", Type::uint32, true);
                part.steps.push_back({Step::Kind::mapped_as, &field, column});
            }
        }
    }

    void add_message(const FieldDescriptor& field, const Place& place, Part& part)
    {
        Step step{Step::Kind::message, &field, place.table->columns.size()};
        step.part = std::make_unique<Part>();
        Place inside = place;
        inside.prefix += std::string{field.name()} + "_";
        add_fields(*field.message_type(), inside, true, *step.part);
        step.column_count = place.table->columns.size() - step.column;
        part.has_parts = part.has_parts || step.part->has_parts;
        part.steps.push_back(std::move(step));
    }

    void add_choice(const FieldDescriptor& field, const Place& place, Part& part)
    {
        Step step{Step::Kind::choice, &field, add_column(place, field.name(), Type::text, true)};
        const auto& message = *field.message_type();
        for (int i = 0; i < message.field_count(); ++i) {
            const auto& arm = *message.field(i);
            step.arms.push_back(arm.message_type()->field_count() > 0 ? std::make_unique<Part>() : nullptr);
            if (auto* const made = step.arms.back().get())
                later_.emplace_back([this, &arm, place, made] { add_arm(arm, place, *made); });
        }
        part.has_parts = true;
        part.steps.push_back(std::move(step));
    }

    void add_arm(const FieldDescriptor& arm, const Place& place, Part& part)
    {
        const std::string name = fmt::format("{}_{}{}", place.table->name, place.prefix, std::string_view{arm.name()});
        const std::string source = fmt::format("{}: `{}`", place.source, std::string_view{arm.name()});
        Table* const table = &add_table(name, source);
        part.table = table;
        add_key(*table, root_, place.depth);
        const auto common = table->columns.size();
        add_fields(*arm.message_type(), {table, std::string{arm.name()}, "", source, place.depth}, false, part);
        if (table->columns.size() > common) return;
        part.table = nullptr; // nothing but lists, and those have tables of their own
        empty_.push_back(table);
    }

    void add_parts(const FieldDescriptor& field, const Place& place, Part& part)
    {
        Step step{Step::Kind::parts, &field};
        step.part = std::make_unique<Part>();
        later_.emplace_back([this, &field, place, &items = *step.part] { add_items(field, place, items); });
        part.has_parts = true;
        part.steps.push_back(std::move(step));
    }

    void add_items(const FieldDescriptor& field, const Place& place, Part& part)
    {
        const std::string name =
            fmt::format("{}_{}{}", place.table->name, place.prefix, std::string_view{field.name()});
        const std::string source = fmt::format("{}{}`{}{}`", place.source, place.source.contains(':') ? ", " : ": ",
                                               place.prefix, std::string_view{field.name()});
        auto& table = add_table(name, source);
        add_key(table, root_, place.depth + 1);
        part.table = &table;
        const Place inside{&table, std::string{field.name()}, "", source, place.depth + 1};
        if (field.is_map()) {
            const auto& entry = *field.message_type();
            (void)add_column(inside, "key", type_of(*entry.map_key()), false);
            if (entry.map_value()->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
                add_fields(*entry.map_value()->message_type(), inside, false, part);
            else
                (void)add_column(inside, "value", type_of(*entry.map_value()), false);
        } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
            add_fields(*field.message_type(), inside, false, part);
        } else {
            (void)add_column(inside, "value", type_of(field), false);
        }
    }

    void add_losses()
    {
        auto& table = add_table("losses", "what is missing");
        table.columns = {{"node", Type::text},
                         {"publisher_id", Type::id64},
                         {"sequence", Type::uint64},
                         {"cause", Type::text},
                         {"table_name", Type::text}};
        table.key_size = table.columns.size();
        table.columns.insert(
            table.columns.end(),
            {{"timestamp_ns", Type::int64}, {"count", Type::uint64, true}, {"detail", Type::peer_text}});
        model_.losses_ = &table;
    }

    Model& model_;
    const Table* root_ = nullptr;
    std::string same_kind_;
    /// Tables of parts, for when the columns that they repeat are known.
    std::deque<std::function<void()>> later_;
    std::vector<const Table*> empty_;
};

Model::Model(const Descriptor& event) { ModelBuilder{*this}.build(event); }

const Table* Model::find(std::string_view name) const
{
    const auto found = std::ranges::find_if(tables_, [&](const auto& table) { return table->name == name; });
    return found == tables_.end() ? nullptr : found->get();
}

const Root* Model::root(const FieldDescriptor* arm) const
{
    const auto found = roots_.find(arm);
    return found == roots_.end() ? nullptr : &found->second;
}

} // namespace peer_observer::tables
