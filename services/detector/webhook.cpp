#include "services/detector/webhook.h"

#include "libs/base/c_handle.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace peer_observer::detector {
namespace {

using Easy = base::CHandle<CURL, curl_easy_cleanup>;
using Headers = base::CHandle<curl_slist, curl_slist_free_all>;

constexpr std::chrono::milliseconds kLongestPause{60'000};

/// An answer's body says nothing that is needed.
std::size_t ignore(char*, std::size_t size, std::size_t count, void*) { return size * count; }

} // namespace

Webhook::Webhook(Options options, Notice notice) : options_{std::move(options)}, notice_{std::move(notice)}
{
    if (!options_.url.starts_with("http://") && !options_.url.starts_with("https://"))
        throw std::invalid_argument{fmt::format("'{}' is neither http:// nor https://", options_.url)};
    thread_ = std::thread{[this] { run(); }};
}

Webhook::~Webhook()
{
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Webhook::post(std::string json)
{
    {
        const std::scoped_lock lock{mutex_};
        if (waiting_.size() >= options_.most_waiting) {
            waiting_.pop_front();
            ++statistics_.dropped;
        }
        waiting_.push_back({std::move(json), Clock::now()});
    }
    changed_.notify_all();
}

bool Webhook::drain(std::chrono::milliseconds longest)
{
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, longest, [&] { return waiting_.empty(); });
}

Webhook::Statistics Webhook::statistics() const
{
    const std::scoped_lock lock{mutex_};
    return statistics_;
}

void Webhook::run()
{
    auto pause = options_.first_pause;
    std::unique_lock lock{mutex_};
    for (;;) {
        changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
        if (stopping_) return;
        const Waiting first = waiting_.front();
        lock.unlock();
        const auto error = send(first.json);
        const bool gives_up = !error.empty() && Clock::now() - first.since >= options_.give_up_after;
        if (!error.empty() && notice_)
            notice_(fmt::format("webhook: {}, {}", error, gives_up ? "the anomaly is dropped" : "retrying"));
        lock.lock();
        if (stopping_) return;
        // It may have been dropped meanwhile, because others had no room.
        const bool is_there =
            !waiting_.empty() && waiting_.front().since == first.since && waiting_.front().json == first.json;
        if (error.empty() || gives_up) {
            if (is_there) waiting_.pop_front();
            if (error.empty())
                ++statistics_.posted;
            else if (is_there)
                ++statistics_.dropped;
            pause = options_.first_pause;
            changed_.notify_all();
            continue;
        }
        ++statistics_.retries;
        changed_.wait_for(lock, pause, [&] { return stopping_; });
        pause = std::min(2 * pause, kLongestPause);
    }
}

std::string Webhook::send(const std::string& json) const
{
    const Easy easy{curl_easy_init()};
    const Headers headers{curl_slist_append(nullptr, "Content-Type: application/json")};
    if (!easy || !headers) return "out of memory";
    const auto set = [&](CURLoption option, auto value) {
        return curl_easy_setopt(easy.get(), option, value) == CURLE_OK;
    };
    const bool is_set = set(CURLOPT_URL, options_.url.c_str()) && set(CURLOPT_PROTOCOLS_STR, "http,https") &&
                        set(CURLOPT_HTTPHEADER, headers.get()) &&
                        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(json.size())) &&
                        set(CURLOPT_POSTFIELDS, json.c_str()) &&
                        set(CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count())) &&
                        set(CURLOPT_NOSIGNAL, 1L) && set(CURLOPT_WRITEFUNCTION, &ignore);
    if (!is_set) return "libcurl refuses an option";
    if (const auto code = curl_easy_perform(easy.get()); code != CURLE_OK) return curl_easy_strerror(code);
    long status = 0;
    (void)curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    return status >= 200 && status < 300 ? "" : fmt::format("HTTP status {}", status);
}

} // namespace peer_observer::detector
