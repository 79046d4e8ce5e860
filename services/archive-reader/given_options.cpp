#include "services/archive-reader/given_options.h"

#include "libs/app/option_values.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>

namespace peer_observer::archive_reader {

std::vector<std::pair<std::string, std::string>> given_options(const boost::program_options::variables_map& values,
                                                               const std::vector<std::string_view>& except)
{
    std::vector<std::pair<std::string, std::string>> options;
    for (const auto& [name, value] : values) {
        if (value.defaulted() || std::ranges::find(except, name) != except.end()) continue;
        if (const auto* one = boost::any_cast<std::string>(&value.value())) options.emplace_back(name, *one);
        if (const auto* many = boost::any_cast<std::vector<std::string>>(&value.value())) {
            if (name == "select") { // which has commas in it
                for (const auto& one : *many)
                    options.emplace_back(name, one);
            } else {
                options.emplace_back(name, fmt::format("{}", fmt::join(*many, ",")));
            }
        }
        if (const auto* many = boost::any_cast<std::vector<std::int64_t>>(&value.value()))
            options.emplace_back(name, fmt::format("{}", fmt::join(*many, ",")));
        if (const auto* one = boost::any_cast<app::Count>(&value.value()))
            options.emplace_back(name, std::to_string(one->value));
        if (const auto* many = boost::any_cast<std::vector<app::Count>>(&value.value()))
            for (const auto& one : *many)
                options.emplace_back(name, std::to_string(one.value));
    }
    return options;
}

} // namespace peer_observer::archive_reader
