#include "services/rpc-extractor/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace peer_observer::rpc_extractor {
namespace {

using Easy = base::CHandle<CURL, curl_easy_cleanup>;

constexpr std::size_t kMaxHeaderBytes = std::size_t{64} << 10U;
constexpr auto kUnixPrefix = "unix:";

template <typename Value>
void set(CURL* easy, CURLoption option, Value value)
{
    if (const CURLcode code = curl_easy_setopt(easy, option, value); code != CURLE_OK)
        throw std::runtime_error{
            fmt::format("libcurl: option {}: {}", static_cast<int>(option), curl_easy_strerror(code))};
}

Cause cause_of(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
        return Cause::unreachable;
    case CURLE_OPERATION_TIMEDOUT:
        return Cause::timeout;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        return Cause::disconnected;
    default:
        return Cause::bad_http;
    }
}

} // namespace

Endpoint Endpoint::parse(const std::string& address)
{
    if (address.starts_with(kUnixPrefix)) {
        const auto path = address.substr(std::string_view{kUnixPrefix}.size());
        if (path.empty() || path.size() > 107)
            throw std::invalid_argument{fmt::format("'{}': a socket's path has 1 to 107 bytes", address)};
        return {"http://localhost/", path};
    }
    const auto colon = address.rfind(':');
    const auto port = colon == std::string::npos ? "" : address.substr(colon + 1);
    const bool is_number =
        !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string::npos;
    if (colon == 0 || !is_number || std::stoul(port) == 0 || std::stoul(port) > 65535 ||
        address.find_first_of("/@?# ") != std::string::npos)
        throw std::invalid_argument{fmt::format("'{}' is not HOST:PORT or unix:PATH", address)};
    return {fmt::format("http://{}/", address), ""};
}

