#include "services/rpc-extractor/credentials.h"

#include "libs/base/regular_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <string_view>

namespace peer_observer::rpc_extractor {
namespace {

constexpr std::size_t kMaxFile = 1024;

/// The first line of a file.
std::expected<std::string, Fault> read_line(const std::string& path)
{
    const auto fault = [&](std::string_view reason) {
        return std::unexpected(Fault{Cause::credentials, fmt::format("{}: {}", path, reason)});
    };
    const auto text = base::read_regular_file(path, kMaxFile);
    if (!text) return fault(text.error().number == EFBIG ? "too long for a password" : text.error().reason);
    std::string line = text->substr(0, text->find_first_of("\r\n"));
    if (line.empty()) return fault("empty");
    return line;
}

} // namespace

std::expected<Credentials, Fault> read_credentials(const CredentialFiles& files)
{
    const bool has_cookie = !files.cookie_file.empty();
    auto line = read_line(has_cookie ? files.cookie_file : files.password_file);
    if (!line) return std::unexpected(line.error());
    if (!has_cookie) return Credentials{files.user, *std::move(line)};
    const auto colon = line->find(':');
    if (colon == std::string::npos)
        return std::unexpected(Fault{Cause::credentials, files.cookie_file + ": not a cookie"});
    return Credentials{line->substr(0, colon), line->substr(colon + 1)};
}

} // namespace peer_observer::rpc_extractor
