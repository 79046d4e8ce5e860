// One reader of the feed: server-sent events on a connection of its own.
#pragma once

#include "services/web/feed.h"
#include "services/web/http/hub.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <deque>
#include <memory>
#include <string>

namespace peer_observer::web {

class Stream : public FeedSink, public std::enable_shared_from_this<Stream> {
public:
    Stream(boost::beast::tcp_stream stream, std::shared_ptr<Hub> hub, std::shared_ptr<Counted> connection,
           std::string head);

    /// Sends the head. The stream lives until its connection ends.
    void start();

    void send(const std::shared_ptr<const std::string>& text, std::uint64_t events) override;
    void sample(std::uint64_t time_ns, std::uint64_t matched, std::uint64_t shown) override;

private:
    void queue(std::shared_ptr<const std::string> text, std::uint64_t events, bool is_small);
    void write();
    void watch_end();
    void end();

    boost::beast::tcp_stream stream_;
    std::shared_ptr<Hub> hub_;
    std::shared_ptr<Counted> connection_;
    Counted counted_;
    std::deque<std::shared_ptr<const std::string>> waiting_; ///< the first one is being written
    std::size_t waiting_bytes_ = 0;
    std::uint64_t dropped_ = 0; ///< events, since the last sample
    bool ended_ = false;
    char ignored_ = 0;
};

} // namespace peer_observer::web
