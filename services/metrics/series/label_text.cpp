#include "services/metrics/series/label_text.h"

#include "libs/base/hex.h"

#include <algorithm>

namespace peer_observer::metrics {
namespace {

/// The backslash begins an escape, which nobody but us can write.
bool is_plain(char character) { return character >= ' ' && character <= '~' && character != '\\'; }

} // namespace

std::string_view label_text(std::string_view text, std::string& buffer)
{
    const bool is_sentinel = text == kOther;
    if (!is_sentinel && text.size() <= kMaxLabelLength && std::ranges::all_of(text, is_plain)) return text;
    buffer.clear();
    for (const char& character : text.substr(0, kMaxLabelLength)) {
        if (is_plain(character) && !(is_sentinel && buffer.empty())) {
            buffer += character;
        } else {
            buffer += "\\x" + base::to_hex({&character, 1});
        }
    }
    return buffer;
}

} // namespace peer_observer::metrics
