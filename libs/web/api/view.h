// What an answer is made of.
#pragma once

#include "libs/asmap/autonomous_systems.h"
#include "libs/bus/subscriber.h"
#include "libs/web/api/json.h"
#include "libs/web/api/request.h"
#include "libs/web/state/state.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::web {

/// With `open_to_all`, answers tell nothing by which a peer could find out that this node is watched
/// (services/web/api.md has the table).
enum class Access : std::uint8_t { full, open_to_all };

enum class Mode : std::uint8_t { live, archive, report };

/// Of the HTTP server.
struct ClientStatistics {
    std::uint64_t connections = 0; ///< now
    std::uint64_t streams = 0;     ///< now
    std::uint64_t requests = 0;
    std::uint64_t refused = 0; ///< connections, requests and streams beyond a limit
};

struct View {
    const State& state;
    std::uint64_t now_ns = 0;
    Access access = Access::full;
    Mode mode = Mode::live;
    const asmap::AutonomousSystems* systems = nullptr;
    std::uint64_t started_ns = 0;
    bus::SubscriberStatistics bus{};
    std::uint64_t bad_events = 0;
    ClientStatistics clients{};

    bool is_public() const { return access == Access::open_to_all; }
    /// The time as it may be told: in whole minutes where anybody may look.
    std::uint64_t told(std::uint64_t time_ns) const
    {
        return is_public() ? time_ns - time_ns % (60 * kSecond) : time_ns;
    }
};

/// The paths that answer() knows, below /api/v1/: `nodes/{node}`.
std::vector<std::string_view> paths();

/// The answer to a request, without `time_ns`. Throws ApiError.
Json answer(const Request& request, const View& view);

/// The same as text, with `time_ns`, and `read_until_ns` where it is set.
std::string answer_text(const Request& request, const View& view, std::optional<std::uint64_t> read_until_ns = {});

/// `{"error": {...}}`.
std::string error_text(const ApiError& error);

} // namespace peer_observer::web
