#include "services/detector/settings.h"

#include "libs/app/app.h"
#include "libs/app/option_values.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace peer_observer::detector {
namespace {

namespace po = boost::program_options;
using Strings = std::vector<std::string>;

std::string option_name(const Definition& detector, const Parameter& parameter)
{
    return fmt::format("{}.{}", detector.kind, parameter.name);
}

} // namespace

Settings::Settings()
{
    for (const Definition* detector : all_detectors()) {
        auto& values = thresholds.emplace_back();
        for (const auto& parameter : detector->parameters)
            values.push_back(parameter.value);
    }
    enabled.assign(thresholds.size(), 1);
}

void Settings::assign(const Settings& other)
{
    for (std::size_t kind = 0; kind < thresholds.size(); ++kind)
        std::ranges::copy(other.thresholds[kind], thresholds[kind].begin());
    std::ranges::copy(other.enabled, enabled.begin());
    times = other.times;
    known_peers = other.known_peers;
    ++known_peers_version;
}

double& Settings::threshold(std::string_view option)
{
    const auto kinds = all_detectors();
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
        for (std::size_t i = 0; i < kinds[kind]->parameters.size(); ++i)
            if (option_name(*kinds[kind], kinds[kind]->parameters[i]) == option) return thresholds[kind][i];
    throw std::out_of_range{fmt::format("no option '{}'", option)};
}

po::options_description detector_options()
{
    po::options_description options;
    auto add = options.add_options();
    add("disable", po::value<Strings>()->value_name("KIND"), "disable this detector; may be repeated");
    add("close-after",
        po::value<app::Seconds>()->default_value({AlarmTimes{}.close_after * std::chrono::nanoseconds{1}}),
        "seconds of event time without new evidence after which an anomaly ends");
    add("update-every",
        po::value<app::Seconds>()->default_value({AlarmTimes{}.update_every * std::chrono::nanoseconds{1}}),
        "seconds of event time between two updates of an anomaly");
    app::add_known_peers_option(options, "whose anomalies are left out or marked");
    for (const Definition* detector : all_detectors())
        for (const auto& parameter : detector->parameters)
            add(option_name(*detector, parameter).c_str(),
                po::value<double>()->default_value(parameter.value, fmt::format("{}", parameter.value)),
                std::string{parameter.meaning}.c_str());
    return options;
}

Settings read_settings(const po::variables_map& values)
{
    Settings settings;
    const auto kinds = all_detectors();
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
        for (std::size_t i = 0; i < kinds[kind]->parameters.size(); ++i) {
            const auto name = option_name(*kinds[kind], kinds[kind]->parameters[i]);
            const double value = values[name].as<double>();
            if (!(value > 0) || std::isinf(value)) throw app::UsageError{fmt::format("{} must be above 0", name)};
            settings.thresholds[kind][i] = value;
        }
    }
    if (values.contains("disable")) {
        for (const auto& kind : values["disable"].as<Strings>()) {
            const auto found = std::ranges::find(kinds, kind, &Definition::kind);
            if (found == kinds.end()) throw app::UsageError{fmt::format("--disable: there is no detector '{}'", kind)};
            settings.enabled[static_cast<std::size_t>(found - kinds.begin())] = 0;
        }
    }
    // As every file that is read again on SIGHUP: one that cannot be used is a failure, not wrong usage.
    settings.known_peers = app::read_known_peers(values);
    settings.times.close_after = static_cast<Time>(values["close-after"].as<app::Seconds>().value.count());
    settings.times.update_every = static_cast<Time>(values["update-every"].as<app::Seconds>().value.count());
    return settings;
}

std::string thresholds_table()
{
    std::string text = "| option | default | meaning | where the default comes from |\n| --- | --- | --- | --- |\n";
    for (const Definition* detector : all_detectors())
        for (const auto& parameter : detector->parameters)
            text += fmt::format("| `{}` | {} | {} | {} |\n", option_name(*detector, parameter), parameter.value,
                                parameter.meaning, parameter.provenance);
    return text;
}

} // namespace peer_observer::detector
