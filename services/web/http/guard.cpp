#include "services/web/http/guard.h"

#include "libs/base/host_port.h"
#include "libs/base/regular_file.h"

#include <crypt.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <stdexcept>
#include <utility>

namespace peer_observer::web {
namespace {

constexpr std::size_t kMostAuthorizationBytes = 1024;
constexpr std::size_t kMostNames = 1000;

std::string lower(std::string_view text)
{
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

/// Empty where crypt(3) cannot.
std::string crypt_hash(const std::string& password, const std::string& setting)
{
    const auto data = std::make_unique<crypt_data>();
    const char* hash = crypt_rn(password.c_str(), setting.c_str(), data.get(), sizeof(crypt_data));
    return hash == nullptr ? "" : hash;
}

bool is_same(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<std::string> decode_base64(std::string_view text)
{
    if (text.empty() || text.size() % 4 != 0) return std::nullopt;
    std::string out(text.size() / 4 * 3, '\0');
    const int size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (size < 0) return std::nullopt;
    out.resize(static_cast<std::size_t>(size));
    for (auto end = text; end.ends_with('='); end.remove_suffix(1))
        out.pop_back(); // what stands for padding
    return out;
}

std::array<unsigned char, 32> digest_of(std::string_view text)
{
    std::array<unsigned char, 32> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    return digest;
}

} // namespace

bool TokenBucket::take(Clock::time_point now)
{
    const std::chrono::duration<double> passed = now - filled_.value_or(now);
    filled_ = now;
    tokens_ = std::min(burst_, tokens_ + passed.count() * rate_);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
}

Passwords::Passwords(const std::filesystem::path& file)
{
    const auto read = base::read_regular_file(file.string(), std::size_t{1} << 20U);
    if (!read) throw std::runtime_error{fmt::format("{}: {}", file.string(), read.error().reason)};
    const auto& text = *read;
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        const auto line = text.substr(begin, end - begin);
        begin = end + 1;
        ++number;
        if (line.empty() || line.starts_with('#')) continue;
        const auto colon = line.find(':');
        const auto hash = colon == std::string::npos ? "" : line.substr(colon + 1);
        if (colon == 0 || hash.empty() || crypt_checksalt(hash.c_str()) != CRYPT_SALT_OK)
            throw std::runtime_error{fmt::format("{}: line {} is not NAME:HASH with a hash that crypt(3) knows and "
                                                 "takes for strong; mkpasswd makes one",
                                                 file.string(), number)};
        hashes_[line.substr(0, colon)] = hash;
    }
    if (hashes_.empty() || hashes_.size() > kMostNames)
        throw std::runtime_error{fmt::format("{}: has no name, or more than {}", file.string(), kMostNames)};
    dummy_ = hashes_.begin()->second;
}

bool Passwords::is_right(std::string_view authorization) const
{
    const auto space = authorization.find(' ');
    if (space == std::string_view::npos || lower(authorization.substr(0, space)) != "basic") return false;
    const auto pair = decode_base64(authorization.substr(space + 1));
    if (!pair || pair->find('\0') != std::string::npos) return false;
    const auto colon = std::min(pair->find(':'), pair->size());
    const auto known = hashes_.find(std::string_view{*pair}.substr(0, colon));
    const auto& expected = known == hashes_.end() ? dummy_ : known->second;
    const auto hash = crypt_hash(pair->substr(std::min(colon + 1, pair->size())), expected);
    return is_same(hash, expected) && known != hashes_.end();
}

Passwords::Verdict Passwords::check(std::string_view authorization, TokenBucket::Clock::time_point now)
{
    if (authorization.empty() || authorization.size() > kMostAuthorizationBytes) return Verdict::wrong;
    const auto digest = digest_of(authorization);
    const auto is_known = [&](const auto& known) {
        return CRYPTO_memcmp(known.data(), digest.data(), digest.size()) == 0;
    };
    if (std::ranges::any_of(right_, is_known)) return Verdict::right;
    if (!attempts_.take(now)) return Verdict::too_often;
    if (!is_right(authorization)) return Verdict::wrong;
    if (right_.size() > hashes_.size()) right_.clear();
    right_.push_back(digest);
    return Verdict::right;
}

Guard::Guard(std::vector<std::string> hosts, std::optional<Passwords> passwords)
    : hosts_{std::move(hosts)}, passwords_{std::move(passwords)}
{
    for (auto& host : hosts_)
        host = lower(host);
    for (const auto* host : {"localhost", "127.0.0.1", "::1"})
        hosts_.emplace_back(host);
}

bool Guard::is_own(std::string_view host) const
{
    return std::ranges::find(hosts_, lower(base::host_of(host))) != hosts_.end();
}

std::optional<Refusal> Guard::check(const Heads& heads, TokenBucket::Clock::time_point now)
{
    if (!is_own(heads.host)) return Refusal{403, "this service is not called by this name; see --host"};
    if (!heads.origin.empty()) {
        const auto slashes = heads.origin.find("://");
        if (slashes == std::string_view::npos || !is_own(heads.origin.substr(slashes + 3)))
            return Refusal{403, "pages of other sites may not ask this service"};
    }
    // A link from somewhere else may lead here: what it shows, that page cannot read.
    if (heads.fetch_site == "cross-site" && heads.fetch_mode != "navigate")
        return Refusal{403, "pages of other sites may not ask this service"};
    if (!passwords_) return std::nullopt;
    switch (passwords_->check(heads.authorization, now)) {
    case Passwords::Verdict::right:
        return std::nullopt;
    case Passwords::Verdict::too_often:
        return Refusal{429, "too many wrong passwords: try again in a few seconds"};
    case Passwords::Verdict::wrong:
        break;
    }
    return Refusal{401, "a name and a password are needed"};
}

} // namespace peer_observer::web
