// Who may look: Host, Origin, passwords, and how often somebody may ask.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::web {

/// Lets `rate` things a second through, and `burst` at once.
class TokenBucket {
public:
    using Clock = std::chrono::steady_clock;
    TokenBucket(double rate, double burst) : rate_{rate}, burst_{burst}, tokens_{burst} {}
    bool take(Clock::time_point now);

private:
    double rate_;
    double burst_;
    double tokens_;
    std::optional<Clock::time_point> filled_;
};

/// Names and password hashes: lines `NAME:HASH`, the hash as crypt(3) has it (mkpasswd, htpasswd -B).
class Passwords {
public:
    /// Throws std::runtime_error that names the file and the line.
    explicit Passwords(const std::filesystem::path& file);

    enum class Verdict : std::uint8_t { right, wrong, too_often };
    /// Of the header Authorization. Slow for what was not right before, as the hash wants it; so it is limited.
    Verdict check(std::string_view authorization, TokenBucket::Clock::time_point now);

private:
    bool is_right(std::string_view authorization) const;

    std::map<std::string, std::string, std::less<>> hashes_;
    std::string dummy_;                                ///< so that an unknown name takes as long
    std::vector<std::array<unsigned char, 32>> right_; ///< SHA-256 of what was right before, at most one a name
    TokenBucket attempts_{2, 10};
};

struct Refusal {
    unsigned status = 0;
    std::string message;
};

/// The headers of a request that decide.
struct Heads {
    std::string_view host;
    std::string_view origin;
    std::string_view fetch_site; ///< Sec-Fetch-Site
    std::string_view fetch_mode; ///< Sec-Fetch-Mode
    std::string_view authorization;
};

class Guard {
public:
    /// `hosts`: names by which this service may be called, besides those of this host. Without `passwords` nobody is
    /// asked for one.
    Guard(std::vector<std::string> hosts, std::optional<Passwords> passwords);

    /// Nothing where the request is welcome. A page of somebody else must not read what a browser here may see: neither
    /// by a name of its own that leads here (DNS rebinding), nor by a request from its pages.
    std::optional<Refusal> check(const Heads& heads, TokenBucket::Clock::time_point now);

private:
    bool is_own(std::string_view host) const;

    std::vector<std::string> hosts_;
    std::optional<Passwords> passwords_;
};

} // namespace peer_observer::web
