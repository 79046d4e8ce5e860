#include "libs/bus/sources.h"

#include <algorithm>

namespace peer_observer::bus {

Sources::Sources(const std::vector<std::string>& urls)
{
    for (const auto& url : urls)
        sources_.push_back({.url = url});
}

void Sources::changed(std::size_t source, bool connected)
{
    const std::lock_guard lock{mutex_};
    sources_[source].connected = connected;
    ++sources_[source].changes;
}

std::vector<std::string> Sources::take_notices(NoticeLimit::Clock::time_point now)
{
    std::vector<std::string> notices;
    const std::lock_guard lock{mutex_};
    for (auto& source : sources_) {
        const std::uint64_t changes = source.changes - source.changes_told;
        if (changes == 0 || now < source.next_notice) continue;
        std::string text = "source " + source.url + (source.connected ? " connected" : " lost, dialling again");
        if (changes > 1) text += " (" + std::to_string(changes - 1) + " changes before that were left out)";
        notices.push_back(std::move(text));
        source.changes_told = source.changes;
        source.next_notice = now + std::chrono::seconds{1};
    }
    return notices;
}

std::uint64_t Sources::connected() const
{
    const std::lock_guard lock{mutex_};
    return static_cast<std::uint64_t>(std::ranges::count(sources_, true, &Source::connected));
}

} // namespace peer_observer::bus
