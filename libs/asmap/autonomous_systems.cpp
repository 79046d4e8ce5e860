#include "libs/asmap/autonomous_systems.h"

#include "libs/base/regular_file.h"
#include "libs/wire/ignored_address.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace peer_observer::asmap {
namespace {

constexpr std::size_t kMaxNamesBytes = std::size_t{64} << 20U;

std::string read(const std::string& path, std::size_t most)
{
    auto text = base::read_regular_file(path, most);
    if (!text) throw std::runtime_error{fmt::format("cannot read {}: {}", path, text.error().reason)};
    return *std::move(text);
}

} // namespace

std::uint32_t find_as(const Asmap& asmap, const base::IpBytes& ip)
{
    return wire::why_ignored(ip) ? 0 : asmap.find(base::linked_ipv4(ip).value_or(ip));
}

AutonomousSystems::AutonomousSystems(std::string asmap_file, std::string names_file)
    : asmap_file_{std::move(asmap_file)}, names_file_{std::move(names_file)}
{
    reload();
}

void AutonomousSystems::reload()
{
    auto asmap = Asmap::parse(read(asmap_file_, kMaxFileBytes));
    if (!asmap) throw std::runtime_error{fmt::format("{} is no asmap: {}", asmap_file_, asmap.error())};
    Names names = names_file_.empty() ? Names{} : Names{read(names_file_, kMaxNamesBytes)};
    asmap_ = *std::move(asmap);
    names_ = std::move(names);
}

std::uint32_t AutonomousSystems::find(std::string_view host) const
{
    const auto ip = base::parse_ip(host);
    return ip ? find(*ip) : 0;
}

std::function<std::uint32_t(std::string_view host)> finder(std::shared_ptr<const AutonomousSystems> systems)
{
    if (!systems) return {};
    return [systems = std::move(systems)](std::string_view host) { return systems->find(host); };
}

} // namespace peer_observer::asmap
