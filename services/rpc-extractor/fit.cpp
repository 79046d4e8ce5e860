#include "services/rpc-extractor/fit.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace peer_observer::rpc_extractor {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using nlohmann::json;

struct Fitter {
    std::set<std::string>& removed;
    void object(json& value, const Descriptor& message)
    {
        for (auto item = value.begin(); item != value.end();) {
            const auto* const field = message.FindFieldByName(item.key());
            if (field != nullptr && (item->is_null() || member(*item, *field))) {
                ++item;
                continue;
            }
            // protobuf would take `mappedAs` for mapped_as, too; unknown names are counted elsewhere.
            if (field != nullptr) removed.insert(item.key());
            item = value.erase(item);
        }
    }

    /// False if `field` cannot take the value.
    bool member(json& value, const FieldDescriptor& field)
    {
        if (field.is_map()) return value.is_object() && map(value, *field.message_type()->map_value());
        if (!field.is_repeated()) return single(value, field);
        if (value.is_string() && value.get_ref<const std::string&>().empty()) value = json::array();
        if (!value.is_array()) {
            if (!single(value, field)) return false;
            value = json::array({value});
        }
        bool all = true;
        auto& list = value.get_ref<json::array_t&>();
        std::erase_if(list, [&](json& element) {
            const bool fits = !element.is_null() && single(element, field);
            all = all && fits;
            return !fits;
        });
        if (!all) note(field);
        return all || !list.empty(); // an empty list would be a statement
    }

    bool map(json& value, const FieldDescriptor& field)
    {
        for (auto item = value.begin(); item != value.end();) {
            if (!item->is_null() && single(*item, field)) {
                ++item;
                continue;
            }
            note(field);
            item = value.erase(item);
        }
        return true;
    }

    void note(const FieldDescriptor& field) { removed.insert(std::string{field.name()}); }

    bool single(json& value, const FieldDescriptor& field)
    {
        switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_MESSAGE:
            if (!value.is_object()) return false;
            object(value, *field.message_type());
            return true;
        case FieldDescriptor::CPPTYPE_STRING:
            if (value.is_number() || value.is_boolean()) value = value.dump();
            return value.is_string();
        case FieldDescriptor::CPPTYPE_BOOL:
            if (value.is_number_integer() && (value == 0 || value == 1)) value = value == 1;
            return value.is_boolean();
        case FieldDescriptor::CPPTYPE_INT32:
            return integer<std::int32_t>(value);
        case FieldDescriptor::CPPTYPE_INT64:
            return integer<std::int64_t>(value);
        case FieldDescriptor::CPPTYPE_UINT32:
            return integer<std::uint32_t>(value);
        case FieldDescriptor::CPPTYPE_UINT64:
            return integer<std::uint64_t>(value);
        case FieldDescriptor::CPPTYPE_DOUBLE:
            return real(value);
        default: // rpc_*.proto has no others
            return true;
        }
    }

    template <typename Number>
    bool integer(json& value)
    {
        if (value.is_string()) {
            const auto number = parse<Number>(value.get_ref<const std::string&>());
            if (!number) return false;
            value = *number;
        }
        if (value.is_number_unsigned()) return std::in_range<Number>(value.get<std::uint64_t>());
        if (value.is_number_integer()) return std::in_range<Number>(value.get<std::int64_t>());
        if (!value.is_number_float()) return false;
        constexpr double kExact = 9007199254740992; // 2^53
        const auto number = value.get<double>();
        if (std::trunc(number) != number || std::abs(number) > kExact) return false;
        if (!std::in_range<Number>(static_cast<std::int64_t>(number))) return false;
        value = static_cast<Number>(number);
        return true;
    }

    bool real(json& value)
    {
        if (value.is_string()) {
            const auto number = parse<double>(value.get_ref<const std::string&>());
            if (!number) return false;
            value = *number;
        }
        return value.is_number() && std::isfinite(value.get<double>());
    }

    template <typename Number>
    static std::optional<Number> parse(std::string_view text)
    {
        Number number{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
        return number;
    }
};

} // namespace

void fit(json& object, const Descriptor& message, std::set<std::string>& removed)
{
    Fitter{removed}.object(object, message);
}

} // namespace peer_observer::rpc_extractor
