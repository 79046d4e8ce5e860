#include "services/addr-connectivity/dialer.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace peer_observer::addr_connectivity {

struct Dialer::Attempt {
    Easy easy;
    Address first_hop; ///< the proxy, if there is one: the only address that may be connected to
    bool through_proxy = false;
    Connected connected;
    int fd = -1;         ///< of the open socket
    bool keep = false;   ///< do not let libcurl close it
    int local_error = 0; ///< errno of a socket() that failed
    std::array<char, CURL_ERROR_SIZE> words{};
};

namespace {

constexpr std::size_t kMaxSpare = 256;

/// libcurl takes options for what they are only at run time.
template <typename T>
void set(CURL* easy, CURLoption option, T value)
{
    if (const auto code = curl_easy_setopt(easy, option, value); code != CURLE_OK)
        throw std::runtime_error{
            fmt::format("libcurl refuses option {}: {}", static_cast<int>(option), curl_easy_strerror(code))};
}

bool is_address(const sockaddr& found, const Address& expected)
{
    const auto ip = ip_of(expected);
    if (!ip) return false;
    if (found.sa_family == AF_INET) {
        const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(found);
        return std::memcmp(&ipv4.sin_addr, ip->data() + 12, 4) == 0 && ntohs(ipv4.sin_port) == expected.port;
    }
    const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(found);
    return found.sa_family == AF_INET6 && std::memcmp(&ipv6.sin6_addr, ip->data(), ip->size()) == 0 &&
           ntohs(ipv6.sin6_port) == expected.port;
}

std::string text_of(int error) { return std::generic_category().message(error); }

DialError direct_error(CURLcode code, int error, const char* words)
{
    using proto::AddressChecked;
    if (code == CURLE_OPERATION_TIMEDOUT) return {AddressChecked::TIMEOUT, "no connection in time"};
    switch (error) {
    case ECONNREFUSED:
        return {AddressChecked::REFUSED, text_of(error)};
    case ETIMEDOUT:
        return {AddressChecked::TIMEOUT, text_of(error)};
    case ECONNRESET:
        return {AddressChecked::CLOSED, text_of(error)};
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case ENONET:
    case EACCES: // ICMPv6: administratively prohibited. (EPERM is a firewall of this host's.)
        return {AddressChecked::UNREACHABLE, text_of(error)};
    default:
        return {AddressChecked::LOCAL_ERROR, error != 0 ? text_of(error) : words};
    }
}

/// What Tor and Arti say of onion services, if their SOCKS port has the flag ExtendedErrors; in Bitcoin Core's words
/// (Socks5ErrorString() in netbase.cpp).
struct ExtendedError {
    Result result;
    const char* reason;
};
constexpr unsigned kFirstExtended = 0xf0;
constexpr std::array kExtendedErrors = {
    ExtendedError{proto::AddressChecked::UNREACHABLE, "onion service descriptor can not be found"},
    ExtendedError{proto::AddressChecked::UNREACHABLE, "onion service descriptor is invalid"},
    ExtendedError{proto::AddressChecked::UNREACHABLE, "onion service introduction failed"},
    ExtendedError{proto::AddressChecked::UNREACHABLE, "onion service rendezvous failed"},
    ExtendedError{proto::AddressChecked::UNREACHABLE, "onion service missing client authorization"},
    ExtendedError{proto::AddressChecked::UNREACHABLE, "onion service wrong client authorization"},
    ExtendedError{proto::AddressChecked::UNREACHABLE, "onion service invalid address"},
    ExtendedError{proto::AddressChecked::TIMEOUT, "onion service introduction timed out"},
};

/// The code of a SOCKS5 reply that libcurl has no name for: it says it in words only, "... (240)".
std::optional<unsigned> reply_code(std::string_view words)
{
    const auto open = words.rfind('(');
    unsigned code = 0;
    if (open == std::string_view::npos) return std::nullopt;
    const auto [end, error] = std::from_chars(words.data() + open + 1, words.data() + words.size(), code);
    if (error != std::errc{} || end == words.data() + words.size() || *end != ')') return std::nullopt;
    return code;
}

/// What the proxy said of the other end.
DialError proxy_error(CURLcode code, CURLproxycode proxy_code, const char* words, std::string_view detail)
{
    using proto::AddressChecked;
    if (code == CURLE_OPERATION_TIMEDOUT) return {AddressChecked::TIMEOUT, "no connection through the proxy in time"};
    if (code != CURLE_PROXY) return {AddressChecked::PROXY_ERROR, words};
    switch (proxy_code) {
    case CURLPX_REPLY_CONNECTION_REFUSED:
        return {AddressChecked::REFUSED, "the proxy says: connection refused"};
    case CURLPX_REPLY_HOST_UNREACHABLE:
        return {AddressChecked::UNREACHABLE, "the proxy says: host unreachable"};
    case CURLPX_REPLY_NETWORK_UNREACHABLE:
        return {AddressChecked::UNREACHABLE, "the proxy says: network unreachable"};
    case CURLPX_REPLY_TTL_EXPIRED:
        return {AddressChecked::UNREACHABLE, "the proxy says: TTL expired"};
    case CURLPX_REPLY_UNASSIGNED: {
        const auto reply = reply_code(detail).value_or(0);
        if (reply < kFirstExtended || reply - kFirstExtended >= kExtendedErrors.size())
            return {AddressChecked::PROXY_ERROR, fmt::format("the proxy says: unknown code {}", reply)};
        const auto& error = kExtendedErrors.at(reply - kFirstExtended);
        return {error.result, fmt::format("the proxy says: {}", error.reason)};
    }
    default:
        return {AddressChecked::PROXY_ERROR, words};
    }
}

void check(CURLMcode code)
{
    if (code != CURLM_OK) throw std::runtime_error{fmt::format("libcurl: {}", curl_multi_strerror(code))};
}

} // namespace

