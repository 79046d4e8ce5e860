#include "services/web/http/session.h"

#include "services/web/http/stream.h"

#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <utility>

namespace peer_observer::web {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kMostHeaderBytes = std::size_t{16} << 10U;
constexpr std::size_t kMostTargetBytes = 4096;
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kReport = "text/html"; ///< to be saved, not shown; it names its own character set

/// Scripts, styles and connections from here only; no frames, no forms, no other site's anything.
constexpr auto kPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                         "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
                         "frame-ancestors 'none'";

constexpr std::array kHeaders = {
    std::pair{"Content-Security-Policy", kPolicy},
    std::pair{"X-Content-Type-Options", "nosniff"},
    std::pair{"Referrer-Policy", "no-referrer"},
    std::pair{"Cross-Origin-Resource-Policy", "same-origin"},
    std::pair{"Cross-Origin-Opener-Policy", "same-origin"},
    std::pair{"Cache-Control", "no-store"},
};

template <typename Fields>
std::string_view field(const Fields& fields, std::string_view name)
{
    const auto found = fields.find({name.data(), name.size()});
    if (found == fields.end()) return {};
    return {found->value().data(), found->value().size()};
}

} // namespace

Session::Session(boost::asio::ip::tcp::socket socket, std::shared_ptr<Hub> hub)
    : stream_{std::move(socket)}, hub_{std::move(hub)}, counted_{std::make_shared<Counted>(hub_->connections)}
{}

void Session::read()
{
    parser_.emplace();
    parser_->header_limit(kMostHeaderBytes);
    stream_.expires_after(hub_->limits.patience);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                                if (error) return; // the end of the connection, or no HTTP
                                self->handle();
                            });
}

std::optional<Refusal> Session::refusal()
{
    const auto& request = parser_->get();
    if (!hub_->requests_left.take(TokenBucket::Clock::now())) return Refusal{429, "too many requests"};
    if (request.target().size() > kMostTargetBytes) return Refusal{400, "the request's target is too long"};
    if (auto refused =
            hub_->guard.check({field(request, "Host"), field(request, "Origin"), field(request, "Sec-Fetch-Site"),
                               field(request, "Sec-Fetch-Mode"), field(request, "Authorization")},
                              TokenBucket::Clock::now()))
        return refused;
    if (request.method() != http::verb::get && request.method() != http::verb::head)
        return Refusal{405, "this is answered to GET and HEAD only"};
    return std::nullopt;
}

void Session::handle()
{
    ++hub_->requests;
    const auto& request = parser_->get();
    const std::string target{request.target().data(), request.target().size()};
    if (!parser_->is_done()) return fail({400, "a request with a body"}); // and the connection ends
    if (target == "/health") return respond(200, "text/plain", "ok\n");
    if (const auto refused = refusal()) {
        if (refused->status == 429) ++hub_->refused;
        return fail({refused->status, refused->message});
    }
    try {
        serve(target);
    } catch (const ApiError& error) {
        fail(error);
    } catch (const std::exception& error) {
        spdlog::error("a request could not be answered: {}", error.what());
        fail({500, "this could not be answered; the log says why"});
    }
}

void Session::serve(std::string_view target)
{
    if (target.starts_with("/api/v1/feed")) return feed(target);
    if (target.starts_with("/api/")) {
        if (hub_->answer_bytes > hub_->limits.answer_bytes) {
            ++hub_->refused;
            throw ApiError{503, "too many answers are on their way to slow clients"};
        }
        const Request request{target};
        const bool is_report = request.path() == "/api/v1/report";
        return respond(200, is_report ? kReport : kJson, hub_->backend.answer(request, hub_->statistics()));
    }
    auto page = hub_->pages.find(target.substr(0, target.find_first_of("?#")));
    if (!page) throw ApiError{404, "there is no such page"};
    respond(200, page->type, std::move(page->bytes));
}

void Session::feed(std::string_view target)
{
    const Request request{target};
    if (request.path() != "/api/v1/feed") throw ApiError{404, "there is no such path"};
    if (hub_->streams >= hub_->limits.streams) {
        ++hub_->refused;
        throw ApiError{503, "too many streams are open"};
    }
    if (parser_->get().method() == http::verb::head) return respond(200, "text/event-stream", "");
    std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"
                       "X-Accel-Buffering: no\r\n";
    for (const auto& [name, value] : kHeaders)
        head += fmt::format("{}: {}\r\n", name, value);
    head += "\r\nretry: 2000\n\n";
    hub_->backend.check_feed(request); // where it refuses, this connection is still a session's
    const auto stream = std::make_shared<Stream>(std::move(stream_), hub_, counted_, std::move(head));
    hub_->backend.open_feed(request, stream); // before the reader can know: what happens from then on is in its feed
    stream->start();
}

void Session::fail(const ApiError& error) { respond(error.status, kJson, error_text(error)); }

void Session::respond(unsigned status, std::string_view type, std::string body)
{
    const auto& request = parser_->get();
    Response response{static_cast<http::status>(status), request.version()};
    response.set(http::field::content_type, {type.data(), type.size()});
    for (const auto& [name, value] : kHeaders)
        response.set(name, value);
    if (type == kReport) response.set(http::field::content_disposition, "attachment; filename=peer-observer.html");
    if (status == 401) response.set(http::field::www_authenticate, "Basic realm=\"peer-observer\", charset=\"UTF-8\"");
    if (status == 405) response.set(http::field::allow, "GET, HEAD");
    response.keep_alive(request.keep_alive() && parser_->is_done());
    response.content_length(body.size());
    if (request.method() != http::verb::head) response.body() = std::move(body);
    write(std::move(response));
}

void Session::write(Response response)
{
    response_ = std::move(response);
    const auto bytes = response_->body().size();
    hub_->answer_bytes += bytes;
    stream_.expires_after(hub_->limits.patience);
    const auto done = [self = shared_from_this(), bytes](const boost::system::error_code& error, std::size_t) {
        self->hub_->answer_bytes -= bytes;
        const bool goes_on = self->response_->keep_alive();
        self->response_.reset();
        if (error) return;
        if (goes_on) return self->read();
        boost::system::error_code ignored;
        self->stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    };
    http::async_write(stream_, *response_, done);
}

} // namespace peer_observer::web
