#include "services/addr-connectivity/probe.h"

#include "libs/base/c_handle.h"
#include "libs/base/host_port.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <utility>

namespace peer_observer::addr_connectivity {
namespace {

using proto::AddressChecked;
using Found = base::CHandle<addrinfo, freeaddrinfo>;

constexpr auto kLongestPoll = std::chrono::milliseconds{100};

std::string summary(const AddressChecked& found)
{
    auto text = fmt::format("{}: {}", AddressChecked::Result_Name(found.result()), found.reason());
    if (found.result() != AddressChecked::OK) return text;
    const auto& version = found.version();
    // The other end's bytes, made fit for a terminal.
    return text + fmt::format("; user agent {:?}, protocol {}, services {}, height {}, clock {:+} s",
                              version.user_agent(), version.version(), version.services(), version.start_height(),
                              found.time_offset_s());
}

} // namespace

std::vector<Address> read_target(const std::string& text)
{
    if (const auto address = parse_address(text)) return {*address};
    const auto host = std::string{base::host_of(text)};
    const auto port = parse_address("0.0.0.0" + text.substr(std::min(text.size(), text.rfind(':'))));
    if (host.empty() || !port) throw std::invalid_argument{fmt::format("'{}' is not HOST:PORT", text)};
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int error = getaddrinfo(host.c_str(), nullptr, &hints, &list);
    const Found found{list};
    if (error != 0) throw std::invalid_argument{fmt::format("'{}': {}", text, gai_strerror(error))};
    std::vector<Address> addresses;
    for (const auto* entry = found.get(); entry != nullptr; entry = entry->ai_next) {
        std::array<char, NI_MAXHOST> ip{};
        if (getnameinfo(entry->ai_addr, entry->ai_addrlen, ip.data(), ip.size(), nullptr, 0, NI_NUMERICHOST) != 0)
            continue;
        if (const auto address = to_address(ip.data(), port->port)) addresses.push_back(*address);
    }
    if (addresses.empty()) throw std::invalid_argument{fmt::format("'{}' has no address", text)};
    return addresses;
}

std::size_t probe(const std::vector<Address>& addresses, CheckerOptions options, const std::function<bool()>& stopping,
                  const std::function<void(const std::string&)>& print)
{
    Clock::time_point started;
    const auto line = [&](std::string_view text) {
        const std::chrono::duration<double> since = Clock::now() - started;
        print(fmt::format("{:9.3f} s  {}", since.count(), text));
    };
    std::size_t good = 0;
    options.step = [&](const Address&, std::string_view step) { line(step); };
    Poller poller;
    Checker checker{poller, std::move(options), [&](const Address&, const AddressChecked& found) {
                        line(summary(found));
                        good += found.result() == AddressChecked::OK ? 1 : 0;
                    }};
    for (const auto& address : addresses) {
        print(to_string(address));
        started = Clock::now();
        checker.start(address);
        while (checker.in_flight() > 0) {
            if (stopping()) return good;
            const auto wait = checker.deadline().value_or(Clock::now() + kLongestPoll) - Clock::now();
            poller.wait(std::clamp(std::chrono::ceil<std::chrono::milliseconds>(wait), std::chrono::milliseconds{0},
                                   kLongestPoll));
            checker.work();
        }
    }
    return good;
}

} // namespace peer_observer::addr_connectivity
