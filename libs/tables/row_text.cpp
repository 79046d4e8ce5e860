#include "libs/tables/row_text.h"

#include "libs/base/hex.h"
#include "libs/base/utf8.h"
#include "libs/print/display.h"
#include "libs/print/json_writer.h"

#include <fmt/format.h>
#include <protozero/varint.hpp>

#include <array>
#include <bit>
#include <iterator>

namespace peer_observer::tables {
namespace {

bool is_hex(Type type) { return type == Type::hash || type == Type::bytes; }

void append_quoted(std::string_view text, std::string& out)
{
    if (!text.empty() && text.find_first_of(",\"\n\r") == std::string_view::npos) {
        out += text;
        return;
    }
    out += '"';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

void append_csv_value(Type type, const Value& value, std::string& out)
{
    if (const auto* text = std::get_if<std::string_view>(&value)) {
        append_quoted(is_hex(type) ? base::to_hex(*text) : base::to_utf8(*text), out);
    } else if (const auto* unsigned_number = std::get_if<std::uint64_t>(&value)) {
        out += type == Type::id64 ? print::hex_number(*unsigned_number) : std::to_string(*unsigned_number);
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
        out += std::to_string(*number);
    } else if (const auto* real = std::get_if<double>(&value)) {
        out += fmt::format("{}", *real);
    }
}

template <typename Number>
void append_number(Number number, std::string& out)
{
    static_assert(std::endian::native == std::endian::little, "RowBinary is little-endian");
    const auto bytes = std::bit_cast<std::array<char, sizeof(Number)>>(number);
    out.append(bytes.data(), bytes.size());
}

void append_text(std::string_view text, std::string& out)
{
    protozero::write_varint(std::back_inserter(out), text.size());
    out += text;
}

template <typename Held, typename Number>
void append_as(const Value& value, std::string& out)
{
    append_number(static_cast<Number>(std::get<Held>(value)), out);
}

} // namespace

void append_csv_header(const Table& table, std::string& out)
{
    for (const auto& column : table.columns)
        out.append(&column == table.columns.data() ? "" : ",").append(column.name);
    out += '\n';
}

void append_csv(const Table& table, std::span<const Value> values, std::string& out)
{
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) out += ',';
        append_csv_value(table.columns[i].type, values[i], out);
    }
    out += '\n';
}

void append_json(const Table& table, std::span<const Value> values, std::string& out)
{
    print::JsonWriter writer{out};
    writer.start_object();
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto& [name, type, is_nullable] = table.columns[i];
        if (std::holds_alternative<std::monostate>(values[i])) continue;
        writer.key(name);
        if (const auto* text = std::get_if<std::string_view>(&values[i])) {
            if (is_hex(type)) {
                writer.string(base::to_hex(*text));
            } else if (base::is_utf8(*text)) {
                writer.string(*text);
            } else {
                writer.string(base::to_utf8(*text));
                writer.key(name + "_hex");
                writer.string(base::to_hex(*text));
            }
        } else if (const auto* unsigned_number = std::get_if<std::uint64_t>(&values[i])) {
            if (type == Type::boolean)
                writer.boolean(*unsigned_number != 0);
            else if (type == Type::id64)
                writer.string(print::hex_number(*unsigned_number));
            else
                writer.number(*unsigned_number);
        } else if (const auto* number = std::get_if<std::int64_t>(&values[i])) {
            writer.number(*number);
        } else {
            writer.real(std::get<double>(values[i]));
        }
    }
    writer.end_object();
    out += '\n';
}

void append_row_binary(const Table& table, std::span<const Value> values, std::string& out)
{
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto& value = values[i];
        const bool is_null = std::holds_alternative<std::monostate>(value);
        if (table.columns[i].is_nullable) out += is_null ? '\1' : '\0';
        if (is_null) continue;
        switch (table.columns[i].type) {
        case Type::boolean:
            append_as<std::uint64_t, std::uint8_t>(value, out);
            break;
        case Type::int32:
            append_as<std::int64_t, std::int32_t>(value, out);
            break;
        case Type::int64:
            append_as<std::int64_t, std::int64_t>(value, out);
            break;
        case Type::uint32:
            append_as<std::uint64_t, std::uint32_t>(value, out);
            break;
        case Type::uint64:
        case Type::id64:
            append_as<std::uint64_t, std::uint64_t>(value, out);
            break;
        case Type::real:
            append_number(std::get<double>(value), out);
            break;
        case Type::text:
        case Type::peer_text:
        case Type::hash:
        case Type::bytes:
            append_text(std::get<std::string_view>(value), out);
            break;
        }
    }
}

} // namespace peer_observer::tables
