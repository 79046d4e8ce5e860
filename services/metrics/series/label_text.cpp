#include "services/metrics/series/label_text.h"

#include "libs/base/hex.h"

#include <algorithm>

namespace peer_observer::metrics {
namespace {

bool is_printable(char character) { return character >= ' ' && character <= '~'; }

} // namespace

std::string_view label_text(std::string_view text, std::string& buffer)
{
    if (text.size() <= kMaxLabelLength && std::ranges::all_of(text, is_printable)) return text;
    buffer.clear();
    for (const char& character : text.substr(0, kMaxLabelLength)) {
        if (is_printable(character)) {
            buffer += character;
        } else {
            buffer += "\\x" + base::to_hex({&character, 1});
        }
    }
    return buffer;
}

} // namespace peer_observer::metrics
