#include "libs/bus/inbox.h"

#include "libs/bus/frame.h"

#include <utility>

namespace peer_observer::bus {
namespace {

// Publishers of which drops are remembered: with honest publishers there are as many as sources.
constexpr std::size_t kMaxDroppedPublishers = 1024;

std::string_view body(const Message& message)
{
    return {static_cast<const char*>(nng_msg_body(message.get())), nng_msg_len(message.get())};
}

} // namespace

void Inbox::put(Message message)
{
    const std::size_t size = nng_msg_len(message.get());
    {
        const std::lock_guard lock{mutex_};
        while (!messages_.empty() && (messages_.size() >= max_messages_ || bytes_ + size > max_bytes_))
            drop_oldest();
        bytes_ += size;
        messages_.push_back(std::move(message));
    }
    changed_.notify_one();
}

void Inbox::drop_oldest()
{
    const auto frame = parse_frame(body(messages_.front()));
    if (frame && dropped_.size() < kMaxDroppedPublishers) dropped_.emplace(frame->publisher_id, frame->first_sequence);
    bytes_ -= nng_msg_len(messages_.front().get());
    messages_.pop_front();
}

void Inbox::wake()
{
    {
        const std::lock_guard lock{mutex_};
        woken_ = true;
    }
    changed_.notify_one();
}

Message Inbox::take(std::chrono::steady_clock::time_point deadline, Dropped& dropped)
{
    std::unique_lock lock{mutex_};
    changed_.wait_until(lock, deadline, [this] { return woken_ || !messages_.empty(); });
    woken_ = false;
    dropped = std::exchange(dropped_, {});
    if (messages_.empty()) return nullptr;
    Message message = std::move(messages_.front());
    messages_.pop_front();
    bytes_ -= nng_msg_len(message.get());
    return message;
}

} // namespace peer_observer::bus
