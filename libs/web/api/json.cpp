#include "libs/web/api/json.h"

#include "libs/base/hex.h"
#include "libs/base/utf8.h"
#include "libs/print/json.h"
#include "libs/print/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace peer_observer::web {

std::string to_text(const Json& json) { return json.dump(-1, ' ', true, Json::error_handler_t::replace); }

void add_text(Json& object, const std::string& name, std::string_view bytes)
{
    object[name] = base::to_utf8(bytes);
    if (!base::is_utf8(bytes)) object[name + "_hex"] = base::to_hex(bytes);
}

Json event_json(const KeptEvent& kept, const proto::Event& event, const asmap::AutonomousSystems* systems)
{
    std::string line;
    print::append_json({*kept.node, kept.id.publisher_id, kept.id.sequence}, event, line, systems);
    return Json::parse(line);
}

Json fields_of(const proto::Event& event)
{
    std::string line;
    print::append_json({}, event, line);
    return std::move(Json::parse(line)["event"]);
}

std::string text_of(const KeptEvent& kept, const proto::Event& event)
{
    std::string line;
    print::append_text({*kept.node, kept.id.publisher_id, kept.id.sequence}, event, false, line);
    while (line.ends_with('\n'))
        line.pop_back();
    // Behind time, node and kind; of a message, behind what stands in fields of its own, too.
    std::size_t begin = 0;
    for (int word = 0; word < 3 && begin < line.size(); ++word)
        begin = std::min(line.find(' ', begin), line.size() - 1) + 1;
    if (event.has_message()) {
        const auto& message = event.message().has_inbound() ? event.message().inbound() : event.message().outbound();
        const auto size = fmt::format(" size={}", message.size());
        if (const auto place = line.find(size, begin); place != std::string::npos)
            begin = std::min(place + size.size() + 1, line.size());
    }
    return line.substr(begin);
}

} // namespace peer_observer::web
