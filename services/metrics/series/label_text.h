// Text that peers chose, as a label value.
#pragma once

#include <string>
#include <string_view>

namespace peer_observer::metrics {

/// Longer values are cut.
inline constexpr std::size_t kMaxLabelLength = 256;

/// `text` itself where it is short and printable ASCII, else a copy in `buffer` with every other byte as \xNN.
std::string_view label_text(std::string_view text, std::string& buffer);

} // namespace peer_observer::metrics
