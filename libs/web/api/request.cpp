#include "libs/web/api/request.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace peer_observer::web {
namespace {

constexpr std::size_t kMostParameters = 64;
constexpr std::string_view kPrefix = "/api/v1/";

std::string decode(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            unsigned value = 0;
            const auto digits = text.substr(i + 1, 2);
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
            if (error != std::errc{} || digits.size() != 2 || end != digits.data() + 2)
                throw ApiError{400, "the request's target has a % without two hex digits"};
            out += static_cast<char>(value);
            i += 2;
        }
    }
    return out;
}

template <typename Visit>
void split(std::string_view text, char separator, Visit visit)
{
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        visit(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

} // namespace

Request::Request(std::string_view target)
{
    const auto question = std::min(target.find('?'), target.size());
    path_ = target.substr(0, question);
    if (path_.starts_with(kPrefix))
        split(std::string_view{path_}.substr(kPrefix.size()), '/',
              [&](std::string_view part) { parts_.push_back(decode(part)); });
    std::size_t count = 0;
    split(target.substr(std::min(question + 1, target.size())), '&', [&](std::string_view parameter) {
        if (++count > kMostParameters) throw ApiError{400, "the request has more than 64 parameters"};
        const auto equals = std::min(parameter.find('='), parameter.size());
        parameters_[decode(parameter.substr(0, equals))].push_back(
            decode(parameter.substr(std::min(equals + 1, parameter.size()))));
    });
}

void Request::allow(const std::vector<std::string_view>& names) const
{
    for (const auto& [name, values] : parameters_)
        if (std::ranges::find(names, name) == names.end())
            throw ApiError{400,
                           fmt::format("there is no parameter '{}' here; there are: {}", name, fmt::join(names, ", "))};
}

const std::vector<std::string>& Request::all(std::string_view name) const
{
    static const std::vector<std::string> kNone;
    const auto found = parameters_.find(name);
    return found == parameters_.end() ? kNone : found->second;
}

std::optional<std::string> Request::text(const std::string& name) const
{
    const auto& values = all(name);
    if (values.empty()) return std::nullopt;
    if (values.size() > 1) throw ApiError{400, fmt::format("the parameter '{}' is given twice", name), name};
    return values.front();
}

std::optional<std::uint64_t> Request::number(const std::string& name, std::uint64_t least, std::uint64_t most) const
{
    const auto given = text(name);
    if (!given) return std::nullopt;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), number);
    if (error != std::errc{} || end != given->data() + given->size() || number < least || number > most)
        throw ApiError{400, fmt::format("{}: '{}' is not a number from {} to {}", name, *given, least, most), name};
    return number;
}

} // namespace peer_observer::web