Dialer::Dialer(Poller& poller, std::chrono::milliseconds timeout)
    : poller_{poller}, timeout_{timeout}, multi_{(curl_global_init(CURL_GLOBAL_DEFAULT), curl_multi_init())}
{
    if (!multi_) throw std::runtime_error{"cannot use libcurl"};
    check(curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, on_socket));
    check(curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this));
    check(curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, on_timer));
    check(curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this));
}

Dialer::~Dialer()
{
    for (const auto& [easy, attempt] : attempts_)
        curl_multi_remove_handle(multi_.get(), easy);
}

void Dialer::dial(const Address& address, const std::optional<Address>& proxy, Connected connected)
{
    auto attempt = std::make_unique<Attempt>();
    if (spare_.empty()) {
        attempt->easy = Easy{curl_easy_init()};
        if (!attempt->easy) throw std::bad_alloc{};
    } else {
        attempt->easy = std::move(spare_.back());
        spare_.pop_back();
        curl_easy_reset(attempt->easy.get());
    }
    attempt->first_hop = proxy.value_or(address);
    attempt->through_proxy = proxy.has_value();
    attempt->connected = std::move(connected);
    CURL* easy = attempt->easy.get();
    set(easy, CURLOPT_URL, fmt::format("http://{}/", to_string(address)).c_str()); // no HTTP: see CONNECT_ONLY
    set(easy, CURLOPT_CONNECT_ONLY, 1L);
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_ERRORBUFFER, attempt->words.data());
    // libcurl would else take proxies, and exceptions from them, from the environment.
    set(easy, CURLOPT_PROXY, proxy ? fmt::format("socks5h://{}", to_string(*proxy)).c_str() : "");
    set(easy, CURLOPT_NOPROXY, "");
    set(easy, CURLOPT_FRESH_CONNECT, 1L);
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout_.count()));
    set(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    set(easy, CURLOPT_OPENSOCKETDATA, attempt.get());
    set(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    set(easy, CURLOPT_CLOSESOCKETDATA, attempt.get());
    attempts_.emplace(easy, std::move(attempt));
    check(curl_multi_add_handle(multi_.get(), easy));
}

void Dialer::work()
{
    if (deadline_ && Clock::now() >= *deadline_) {
        deadline_.reset();
        act(CURL_SOCKET_TIMEOUT, 0);
    }
    finish_all();
}

void Dialer::act(curl_socket_t fd, std::uint32_t events)
{
    const int mask = ((events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                     ((events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                     ((events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
    int running = 0;
    check(curl_multi_socket_action(multi_.get(), fd, mask, &running));
}

void Dialer::finish_all()
{
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        CURL* easy = message->easy_handle;
        const auto code = message->data.result; // gone with the message when the handle is removed
        const auto found = attempts_.find(easy);
        auto attempt = std::move(found->second);
        attempts_.erase(found);
        auto result = outcome(*attempt, code);
        if (result) result.value() = base::Descriptor{std::exchange(attempt->fd, -1)};
        attempt->connected(std::move(result));
        if (spare_.size() < kMaxSpare) spare_.push_back(std::move(attempt->easy));
    }
}

std::expected<base::Descriptor, DialError> Dialer::outcome(Attempt& attempt, CURLcode code)
{
    CURL* easy = attempt.easy.get();
    long error = 0;
    long proxy_code = CURLPX_OK;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
    curl_easy_getinfo(easy, CURLINFO_PROXY_ERROR, &proxy_code);
    attempt.keep = code == CURLE_OK;
    check(curl_multi_remove_handle(multi_.get(), easy)); // closes the connection, but for the socket to keep
    if (code == CURLE_OK) return base::Descriptor{};
    if (attempt.local_error != 0)
        return std::unexpected{DialError{proto::AddressChecked::LOCAL_ERROR, text_of(attempt.local_error)}};
    const auto* words = curl_easy_strerror(code);
    if (attempt.through_proxy)
        return std::unexpected{proxy_error(code, static_cast<CURLproxycode>(proxy_code), words, attempt.words.data())};
    return std::unexpected{direct_error(code, static_cast<int>(error), words)};
}

int Dialer::on_socket(CURL*, curl_socket_t fd, int what, void* dialer, void*) noexcept
{
    auto* self = static_cast<Dialer*>(dialer);
    if (what == CURL_POLL_REMOVE) {
        self->poller_.forget(fd);
        return 0;
    }
    const std::uint32_t events = ((what & CURL_POLL_IN) != 0 ? std::uint32_t{EPOLLIN} : 0U) |
                                 ((what & CURL_POLL_OUT) != 0 ? std::uint32_t{EPOLLOUT} : 0U);
    try {
        self->poller_.watch(fd, events, [self, fd](std::uint32_t happened) { self->act(fd, happened); });
    } catch (const std::exception&) {
        return -1;
    }
    return 0;
}

int Dialer::on_timer(CURLM*, long timeout_ms, void* dialer) noexcept
{
    auto* self = static_cast<Dialer*>(dialer);
    self->deadline_.reset();
    if (timeout_ms >= 0) self->deadline_ = Clock::now() + std::chrono::milliseconds{timeout_ms};
    return 0;
}

curl_socket_t Dialer::open_socket(void* attempt, curlsocktype, curl_sockaddr* address) noexcept
{
    auto* self = static_cast<Attempt*>(attempt);
    try {
        if (!is_address(address->addr, self->first_hop)) {
            self->local_error = EADDRNOTAVAIL;
            return CURL_SOCKET_BAD;
        }
    } catch (const std::exception&) {
        return CURL_SOCKET_BAD;
    }
    self->fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
    if (self->fd < 0) self->local_error = errno;
    return self->fd;
}

int Dialer::close_socket(void* attempt, curl_socket_t fd) noexcept
{
    auto* self = static_cast<Attempt*>(attempt);
    if (self->keep && fd == self->fd) return 0;
    if (fd == self->fd) self->fd = -1;
    return close(fd);
}

} // namespace peer_observer::addr_connectivity
