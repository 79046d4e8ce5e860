// Connects over TCP, directly or through SOCKS5 proxies, thousands at a time on one thread. Only here is libcurl seen.
#pragma once

#include "libs/base/c_handle.h"
#include "libs/base/descriptor.h"
#include "proto/addr_connectivity.pb.h"
#include "services/addr-connectivity/address.h"
#include "services/addr-connectivity/handshake.h"
#include "services/addr-connectivity/limits.h"
#include "services/addr-connectivity/poller.h"

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace peer_observer::addr_connectivity {

struct DialError {
    Result result;
    std::string reason;
};

class Dialer {
public:
    /// The poller outlives the dialer. Throws std::runtime_error.
    Dialer(Poller& poller, std::chrono::milliseconds timeout);
    ~Dialer();
    Dialer(const Dialer&) = delete;
    Dialer& operator=(const Dialer&) = delete;

    using Connected = std::function<void(std::expected<base::Descriptor, DialError>)>;

    /// `proxy`: an IP address and port of a SOCKS5 proxy, which resolves names. `connected` is called from work().
    void dial(const Address& address, const std::optional<Address>& proxy, Connected connected);

    /// Does what is due. Call it after each Poller::wait().
    void work();
    /// When work() should be called, whatever the poller sees. Nothing if never.
    std::optional<Clock::time_point> deadline() const { return deadline_; }

private:
    struct Attempt;
    using Easy = base::CHandle<CURL, curl_easy_cleanup>;
    using Multi = base::CHandle<CURLM, curl_multi_cleanup>;

    static int on_socket(CURL* easy, curl_socket_t fd, int what, void* dialer, void* socket) noexcept;
    static int on_timer(CURLM* multi, long timeout_ms, void* dialer) noexcept;
    static curl_socket_t open_socket(void* attempt, curlsocktype purpose, curl_sockaddr* address) noexcept;
    static int close_socket(void* attempt, curl_socket_t fd) noexcept;

    void act(curl_socket_t fd, std::uint32_t events);
    void finish_all();
    std::expected<base::Descriptor, DialError> outcome(Attempt& attempt, CURLcode code);

    Poller& poller_;
    std::chrono::milliseconds timeout_;
    std::optional<Clock::time_point> deadline_;
    std::vector<Easy> spare_;
    std::unordered_map<CURL*, std::unique_ptr<Attempt>> attempts_;
    Multi multi_;
};

} // namespace peer_observer::addr_connectivity
