// One HTML file with the pages and the answers that they need, to send to somebody: it opens from disk.
#pragma once

#include "libs/web/api/view.h"
#include "libs/web/state/activity.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::web {

/// The pages as one file, with `@ANSWERS@` where the answers belong; made by bundle_pages.cmake when the program was
/// built.
std::string_view report_page();

/// What a report is about. Its view has everything else.
struct ReportSubject {
    std::string title;                ///< empty = the nodes' names
    std::string selection;            ///< for people, as the options say it; empty = every event
    std::vector<KeptEventPtr> events; ///< selected, oldest first
    std::uint64_t matched_events = 0; ///< how many the selection matches, `events` among them
    Activity activity;                ///< all events, selected or not
};

/// What the activity counts an event as: the type of a message, else the event's kind.
std::string activity_kind(const proto::Event& event, const KeptEvent& kept);

/// The selected events, and everything that the view has about them: nodes, their peers with what they said, blocks,
/// anomalies with their evidence. Bounded; the report says what was left out. Throws ApiError.
std::string report_text(const ReportSubject& subject, const View& view, std::string_view page = report_page());

/// The events that a request selects of those that are kept.
std::string report_text(const Request& request, const View& view, std::string_view page = report_page());

} // namespace peer_observer::web
