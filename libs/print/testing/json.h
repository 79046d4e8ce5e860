// For tests: JSON as a table from the path of each value to the value.
#pragma once

#include <nlohmann/json.hpp>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace peer_observer::print {

/// `a.b` is member b of member a, `a.0` the first item of the list a. Strings are themselves, numbers as they are
/// written, objects `{}`, and lists `[]`.
using FlatJson = std::map<std::string, std::string>;

class JsonFlattener : public nlohmann::json_sax<nlohmann::json> {
public:
    bool null() override { return put("null"); }
    bool boolean(bool value) override { return put(value ? "true" : "false"); }
    bool number_integer(number_integer_t value) override { return put(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return put(std::to_string(value)); }
    bool number_float(number_float_t, const string_t& text) override { return put(text); }
    bool string(string_t& value) override { return put(value); }
    bool binary(binary_t&) override { return false; }
    bool key(string_t& name) override
    {
        levels_.back().name = name;
        return true;
    }
    bool start_object(std::size_t) override { return put("{}") && enter(false); }
    bool start_array(std::size_t) override { return put("[]") && enter(true); }
    bool end_object() override { return leave(); }
    bool end_array() override { return leave(); }
    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

    FlatJson values;

private:
    struct Level {
        bool is_list = false;
        std::size_t next = 0;
        std::string name;
    };

    bool enter(bool is_list)
    {
        levels_.push_back({.is_list = is_list});
        return true;
    }

    bool leave()
    {
        levels_.pop_back();
        return true;
    }

    /// Refuses a second member of one name.
    bool put(const std::string& value)
    {
        if (!levels_.empty() && levels_.back().is_list) levels_.back().name = std::to_string(levels_.back().next++);
        std::string path;
        for (const auto& level : levels_)
            path += (path.empty() ? "" : ".") + level.name;
        return values.emplace(path, value).second;
    }

    std::vector<Level> levels_;
};

/// Throws if `json` is not one valid JSON value with valid UTF-8 and unique names.
inline FlatJson flatten(const std::string& json)
{
    JsonFlattener flattener;
    if (!nlohmann::json::sax_parse(json, &flattener)) throw std::runtime_error{"bad JSON: " + json};
    return flattener.values;
}

} // namespace peer_observer::print
