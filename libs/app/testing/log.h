// For tests: what is logged while an object of this class lives.
#pragma once

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace peer_observer::app::testing {

/// Takes the place of the default logger. Has lines of every level, without time and level.
class CapturedLog {
public:
    CapturedLog()
    {
        auto logger = std::make_shared<spdlog::logger>("", sink_);
        logger->set_level(spdlog::level::trace);
        spdlog::set_default_logger(std::move(logger));
    }
    ~CapturedLog() { spdlog::set_default_logger(before_); }
    CapturedLog(const CapturedLog&) = delete;
    CapturedLog& operator=(const CapturedLog&) = delete;

    std::vector<std::string> lines() const { return sink_->lines(spdlog::level::trace); }
    std::vector<std::string> warnings() const { return sink_->lines(spdlog::level::warn); }
    bool contains(const std::string& text) const
    {
        return std::ranges::any_of(lines(), [&](const auto& line) { return line.find(text) != std::string::npos; });
    }
    void clear() { sink_->clear(); }

private:
    class Sink : public spdlog::sinks::base_sink<std::mutex> {
    public:
        /// Of `level` and above.
        std::vector<std::string> lines(spdlog::level::level_enum level)
        {
            const std::lock_guard lock{mutex_};
            std::vector<std::string> found;
            for (const auto& [line_level, line] : lines_)
                if (line_level >= level) found.push_back(line);
            return found;
        }
        void clear()
        {
            const std::lock_guard lock{mutex_};
            lines_.clear();
        }

    protected:
        void sink_it_(const spdlog::details::log_msg& message) override
        {
            lines_.emplace_back(message.level, std::string{message.payload.data(), message.payload.size()});
        }
        void flush_() override {}

    private:
        std::vector<std::pair<spdlog::level::level_enum, std::string>> lines_;
    };

    std::shared_ptr<Sink> sink_ = std::make_shared<Sink>();
    std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

} // namespace peer_observer::app::testing
