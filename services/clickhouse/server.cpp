#include "services/clickhouse/server.h"

#include "libs/base/regular_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace peer_observer::clickhouse {
namespace {

using Headers = base::CHandle<curl_slist, curl_slist_free_all>;
using EscapedText = base::CHandle<char, curl_free>;

constexpr std::size_t kMaxAnswerBytes = std::size_t{16} << 20U;
constexpr std::size_t kMaxPasswordBytes = 4096;
constexpr std::size_t kMaxShownBytes = 300;
constexpr int kMemoryLimitExceeded = 241;

template <typename Value>
void set(CURL* easy, CURLoption option, Value value)
{
    if (const CURLcode code = curl_easy_setopt(easy, option, value); code != CURLE_OK)
        throw std::runtime_error{
            fmt::format("libcurl: option {}: {}", static_cast<int>(option), curl_easy_strerror(code))};
}

std::size_t on_body(const char* data, std::size_t, std::size_t size, void* out) noexcept
try {
    auto& body = *static_cast<std::string*>(out);
    if (body.size() + size > kMaxAnswerBytes) return 0;
    body.append(data, size);
    return size;
} catch (...) {
    return 0;
}

int on_progress(void* stopping, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept
{
    return *static_cast<const std::atomic<bool>*>(stopping) ? 1 : 0;
}

/// The beginning of an answer on a line.
std::string shown(std::string_view answer)
{
    std::string text{answer.substr(0, kMaxShownBytes)};
    std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, ' ');
    return text;
}

} // namespace

int error_code(std::string_view answer)
{
    constexpr std::string_view kPrefix = "Code: ";
    const auto start = answer.find(kPrefix);
    if (start == std::string_view::npos) return 0;
    int code = 0;
    const char* const digits = answer.data() + start + kPrefix.size();
    (void)std::from_chars(digits, answer.data() + answer.size(), code);
    return code;
}

Cause cause_of_code(int code)
{
    switch (code) {
    case 159: // TIMEOUT_EXCEEDED
    case 209: // SOCKET_TIMEOUT
    case 319: // UNKNOWN_STATUS_OF_INSERT
        return Cause::timeout;
    case 210: // NETWORK_ERROR
    case 279: // ALL_CONNECTION_TRIES_FAILED
        return Cause::unreachable;
    case 202: // TOO_MANY_SIMULTANEOUS_QUERIES
    case kMemoryLimitExceeded:
    case 242: // TABLE_IS_READ_ONLY
    case 252: // TOO_MANY_PARTS
    case 285: // TOO_LESS_LIVE_REPLICAS
    case 225: // NO_ZOOKEEPER
    case 999: // KEEPER_EXCEPTION
        return Cause::busy;
    case 243: // NOT_ENOUGH_SPACE
        return Cause::full;
    case 164: // READONLY
    case 192: // UNKNOWN_USER
    case 193: // WRONG_PASSWORD
    case 194: // REQUIRED_PASSWORD
    case 195: // IP_ADDRESS_NOT_ALLOWED
    case 497: // ACCESS_DENIED
    case 516: // AUTHENTICATION_FAILED
        return Cause::access;
    case 16:  // NO_SUCH_COLUMN_IN_TABLE
    case 36:  // BAD_ARGUMENTS
    case 44:  // ILLEGAL_COLUMN
    case 47:  // UNKNOWN_IDENTIFIER
    case 53:  // TYPE_MISMATCH
    case 60:  // UNKNOWN_TABLE
    case 62:  // SYNTAX_ERROR
    case 73:  // UNKNOWN_FORMAT
    case 81:  // UNKNOWN_DATABASE
    case 115: // UNKNOWN_SETTING
        return Cause::schema;
    case 6:   // CANNOT_PARSE_TEXT
    case 27:  // CANNOT_PARSE_INPUT_ASSERTION_FAILED
    case 32:  // ATTEMPT_TO_READ_AFTER_EOF
    case 33:  // CANNOT_READ_ALL_DATA
    case 117: // INCORRECT_DATA
    case 131: // TOO_LARGE_STRING_SIZE
    case 153: // ILLEGAL_DIVISION, in an expression of the table
    case 395: // FUNCTION_THROW_IF_VALUE_IS_NON_ZERO, too
    case 469: // VIOLATED_CONSTRAINT
        return Cause::data;
    default:
        return Cause::other;
    }
}

