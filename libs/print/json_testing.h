// For tests: JSON as a table from the path of each value to the value.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <rapidjson/reader.h>

namespace peer_observer::print {

/// `a.b` is member b of member a, `a.0` the first item of the list a. Strings are themselves, numbers as they are
/// written, objects `{}`, and lists `[]`.
using FlatJson = std::map<std::string, std::string>;

class JsonFlattener : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, JsonFlattener> {
public:
    bool Default() { return false; } // what is not named here is not expected
    bool Bool(bool value) { return put(value ? "true" : "false"); }
    bool RawNumber(const char* text, rapidjson::SizeType size, bool) { return put({text, size}); }
    bool String(const char* text, rapidjson::SizeType size, bool) { return put({text, size}); }
    bool Key(const char* text, rapidjson::SizeType size, bool)
    {
        levels_.back().name.assign(text, size);
        return true;
    }
    bool StartObject() { return put("{}") && enter(false); }
    bool StartArray() { return put("[]") && enter(true); }
    bool EndObject(rapidjson::SizeType) { return leave(); }
    bool EndArray(rapidjson::SizeType) { return leave(); }

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
    rapidjson::StringStream stream{json.c_str()};
    constexpr auto kFlags = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
    if (rapidjson::Reader{}.Parse<kFlags>(stream, flattener).IsError()) throw std::runtime_error("bad JSON: " + json);
    return flattener.values;
}

} // namespace peer_observer::print
