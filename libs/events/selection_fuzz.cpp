// A selection's text may come from a stranger's request, an event from any publisher: the first line is the text, the
// rest the event. What is read is written as it was read, and no event makes a difference to that.
#include "libs/events/selection.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace peer_observer::events;
    const std::string_view input{reinterpret_cast<const char*>(data), size};
    const auto end = std::min(input.find('\n'), input.size());
    const auto conjunction = parse_conjunction(input.substr(0, end));
    if (!conjunction) {
        if (conjunction.error().empty() || conjunction.error().find('\n') != std::string::npos) std::abort();
        return 0;
    }
    if (parse_conjunction(to_string(*conjunction)) != *conjunction) std::abort();
    try {
        const Selection selection{{*conjunction},
                                  [](std::string_view host) { return static_cast<std::uint32_t>(host.size()); }};
        const auto event = view_event(input.substr(std::min(end + 1, input.size())));
        if (selection.selects(event) && event.is_malformed) std::abort();
    } catch (const std::invalid_argument&) {
    }
    return 0;
}
