// The logger's filters, out of the parameters of a request.
#pragma once

#include "libs/asmap/autonomous_systems.h"
#include "libs/events/selection.h"
#include "libs/web/api/request.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::web {

class Selection {
public:
    /// `systems` may be null. Throws ApiError{400} with the words of events::Selection.
    Selection(const Request& request, const asmap::AutonomousSystems* systems);

    bool selects(std::string_view node, const events::EventView& event) const;
    bool selects_node(std::string_view node) const;

    /// The same for selections that select the same.
    const std::string& name() const { return name_; }

private:
    std::vector<std::string> nodes_;
    std::string name_;
    events::Selection selection_;
};

/// Refuses parameters that neither select nor are one of `others`.
void allow_selection(const Request& request, std::initializer_list<std::string_view> others);

/// Its parameters that select, as they were given.
std::string selection_text(const Request& request);

} // namespace peer_observer::web
