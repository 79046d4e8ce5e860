#include "services/web/http/stream.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <utility>

namespace peer_observer::web {

namespace asio = boost::asio;

Stream::Stream(boost::beast::tcp_stream stream, std::shared_ptr<Hub> hub, std::shared_ptr<Counted> connection,
               std::string head)
    : stream_{std::move(stream)}, hub_{std::move(hub)}, connection_{std::move(connection)}, counted_{hub_->streams}
{
    waiting_bytes_ = head.size();
    waiting_.push_back(std::make_shared<const std::string>(std::move(head)));
}

void Stream::start()
{
    watch_end();
    write();
}

void Stream::send(const std::shared_ptr<const std::string>& text, std::uint64_t events)
{
    asio::post(stream_.get_executor(), [self = shared_from_this(), text, events] { self->queue(text, events, false); });
}

void Stream::sample(std::uint64_t time_ns, std::uint64_t matched, std::uint64_t shown)
{
    asio::post(stream_.get_executor(), [self = shared_from_this(), time_ns, matched, shown] {
        auto text = std::make_shared<std::string>();
        append_sse(*text, "sample",
                   fmt::format(R"({{"time_ns":{},"matched":{},"shown":{},"dropped":{}}})", time_ns, matched, shown,
                               std::exchange(self->dropped_, 0)));
        self->queue(std::move(text), 0, true);
    });
}

void Stream::queue(std::shared_ptr<const std::string> text, std::uint64_t events, bool is_small)
{
    if (ended_) return;
    // One sample each second is little until the reader's time is up.
    if (!is_small && waiting_bytes_ + text->size() > hub_->limits.stream_bytes) {
        dropped_ += events;
        return;
    }
    waiting_bytes_ += text->size();
    waiting_.push_back(std::move(text));
    if (waiting_.size() == 1) write();
}

void Stream::write()
{
    // Of this write: a reader that takes a byte now and then must take all of it in time.
    stream_.expires_after(hub_->limits.patience);
    asio::async_write(stream_, asio::buffer(*waiting_.front()),
                      [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                          if (error || self->ended_) return self->end();
                          self->waiting_bytes_ -= self->waiting_.front()->size();
                          self->waiting_.pop_front();
                          self->stream_.expires_never();
                          if (!self->waiting_.empty()) self->write();
                      });
}

void Stream::watch_end()
{
    // Nothing is to come from the reader: whatever comes ends the stream, the end of the connection foremost.
    stream_.socket().async_read_some(
        asio::buffer(&ignored_, 1),
        [self = shared_from_this()](const boost::system::error_code&, std::size_t) { self->end(); });
}

void Stream::end()
{
    ended_ = true;
    boost::system::error_code ignored;
    stream_.socket().close(ignored);
}

} // namespace peer_observer::web
