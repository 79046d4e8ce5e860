// What the operator may change: the thresholds of every detector, which of them work, when anomalies close.
#pragma once

#include "libs/app/known_peers.h"
#include "libs/asmap/autonomous_systems.h"
#include "services/detector/alarms.h"
#include "services/detector/definition.h"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::detector {

struct Settings {
    /// The defaults.
    Settings();
    Settings(const Settings&) = default;
    Settings& operator=(const Settings&) = delete; // others hold references to what is in it
    ~Settings() = default;

    /// Takes the other's values, each in its place.
    void assign(const Settings& other);

    /// Of the option `<kind>.<name>`. Throws std::out_of_range where there is none.
    double& threshold(std::string_view option);

    std::vector<Thresholds> thresholds; ///< by place in all_detectors()
    std::vector<char> enabled;          ///< likewise
    AlarmTimes times;
    app::KnownPeers known_peers;
    std::uint64_t known_peers_version = 1; ///< another one each time that they change
    /// Null without --asmap. Chosen once; only its files are read again.
    std::shared_ptr<asmap::AutonomousSystems> systems;
};

/// `<kind>.<name>` for every parameter, --disable, --close-after, --update-every, --known-peers. Those of asmap are
/// the caller's.
boost::program_options::options_description detector_options();

/// What was chosen. Throws app::UsageError for a number that is not above 0, an unknown kind, or a file of known peers
/// that cannot be read.
Settings read_settings(const boost::program_options::variables_map& values);

/// A table of all parameters in Markdown, as the documentation has it.
std::string thresholds_table();

} // namespace peer_observer::detector
