#include "services/addr-connectivity/checker.h"

#include "libs/base/clock.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace peer_observer::addr_connectivity {
namespace {

using proto::AddressChecked;

std::int64_t since(Clock::time_point start, Clock::time_point end)
{
    return std::chrono::nanoseconds{end - start}.count();
}

} // namespace

struct Checker::Check {
    Address address;
    AddressChecked found{};
    Clock::time_point started{};
    Clock::time_point connected{};
    std::optional<base::Descriptor> socket{};
    std::string to_send{};
    std::optional<VersionReader> reader{};
    std::multimap<Clock::time_point, std::uint64_t>::iterator deadline{};
};

Checker::Checker(Poller& poller, CheckerOptions options, Ended ended)
    : poller_{poller}, options_{std::move(options)}, ended_{std::move(ended)}, random_{std::random_device{}()},
      dialer_{poller, options_.connect_timeout}
{}

Checker::~Checker()
{
    for (const auto& [id, check] : checks_)
        if (check.socket) poller_.forget(check.socket->get());
}

void Checker::start(const Address& address)
{
    const auto id = next_id_++;
    auto& check = checks_.emplace(id, Check{.address = address}).first->second;
    const auto& proxy = options_.proxies.at(index(address.network));
    check.started = Clock::now();
    check.found.set_started_ns(base::unix_ns());
    check.found.set_through_proxy(proxy.has_value());
    tell(address, proxy ? fmt::format("connecting through the proxy {}", to_string(*proxy)) : "connecting");
    dialer_.dial(address, proxy, [this, id](auto result) { connected(id, std::move(result)); });
}

void Checker::work()
{
    dialer_.work();
    const auto now = Clock::now();
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        const auto id = deadlines_.begin()->second;
        const auto& reader = *checks_.at(id).reader;
        const bool garbage = reader.result_at_end() == AddressChecked::NOT_BITCOIN;
        end(id, garbage ? AddressChecked::NOT_BITCOIN : AddressChecked::TIMEOUT,
            garbage ? "no Bitcoin message" : "no version message in time");
    }
}

std::optional<Clock::time_point> Checker::deadline() const
{
    auto deadline = dialer_.deadline();
    if (!deadlines_.empty() && (!deadline || deadlines_.begin()->first < *deadline))
        deadline = deadlines_.begin()->first;
    return deadline;
}

void Checker::connected(std::uint64_t id, std::expected<base::Descriptor, DialError> result)
{
    auto& check = checks_.at(id);
    if (!result) return end(id, result.error().result, result.error().reason);
    check.connected = Clock::now();
    check.found.set_connect_duration_ns(since(check.started, check.connected));
    check.socket = std::move(*result);
    tell(check.address, "connected");
    const auto nonce = random_();
    check.reader.emplace(options_.magic, nonce);
    check.deadline = deadlines_.emplace(check.connected + options_.handshake_timeout, id);
    check.to_send = p2p::version_message(
        {.magic = options_.magic, .user_agent = options_.user_agent, .time_s = base::unix_s(), .nonce = nonce});
    if (!send(check)) return end(id, AddressChecked::CLOSED, std::generic_category().message(errno));
    watch(id, check);
}

void Checker::watch(std::uint64_t id, Check& check)
{
    const std::uint32_t events = std::uint32_t{EPOLLIN} | (check.to_send.empty() ? 0U : std::uint32_t{EPOLLOUT});
    poller_.watch(check.socket->get(), events, [this, id](std::uint32_t happened) { on_event(id, happened); });
}

void Checker::on_event(std::uint64_t id, std::uint32_t events)
{
    auto& check = checks_.at(id);
    if ((events & EPOLLOUT) != 0 && !check.to_send.empty()) {
        // What has arrived counts, even where nothing can be sent any more.
        if (!send(check)) check.to_send.clear();
        watch(id, check);
    }
    if ((events & ~std::uint32_t{EPOLLOUT}) != 0) receive(id, check);
}

bool Checker::send(Check& check)
{
    const auto sent = ::send(check.socket->get(), check.to_send.data(), check.to_send.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    check.to_send.erase(0, static_cast<std::size_t>(sent));
    if (check.to_send.empty()) tell(check.address, "our version message is sent");
    return true;
}

void Checker::receive(std::uint64_t id, Check& check)
{
    std::array<char, 2048> bytes; // NOLINT(cppcoreguidelines-pro-type-member-init)
    const auto size = recv(check.socket->get(), bytes.data(), bytes.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    auto& reader = *check.reader;
    if (size > 0) tell(check.address, fmt::format("{} bytes came", size));
    if (size <= 0) {
        const auto result = reader.result_at_end();
        const auto how = size == 0 ? "the other end closed the connection" : std::generic_category().message(errno);
        return end(id, result, result == AddressChecked::CLOSED ? how : "no Bitcoin message, and then: " + how);
    }
    switch (reader.read({bytes.data(), static_cast<std::size_t>(size)})) {
    case VersionReader::State::more:
        return;
    case VersionReader::State::failed:
        return end(id, reader.result(), reader.reason());
    case VersionReader::State::done:
        check.found.set_version_duration_ns(since(check.connected, Clock::now()));
        check.found.set_time_offset_s(
            static_cast<std::int64_t>(static_cast<std::uint64_t>(reader.version().time_s()) -
                                      static_cast<std::uint64_t>(base::unix_s()))); // whatever the other end claims
        *check.found.mutable_version() = reader.version();
        check.found.mutable_version()->clear_receiver(); // our own address: not for those who read events
        return end(id, AddressChecked::OK, "a version message came");
    }
}

void Checker::tell(const Address& address, std::string_view step) const
{
    if (options_.step) options_.step(address, step);
}

void Checker::end(std::uint64_t id, Result result, const std::string& reason)
{
    const auto node = checks_.extract(id);
    auto& check = node.mapped();
    if (check.socket) {
        poller_.forget(check.socket->get());
        deadlines_.erase(check.deadline);
        check.socket.reset(); // the caller may start another check at once
    }
    check.found.set_result(result);
    check.found.set_reason(reason);
    check.found.set_duration_ns(since(check.started, Clock::now()));
    if (result == AddressChecked::NOT_BITCOIN || result == AddressChecked::WRONG_NETWORK)
        check.found.set_first_bytes(std::string{check.reader->first_bytes()});
    ended_(check.address, std::move(check.found));
}

} // namespace peer_observer::addr_connectivity
