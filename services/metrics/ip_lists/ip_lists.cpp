#include "services/metrics/ip_lists/ip_lists.h"

#include "libs/base/regular_file.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace peer_observer::metrics {
namespace {

constexpr auto kNameCharacters = "abcdefghijklmnopqrstuvwxyz0123456789_";

} // namespace

IpLists::IpLists(const std::vector<std::string>& names_and_files, Registry& registry) : registry_{registry}
{
    for (const std::string& text : names_and_files) {
        const auto equals = text.find('=');
        const auto name = text.substr(0, equals);
        if (equals == std::string::npos || name.empty() || name.find_first_not_of(kNameCharacters) != std::string::npos)
            throw std::invalid_argument{"'" + text +
                                        "' is not NAME=FILE with a name of lower-case letters, digits and _"};
        if (find(name) != nullptr) throw std::invalid_argument{"two IP lists of the name " + name};
        lists_.push_back({name, text.substr(equals + 1), {}});
    }
    for (List& list : lists_)
        read(list);
    if (lists_.empty()) return;
    for (const std::string_view result : {"success", "failure"})
        registry_.counter(metric("ip_list_reloads_total"), {}, std::array{result});
}

void IpLists::reload()
{
    bool failed = false;
    for (List& list : lists_) {
        try {
            read(list);
        } catch (const std::runtime_error& error) {
            failed = true;
            spdlog::warn("{}; its old content stays", error.what());
        }
    }
    if (lists_.empty()) return;
    const std::string_view result = failed ? "failure" : "success";
    registry_.counter(metric("ip_list_reloads_total"), {}, std::array{result}).Increment();
}

const IpLists::List* IpLists::find(std::string_view name) const
{
    const auto found = std::ranges::find(lists_, name, &List::name);
    return found == lists_.end() ? nullptr : &*found;
}

void IpLists::read(List& list)
{
    constexpr std::size_t kMostBytes = std::size_t{256} << 20U;
    auto file = base::read_regular_file(list.path, kMostBytes);
    if (!file)
        throw std::runtime_error{
            fmt::format("IP list {}: cannot read {}: {}", list.name, list.path, file.error().reason)};
    std::istringstream lines{*std::move(file)};
    IpListText text = read_ip_list(lines);
    for (const auto& bad : text.first_bad_lines)
        spdlog::warn("IP list {}: {}:{}: {}", list.name, list.path, bad.number, bad.reason);
    if (text.bad_lines > text.first_bad_lines.size())
        spdlog::warn("IP list {}: {} has {} more bad lines", list.name, list.path,
                     text.bad_lines - text.first_bad_lines.size());
    spdlog::info("IP list {}: {} entries from {}", list.name, text.networks.size(), list.path);

    const std::array<std::string_view, 1> label = {list.name};
    registry_.gauge(metric("ip_list_entries"), {}, label).Set(static_cast<double>(text.networks.size()));
    registry_.gauge(metric("ip_list_bad_lines"), {}, label).Set(static_cast<double>(text.bad_lines));
    list.addresses = IpSet{text.networks};
}

} // namespace peer_observer::metrics
