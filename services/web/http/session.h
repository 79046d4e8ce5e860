// One connection of a client: requests one after the other.
#pragma once

#include "services/web/http/hub.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace peer_observer::web {

class Session : public std::enable_shared_from_this<Session> {
public:
    Session(boost::asio::ip::tcp::socket socket, std::shared_ptr<Hub> hub);

    void start() { read(); }

private:
    using Parser = boost::beast::http::request_parser<boost::beast::http::empty_body>;
    using Response = boost::beast::http::response<boost::beast::http::string_body>;

    void read();
    void handle();
    std::optional<Refusal> refusal();
    void serve(std::string_view target);
    void feed(std::string_view target);
    void respond(unsigned status, std::string_view type, std::string body);
    void fail(const ApiError& error);
    void write(Response response);

    boost::beast::tcp_stream stream_;
    std::shared_ptr<Hub> hub_;
    std::shared_ptr<Counted> counted_;
    boost::beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    std::optional<Response> response_;
};

} // namespace peer_observer::web
