// One HTML file with the pages and the answers that they need, to send to somebody: it opens from disk.
#pragma once

#include "libs/web/api/view.h"

#include <string>
#include <string_view>

namespace peer_observer::web {

/// The pages as one file, with `@ANSWERS@` where the answers belong; made by bundle_pages.cmake when the program was
/// built.
std::string_view report_page();

/// The events that the request selects, and everything that the view has about them: nodes, their peers with what they
/// said, blocks, anomalies with their evidence. Bounded; what does not fit is left out, and the pages say that the
/// report does not have it. Throws ApiError.
std::string report_text(const Request& request, const View& view, std::string_view page = report_page());

} // namespace peer_observer::web
