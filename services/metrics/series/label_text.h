// Text that peers chose, as a label value.
#pragma once

#include <string>
#include <string_view>

namespace peer_observer::metrics {

/// Longer values are cut.
inline constexpr std::size_t kMaxLabelLength = 256;

/// The value that stands for all that have no series of their own.
inline constexpr std::string_view kOther = "other";

/// `text` itself if it is short and printable ASCII without a backslash, else a copy in `buffer` with every other byte
/// as
/// \xNN. A text that says `other` becomes `\x6fther`. So no text looks like an escape, or like the sum of the others.
std::string_view label_text(std::string_view text, std::string& buffer);

} // namespace peer_observer::metrics
