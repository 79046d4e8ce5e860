#include "services/rpc-extractor/credentials.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

namespace peer_observer::rpc_extractor {
namespace {

constexpr std::size_t kMaxFile = 1024;

/// The first line of a file.
std::expected<std::string, Fault> read_line(const std::string& path)
{
    const auto fault = [&](std::string_view reason) {
        return std::unexpected(Fault{Cause::credentials, fmt::format("{}: {}", path, reason)});
    };
    errno = 0;
    std::ifstream file{path};
    if (!file) return fault(std::strerror(errno));
    std::array<char, kMaxFile + 1> text{};
    file.read(text.data(), text.size());
    const auto size = static_cast<std::size_t>(file.gcount());
    if (file.bad() || std::filesystem::is_directory(path)) return fault("cannot be read");
    if (size > kMaxFile) return fault("too long for a password");
    std::string line{text.data(), size};
    line.resize(std::min(line.find_first_of("\r\n"), line.size()));
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
