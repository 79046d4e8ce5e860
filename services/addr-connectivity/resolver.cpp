#include "services/addr-connectivity/resolver.h"

#include "libs/base/ip.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/epoll.h>

#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace peer_observer::addr_connectivity {
namespace {

constexpr std::size_t kMaxAddresses = 512;
constexpr std::size_t kMaxName = 255;
constexpr int kTimeoutMs = 3000; ///< of the first try; c-ares doubles it for the next
constexpr int kTries = 2;
constexpr auto kTimeoutCheck = std::chrono::milliseconds{100};

std::string text_of(const sockaddr* address)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* bytes = nullptr;
    if (address->sa_family == AF_INET) bytes = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
    if (address->sa_family == AF_INET6) bytes = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    if (bytes == nullptr) return "";
    return inet_ntop(address->sa_family, bytes, text.data(), text.size());
}

} // namespace

Resolver::Resolver(Poller& poller, const std::vector<std::string>& servers) : poller_{poller}
{
    ares_options options{};
    options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
    options.timeout = kTimeoutMs;
    options.tries = kTries;
    options.sock_state_cb = on_socket;
    options.sock_state_cb_data = this;
    char lookups[] = "b"; // DNS, without /etc/hosts
    options.lookups = lookups;
    ares_channel channel = nullptr;
    ares_library_init(ARES_LIB_INIT_ALL);
    int code = ares_init_options(&channel, &options,
                                 ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB |
                                     ARES_OPT_LOOKUPS);
    if (code != ARES_SUCCESS) throw std::runtime_error{fmt::format("cannot use c-ares: {}", ares_strerror(code))};
    channel_.reset(channel);
    const auto list = fmt::format("{}", fmt::join(servers, ","));
    code = ares_set_servers_ports_csv(channel, list.c_str());
    if (code != ARES_SUCCESS)
        throw std::runtime_error{fmt::format("cannot use DNS servers {}: {}", list, ares_strerror(code))};
}

Resolver::~Resolver() = default;

void Resolver::addresses_of(const std::string& name, std::function<void(Answer)> done)
{
    using Addresses = Query<std::function<void(Answer)>>;
    auto query = std::make_unique<Addresses>(*this, std::move(done));
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_flags = ARES_AI_NOSORT; // sorting would need sockets of its own
    ++in_flight_;
    ares_getaddrinfo(channel_.get(), name.c_str(), nullptr, &hints, on_addresses, query.release());
}

void Resolver::name_of(const std::string& ip, std::function<void(std::string name)> done)
{
    const auto bytes = base::parse_ip(ip);
    if (!bytes) return done("");
    const bool ipv4 = ip.find(':') == std::string::npos;
    auto query = std::make_unique<Query<std::function<void(std::string)>>>(*this, std::move(done));
    ++in_flight_;
    ares_gethostbyaddr(channel_.get(), bytes->data() + (ipv4 ? 12 : 0), ipv4 ? 4 : 16, ipv4 ? AF_INET : AF_INET6,
                       on_name, query.release());
}

void Resolver::work()
{
    if (in_flight_ == 0 || Clock::now() < next_timeouts_) return;
    next_timeouts_ = Clock::now() + kTimeoutCheck;
    ares_process_fd(channel_.get(), ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void Resolver::on_socket(void* resolver, ares_socket_t fd, int readable, int writable) noexcept
{
    auto* self = static_cast<Resolver*>(resolver);
    if (readable == 0 && writable == 0) return self->poller_.forget(fd);
    const std::uint32_t events =
        (readable != 0 ? std::uint32_t{EPOLLIN} : 0U) | (writable != 0 ? std::uint32_t{EPOLLOUT} : 0U);
    try {
        self->poller_.watch(fd, events, [self, fd](std::uint32_t happened) {
            const bool read = (happened & ~std::uint32_t{EPOLLOUT}) != 0;
            const bool write = (happened & std::uint32_t{EPOLLOUT}) != 0;
            ares_process_fd(self->channel_.get(), read ? fd : ARES_SOCKET_BAD, write ? fd : ARES_SOCKET_BAD);
        });
    } catch (const std::exception&) {
        return; // the query runs into its timeout
    }
}

void Resolver::on_addresses(void* query, int status, int, ares_addrinfo* result) noexcept
{
    const std::unique_ptr<Query<std::function<void(Answer)>>> own{
        static_cast<Query<std::function<void(Answer)>>*>(query)};
    --own->resolver.in_flight_;
    Answer answer;
    if (status == ARES_SUCCESS) {
        for (const auto* node = result->nodes; node != nullptr && answer.addresses.size() < kMaxAddresses;
             node = node->ai_next)
            answer.addresses.push_back(text_of(node->ai_addr));
        ares_freeaddrinfo(result);
    } else {
        answer.error = ares_strerror(status);
    }
    own->done(std::move(answer));
}

void Resolver::on_name(void* query, int status, int, hostent* host) noexcept
{
    const std::unique_ptr<Query<std::function<void(std::string)>>> own{
        static_cast<Query<std::function<void(std::string)>>*>(query)};
    --own->resolver.in_flight_;
    std::string name;
    if (status == ARES_SUCCESS && host->h_name != nullptr) name.assign(host->h_name, strnlen(host->h_name, kMaxName));
    own->done(std::move(name));
}

} // namespace peer_observer::addr_connectivity
