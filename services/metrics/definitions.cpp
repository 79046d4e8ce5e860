#include "services/metrics/definitions.h"

#include <fmt/format.h>

namespace peer_observer::metrics {

std::string markdown_table(std::span<const Definition> rows)
{
    constexpr auto kTypes = std::to_array<std::string_view>({"counter", "gauge", "histogram"});
    std::string text = "| name | type | labels | meaning |\n| --- | --- | --- | --- |\n";
    for (const Definition& row : rows) {
        std::string labels = row.by_host ? "host" : "";
        for (const Label& label : row.labels) {
            if (label.name.empty()) continue;
            labels += fmt::format("{}{}{}", labels.empty() ? "" : ", ", label.name, label.bounded ? " ✂" : "");
        }
        text += fmt::format("| `{}` | {} | {} | {} |\n", row.name, kTypes.at(static_cast<std::size_t>(row.type)),
                            labels, row.help);
    }
    return text;
}

} // namespace peer_observer::metrics
