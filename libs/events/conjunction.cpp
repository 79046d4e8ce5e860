#include "libs/events/conjunction.h"

#include "libs/events/selection_keys.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <variant>

namespace peer_observer::events {
namespace {

constexpr char kBetweenTerms = kSeparators[0];
constexpr char kBetweenValues = kSeparators[1];

template <typename Value>
using List = std::vector<Value> Conjunction::*;

struct Term {
    std::string_view key;
    std::variant<List<std::string>, List<std::int64_t>, List<std::uint32_t>> values;
};

constexpr std::array kTerms = {
    Term{"kind", &Conjunction::kinds},
    Term{"message_type", &Conjunction::message_types},
    Term{"direction", &Conjunction::directions},
    Term{"peer", &Conjunction::peers},
    Term{"address", &Conjunction::addresses},
    Term{"network", &Conjunction::networks},
    Term{"as", &Conjunction::ases},
    Term{"pid", &Conjunction::pids},
    Term{"hash", &Conjunction::hashes},
};

constexpr auto kKeys = [] {
    std::array<std::string_view, kTerms.size()> keys;
    std::ranges::transform(kTerms, keys.begin(), &Term::key);
    return keys;
}();

const Term* find_term(std::string_view key)
{
    const auto* term = std::ranges::find(kTerms, key, &Term::key);
    return term == kTerms.end() ? nullptr : term;
}

/// `kind, message_type or hash`.
std::string all_keys()
{
    std::string text{kKeys.front()};
    for (const auto key : std::span{kKeys}.subspan(1))
        text += (key == kKeys.back() ? " or " : ", ") + std::string{key};
    return text;
}

std::string quoted(std::string_view text) { return "'" + std::string{text} + "'"; }

/// Calls `each` for each part; returns its first answer that is not empty.
template <typename Each>
std::string for_each_part(std::string_view text, char separator, const Each& each)
{
    for (;;) {
        const auto end = text.find(separator);
        if (auto problem = each(text.substr(0, end)); !problem.empty()) return problem;
        if (end == text.npos) return {};
        text.remove_prefix(end + 1);
    }
}

bool read_value(std::string_view text, std::string& value)
{
    value = text;
    return true;
}

template <typename Number>
bool read_value(std::string_view text, Number& value)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

std::string to_text(const std::string& value) { return value; }

template <typename Number>
std::string to_text(Number value)
{
    return std::to_string(value);
}

/// Empty = no error.
std::string add_value(const Term& term, std::string_view text, Conjunction& conjunction)
{
    if (text.empty()) return "the key " + quoted(term.key) + " has an empty value";
    const bool is_read =
        std::visit([&](auto list) { return read_value(text, (conjunction.*list).emplace_back()); }, term.values);
    return is_read ? "" : quoted(text) + " is no number for " + quoted(term.key);
}

/// Empty = no error.
std::string add_term(std::string_view text, Conjunction& conjunction)
{
    const auto equals = text.find('=');
    const auto key = text.substr(0, equals);
    const auto* term = find_term(key);
    if (term == nullptr || equals == text.npos)
        return quoted(text) + " is no term KEY=VALUE with the key " + all_keys();
    if (!std::visit([&](auto list) { return (conjunction.*list).empty(); }, term->values))
        return "the key " + quoted(key) + " stands twice: give its values as " + std::string{key} + "=A|B";
    return for_each_part(text.substr(equals + 1), kBetweenValues,
                         [&](std::string_view part) { return add_value(*term, part, conjunction); });
}

} // namespace

std::expected<Conjunction, std::string> parse_conjunction(std::string_view text)
{
    if (text.size() > kMaxSelectionBytes)
        return std::unexpected{"a selection of more than " + std::to_string(kMaxSelectionBytes) + " bytes"};
    if (!std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; }))
        return std::unexpected{"a selection with a character that is not printable ASCII"};
    Conjunction conjunction;
    auto problem =
        for_each_part(text, kBetweenTerms, [&](std::string_view term) { return add_term(term, conjunction); });
    if (!problem.empty()) return std::unexpected{std::move(problem)};
    return conjunction;
}

std::span<const std::string_view> selection_keys() { return kKeys; }

std::string add_condition(Conjunction& conjunction, std::string_view key, std::string_view value)
{
    const auto* term = find_term(key);
    if (term == nullptr) return quoted(key) + " is no key: there are " + all_keys();
    return add_value(*term, value, conjunction);
}

std::string to_string(const Conjunction& conjunction)
{
    std::string text;
    for (const auto& term : kTerms)
        std::visit(
            [&](auto list) {
                for (bool is_first = true; const auto& value : conjunction.*list) {
                    if (is_first && !text.empty()) text += kBetweenTerms;
                    text += is_first ? std::string{term.key} + "=" : std::string{kBetweenValues};
                    text += to_text(value);
                    is_first = false;
                }
            },
            term.values);
    return text;
}

} // namespace peer_observer::events