/// One request and its answer; libcurl keeps a pointer to it.
class Http::Slot {
public:
    Slot(const Endpoint& endpoint, std::chrono::milliseconds timeout, curl_slist* headers) : easy_{curl_easy_init()}
    {
        if (!easy_) throw std::runtime_error{"libcurl has no memory"};
        set(easy(), CURLOPT_URL, endpoint.url.c_str());
        if (!endpoint.unix_socket.empty()) set(easy(), CURLOPT_UNIX_SOCKET_PATH, endpoint.unix_socket.c_str());
        set(easy(), CURLOPT_HTTPHEADER, headers);
        set(easy(), CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        set(easy(), CURLOPT_PROXY, ""); // none, whatever the environment says
        set(easy(), CURLOPT_NOSIGNAL, 1L);
        set(easy(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
        set(easy(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout.count()));
        set(easy(), CURLOPT_PRIVATE, this);
        set(easy(), CURLOPT_WRITEDATA, this);
        set(easy(), CURLOPT_WRITEFUNCTION, &on_body);
        set(easy(), CURLOPT_HEADERDATA, this);
        set(easy(), CURLOPT_HEADERFUNCTION, &on_header);
    }

    CURL* easy() const { return easy_.get(); }

    void start(HttpRequest request)
    {
        request_ = std::move(request);
        body_.clear();
        header_bytes_ = 0;
        too_large_ = false;
        set(easy(), CURLOPT_FRESH_CONNECT, 0L);
        set(easy(), CURLOPT_USERNAME, request_.credentials.user.c_str());
        set(easy(), CURLOPT_PASSWORD, request_.credentials.password.c_str());
        set(easy(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
        set(easy(), CURLOPT_POSTFIELDS, request_.body.c_str());
    }

    /// The server closed an idle connection when the request was on its way: libcurl retries in some of these cases.
    /// If so, the request is made ready for a connection of its own, which happens once.
    bool retry(CURLcode code)
    {
        long new_connections = 1;
        (void)curl_easy_getinfo(easy(), CURLINFO_NUM_CONNECTS, &new_connections);
        if (new_connections > 0 || header_bytes_ > 0 || cause_of(code) != Cause::disconnected) return false;
        set(easy(), CURLOPT_FRESH_CONNECT, 1L);
        return true;
    }

    HttpAnswer finish(CURLcode code)
    {
        HttpAnswer answer;
        curl_off_t duration = 0;
        (void)curl_easy_getinfo(easy(), CURLINFO_TOTAL_TIME_T, &duration);
        (void)curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &answer.status);
        answer.duration = std::chrono::microseconds{duration};
        answer.body = std::exchange(body_, {});
        if (too_large_)
            answer.fault =
                Fault{Cause::too_large, fmt::format("an answer of more than {} bytes", request_.max_answer_bytes)};
        else if (code != CURLE_OK)
            answer.fault = Fault{cause_of(code), curl_easy_strerror(code)};
        return answer;
    }

private:
    bool take(std::size_t& count, std::size_t size, std::size_t limit)
    {
        count += size;
        too_large_ = too_large_ || count > limit;
        return !too_large_;
    }

    static std::size_t on_body(const char* data, std::size_t, std::size_t size, void* slot) noexcept
    try {
        auto& self = *static_cast<Slot*>(slot);
        std::size_t count = self.body_.size();
        if (!self.take(count, size, self.request_.max_answer_bytes)) return 0;
        self.body_.append(data, size);
        return size;
    } catch (...) {
        return 0;
    }

    static std::size_t on_header(const char*, std::size_t, std::size_t size, void* slot) noexcept
    {
        auto& self = *static_cast<Slot*>(slot);
        return self.take(self.header_bytes_, size, kMaxHeaderBytes) ? size : 0;
    }

    Easy easy_;
    HttpRequest request_;
    std::string body_;
    std::size_t header_bytes_ = 0;
    bool too_large_ = false;
};

Http::Library::Library()
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error{"libcurl does not start"};
}

Http::Library::~Library() { curl_global_cleanup(); }

Http::Http(const Endpoint& endpoint, std::size_t slots, std::chrono::milliseconds timeout)
    : headers_{curl_slist_append(nullptr, "Content-Type: application/json")}, multi_{curl_multi_init()}
{
    if (!headers_ || !multi_) throw std::runtime_error{"libcurl has no memory"};
    for (std::size_t i = 0; i < slots; ++i)
        slots_.push_back(std::make_unique<Slot>(endpoint, timeout, headers_.get()));
}

Http::~Http()
{
    for (const auto& slot : slots_)
        (void)curl_multi_remove_handle(multi_.get(), slot->easy());
}

void Http::start(std::size_t slot, HttpRequest request)
{
    slots_.at(slot)->start(std::move(request));
    add(slots_.at(slot)->easy());
}

void Http::add(CURL* easy)
{
    if (const CURLMcode code = curl_multi_add_handle(multi_.get(), easy); code != CURLM_OK)
        throw std::runtime_error{fmt::format("libcurl: {}", curl_multi_strerror(code))};
}

std::vector<HttpAnswer> Http::wait(std::chrono::milliseconds longest, int stop_fd)
{
    auto answers = perform();
    if (!answers.empty()) return answers;
    curl_waitfd stop{stop_fd, CURL_WAIT_POLLIN, 0};
    (void)curl_multi_poll(multi_.get(), &stop, 1, static_cast<int>(longest.count()), nullptr);
    return perform();
}

std::vector<HttpAnswer> Http::perform()
{
    int running = 0;
    if (const CURLMcode code = curl_multi_perform(multi_.get(), &running); code != CURLM_OK)
        throw std::runtime_error{fmt::format("libcurl: {}", curl_multi_strerror(code))};
    std::vector<HttpAnswer> answers;
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode code = message->data.result;
        CURL* const easy = message->easy_handle;
        const auto slot = std::ranges::find(slots_, easy, [](const auto& candidate) { return candidate->easy(); });
        const bool again = (*slot)->retry(code);
        if (!again) {
            answers.push_back((*slot)->finish(code));
            answers.back().slot = static_cast<std::size_t>(slot - slots_.begin());
        }
        (void)curl_multi_remove_handle(multi_.get(), easy);
        if (again) add(easy);
    }
    return answers;
}

} // namespace peer_observer::rpc_extractor
