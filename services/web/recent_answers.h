// Answers that were just made: many open pages ask for the same, and get the same text.
#pragma once

#include "libs/web/api/request.h"

#include <chrono>
#include <cstddef>
#include <list>
#include <string>

namespace peer_observer::web {

/// An answer is given again for 200 times as long as it took to make, at most for a second. So equal requests cost half
/// a percent of a core, however many pages there are, and what is made quickly is fresh. For one access and one thread.
class RecentAnswers {
public:
    using Clock = std::chrono::steady_clock;

    static constexpr int kTimes = 200;
    static constexpr auto kMostAge = std::chrono::seconds{1};
    static constexpr std::size_t kMostAnswers = 64;
    static constexpr std::size_t kMostBytes = std::size_t{16} << 20U; ///< of all; a larger one is not kept

    /// Null if no fresh one is there.
    const std::string* find(const Request& request, Clock::time_point now);
    /// Of an answer that was made in this time.
    void add(const Request& request, const std::string& text, Clock::time_point begun, Clock::time_point made);

    std::size_t size() const { return answers_.size(); }
    std::size_t bytes() const { return bytes_; }

private:
    struct Answer {
        Request request;
        std::string text;
        Clock::time_point until;
    };

    void drop(std::list<Answer>::iterator answer);

    std::list<Answer> answers_; ///< oldest first
    std::size_t bytes_ = 0;
};

} // namespace peer_observer::web
