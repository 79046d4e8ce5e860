// Any event that parses gives one line of printable ASCII, and valid JSON.
#include "libs/print/json.h"
#include "libs/print/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace peer_observer;
    proto::Event event;
    if (!event.ParseFromArray(data, static_cast<int>(size))) return 0;
    const auto is_one_line = [](const std::string& line) {
        return line.ends_with('\n') &&
               std::all_of(line.begin(), line.end() - 1, [](char c) { return c >= 0x20 && c <= 0x7f; });
    };
    std::string text;
    print::append_text(print::Origin{"alpha", 1, 2}, event, false, text);
    if (!is_one_line(text)) std::abort();

    std::string json;
    print::append_json(print::Origin{"alpha", 1, 2}, event, json);
    if (!is_one_line(json) || !nlohmann::json::accept(json)) std::abort();
    return 0;
}