Server::Server(ServerOptions options, const std::atomic<bool>& stopping)
    : options_{std::move(options)}, stopping_{stopping}, easy_{curl_easy_init()}
{
    if (!options_.url.starts_with("http://") && !options_.url.starts_with("https://"))
        throw std::invalid_argument{fmt::format("'{}' is neither http:// nor https://", options_.url)};
    if (!options_.url.ends_with('/')) options_.url += '/';
    if (!easy_) throw std::runtime_error{"libcurl has no memory"};
    auto* const easy = easy_.get();
    clickhouse::set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    clickhouse::set(easy, CURLOPT_PROXY, ""); // none, whatever the environment says
    clickhouse::set(easy, CURLOPT_NOSIGNAL, 1L);
    clickhouse::set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
    clickhouse::set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.timeout.count()));
    clickhouse::set(easy, CURLOPT_NOPROGRESS, 0L);
    clickhouse::set(easy, CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(&stopping_));
    clickhouse::set(easy, CURLOPT_XFERINFOFUNCTION, &on_progress);
    clickhouse::set(easy, CURLOPT_WRITEFUNCTION, &on_body);
    if (!options_.ca_file.empty()) clickhouse::set(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
}

void Server::set(const std::string& name, const std::string& value) { settings_[name] = value; }

std::optional<Failure> Server::run(const std::string& statement, std::string_view data)
{
    std::string answer;
    return post(statement, data, answer);
}

std::optional<Failure> Server::query(const std::string& statement, std::vector<std::vector<std::string>>& rows)
{
    std::string answer;
    rows.clear();
    if (auto failure = post(statement + " FORMAT TSVRaw", {}, answer)) return failure;
    for (std::size_t start = 0; start < answer.size();) {
        const auto end = std::min(answer.find('\n', start), answer.size());
        auto& row = rows.emplace_back();
        for (std::size_t field = start; field <= end;) {
            const auto tab = std::min(answer.find('\t', field), end);
            row.push_back(answer.substr(field, tab - field));
            field = tab + 1;
        }
        start = end + 1;
    }
    return std::nullopt;
}

std::optional<Failure> Server::post(const std::string& statement, std::string_view data, std::string& answer)
{
    auto* const easy = easy_.get();
    // A statement without data is the body: servers limit the size of a URL.
    const bool is_insert = !data.empty();
    std::string url = options_.url + "?wait_end_of_query=1";
    for (const auto& [name, value] : settings_)
        url += fmt::format("&{}={}", name, value);
    if (is_insert) {
        const EscapedText escaped{curl_easy_escape(easy, statement.c_str(), static_cast<int>(statement.size()))};
        if (!escaped) return Failure{Cause::other, "libcurl has no memory"};
        url.append("&query=").append(escaped.get());
    }
    const std::string_view body = is_insert ? data : std::string_view{statement};
    std::string list = "Content-Type: application/octet-stream";
    Headers headers{curl_slist_append(nullptr, list.c_str())};
    const auto add = [&](const std::string& header) {
        if (auto* const longer = curl_slist_append(headers.get(), header.c_str())) {
            (void)headers.release();
            headers.reset(longer);
        }
    };
    add("Expect:"); // no round trip before the body
    if (!options_.user.empty()) add("X-ClickHouse-User: " + options_.user);
    if (!options_.password_file.empty()) {
        auto password = base::read_regular_file(options_.password_file, kMaxPasswordBytes);
        if (!password)
            return Failure{Cause::access,
                           fmt::format("cannot read {}: {}", options_.password_file, password.error().reason)};
        while (password->ends_with('\n') || password->ends_with('\r'))
            password->pop_back();
        add("X-ClickHouse-Key: " + *password);
    }
    clickhouse::set(easy, CURLOPT_URL, url.c_str());
    clickhouse::set(easy, CURLOPT_HTTPHEADER, headers.get());
    clickhouse::set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    clickhouse::set(easy, CURLOPT_POSTFIELDS, body.data()); // NOLINT(bugprone-suspicious-stringview-data-usage)
    clickhouse::set(easy, CURLOPT_WRITEDATA, &answer);
    const CURLcode code = curl_easy_perform(easy);
    if (code == CURLE_OPERATION_TIMEDOUT) return Failure{Cause::timeout, curl_easy_strerror(code), true};
    if (code != CURLE_OK) return Failure{Cause::unreachable, curl_easy_strerror(code)};
    long status = 0;
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200 && (is_insert ? answer.empty() : error_code(answer.substr(0, 32)) == 0)) return std::nullopt;
    const int number = error_code(answer);
    auto cause = cause_of_code(number);
    // The number is that of a server which is behind with merging, too; but this one passes when there are fewer rows.
    if (answer.find("Too many partitions") != std::string::npos) cause = Cause::data;
    // The numbers differ with what was being written.
    if (cause == Cause::other && answer.find("No space left on device") != std::string::npos) cause = Cause::full;
    return Failure{cause, fmt::format("HTTP status {}: {}", status, shown(answer)),
                   cause == Cause::timeout || number == kMemoryLimitExceeded};
}

} // namespace peer_observer::clickhouse
