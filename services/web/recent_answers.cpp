#include "services/web/recent_answers.h"

#include <algorithm>

namespace peer_observer::web {

const std::string* RecentAnswers::find(const Request& request, Clock::time_point now)
{
    while (!answers_.empty() && answers_.front().until <= now)
        drop(answers_.begin());
    const auto found = std::ranges::find(answers_, request, &Answer::request);
    return found == answers_.end() || found->until <= now ? nullptr : &found->text;
}

void RecentAnswers::add(const Request& request, const std::string& text, Clock::time_point begun,
                        Clock::time_point made)
{
    if (const auto known = std::ranges::find(answers_, request, &Answer::request); known != answers_.end()) drop(known);
    if (text.size() > kMostBytes) return;
    answers_.push_back({request, text, made + std::min<Clock::duration>(kTimes * (made - begun), kMostAge)});
    bytes_ += text.size();
    while (bytes_ > kMostBytes || answers_.size() > kMostAnswers)
        drop(answers_.begin());
}

void RecentAnswers::drop(std::list<Answer>::iterator answer)
{
    bytes_ -= answer->text.size();
    answers_.erase(answer);
}

} // namespace peer_observer::web
