#include "libs/app/logging.h"

#include "libs/app/app.h"
#include "libs/app/colour.h"

#include <fmt/format.h>
#include <google/protobuf/stubs/common.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>
#if GOOGLE_PROTOBUF_VERSION < 4022000
#include <google/protobuf/stubs/logging.h>
#else
#include <absl/log/globals.h>
#endif
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

namespace peer_observer::app {
namespace {

using spdlog::level::level_enum;

constexpr auto kLevels = std::to_array<std::pair<std::string_view, level_enum>>({
    {"trace", spdlog::level::trace},
    {"debug", spdlog::level::debug},
    {"info", spdlog::level::info},
    {"warning", spdlog::level::warn},
    {"warn", spdlog::level::warn},
    {"error", spdlog::level::err},
    {"critical", spdlog::level::critical},
});

level_enum parse_level(const std::string& text)
{
    for (const auto& [name, level] : kLevels)
        if (name == text) return level;
    throw UsageError{"--log-level takes trace, debug, info, warning, error or critical, not '" + text + "'"};
}

/// The message with control characters as \xNN, so that an event stays one line whatever a peer put into it.
class EscapedText : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& out) override
    {
        for (const char c : std::string_view{message.payload.data(), message.payload.size()}) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte >= 0x20 && byte != 0x7f)
                out.push_back(c);
            else
                fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
        }
    }
    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<EscapedText>(); }
};

/// See sd-daemon(3).
class JournaldPriority : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& out) override
    {
        const std::string_view priority = message.level >= spdlog::level::critical ? "<2>"
                                          : message.level == spdlog::level::err    ? "<3>"
                                          : message.level == spdlog::level::warn   ? "<4>"
                                          : message.level == spdlog::level::info   ? "<6>"
                                                                                   : "<7>";
        out.append(priority.data(), priority.data() + priority.size());
    }
    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JournaldPriority>(); }
};

/// systemd sets JOURNAL_STREAM to the device and inode of the stream that it gave. Whoever redirected stderr since then
/// wants lines for people.
bool stderr_is_journald()
{
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat self{};
    return stream != nullptr && fstat(STDERR_FILENO, &self) == 0 &&
           fmt::format("{}:{}", self.st_dev, self.st_ino) == stream;
}

} // namespace

void silence_protobuf()
{
#if GOOGLE_PROTOBUF_VERSION < 4022000
    google::protobuf::SetLogHandler(nullptr);
#else // its lines are Abseil's, which nothing else here uses
    absl::SetMinLogLevel(absl::LogSeverityAtLeast::kFatal);
#endif
}

void set_up_logging(const std::string& level)
{
    silence_protobuf();
    const auto parsed_level = parse_level(level);
    auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
        wants_colour(STDERR_FILENO) ? spdlog::color_mode::automatic : spdlog::color_mode::never);
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<EscapedText>('*').add_flag<JournaldPriority>('~');
    formatter->set_pattern(stderr_is_journald() ? "%~%*" : "%Y-%m-%dT%H:%M:%S.%fZ %^%l%$ %*");
    sink->set_formatter(std::move(formatter));

    auto logger = std::make_shared<spdlog::logger>("", std::move(sink));
    logger->set_level(parsed_level);
    spdlog::set_default_logger(std::move(logger));
}

} // namespace peer_observer::app
