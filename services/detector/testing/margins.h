// For the table of margins in the documentation: lines of JSON to the file that SCENARIO_RESULTS names.
#pragma once

#include "services/detector/testing/lab.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

namespace peer_observer::detector::testing {

inline void note_margins(const Lab& lab, const char* where)
{
    const char* path = std::getenv("SCENARIO_RESULTS"); // NOLINT(concurrency-mt-unsafe): one thread
    if (path == nullptr) return;
    std::ofstream file{path, std::ios::app};
    const auto kinds = all_detectors();
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
        file << fmt::format("{{\"where\": \"{}\", \"kind\": \"{}\", \"highest\": {}}}\n", where, kinds[kind]->kind,
                            lab.engine().counters().kinds[kind].highest.load());
}

} // namespace peer_observer::detector::testing
