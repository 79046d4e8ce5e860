#include "libs/print/json_writer.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace peer_observer::print {
namespace {

bool needs_escapes(std::string_view text)
{
    return std::ranges::any_of(text, [](char c) { return c < 0x20 || c > 0x7e || c == '"' || c == '\\'; });
}

} // namespace

void JsonWriter::separate()
{
    // A value never ends like this: what ends a string is its quote.
    constexpr std::string_view kNoCommaAfter = "{[:";
    if (out_.size() > begin_ && !kNoCommaAfter.contains(out_.back())) out_.push_back(',');
}

void JsonWriter::open(char bracket)
{
    separate();
    out_.push_back(bracket);
}

void JsonWriter::key(std::string_view name)
{
    string(name);
    out_.push_back(':');
}

void JsonWriter::string(std::string_view text)
{
    separate();
    if (needs_escapes(text)) {
        out_ += nlohmann::json(text).dump(-1, ' ', true);
        return;
    }
    out_.push_back('"');
    out_ += text;
    out_.push_back('"');
}

void JsonWriter::real(double value)
{
    separate();
    out_ += nlohmann::json(value).dump();
}

void JsonWriter::null()
{
    separate();
    out_ += "null";
}

void JsonWriter::boolean(bool value)
{
    separate();
    out_ += value ? "true" : "false";
}

} // namespace peer_observer::print
