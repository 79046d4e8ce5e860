#include "libs/events/hash_fields.h"

#include "libs/base/hex.h"
#include "proto/event.pb.h"
#include "proto/options.pb.h"

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

#include <map>
#include <stdexcept>
#include <vector>

namespace peer_observer::events {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using protozero::pbf_wire_type;

// The types of proto/ nest less deeply, and none contains itself.
constexpr int kMaxDepth = 16;

struct Field {
    enum class Use : std::uint8_t { unknown, other, hash, hex, message };
    Use use = Use::unknown;
    std::uint16_t type = 0; ///< message: of what is in it
};

struct Type {
    std::vector<Field> fields; ///< by number
    bool has_hashes = false;   ///< in it, or further in

    Field field(std::uint32_t number) const { return number < fields.size() ? fields[number] : Field{}; }
};

Field::Use use_of(const FieldDescriptor& field)
{
    if (field.message_type() != nullptr) return Field::Use::message;
    if (field.type() == FieldDescriptor::TYPE_BYTES && field.options().GetExtension(proto::display) == proto::HASH)
        return Field::Use::hash;
    const std::string_view name{field.name()};
    if (field.type() == FieldDescriptor::TYPE_STRING && (name.ends_with("hash") || name.ends_with("txid")))
        return Field::Use::hex;
    return Field::Use::other;
}

/// All types of messages in an event; Event itself is the first.
class Types {
public:
    Types() { (void)add(proto::Event::descriptor()); }
    const Type& operator[](std::size_t number) const { return types_[number]; }

private:
    std::uint16_t add(const Descriptor* descriptor)
    {
        const auto [known, is_new] = numbers_.try_emplace(descriptor, static_cast<std::uint16_t>(types_.size()));
        const auto number = known->second;
        if (!is_new) return number;
        types_.emplace_back();
        Type type;
        for (int i = 0; i < descriptor->field_count(); ++i) {
            const auto& field = *descriptor->field(i);
            const auto place = static_cast<std::size_t>(field.number());
            if (type.fields.size() <= place) type.fields.resize(place + 1);
            auto& entry = type.fields[place];
            entry.use = use_of(field);
            if (entry.use == Field::Use::message) entry.type = add(field.message_type());
            type.has_hashes = type.has_hashes || entry.use == Field::Use::hash || entry.use == Field::Use::hex ||
                              (entry.use == Field::Use::message && types_[entry.type].has_hashes);
        }
        types_[number] = std::move(type);
        return number;
    }

    std::map<const Descriptor*, std::uint16_t> numbers_;
    std::vector<Type> types_;
};

const Types& types()
{
    static const Types all;
    return all;
}

class Walk {
public:
    explicit Walk(const std::function<void(std::string_view)>& visit) : visit_{visit} {}

    bool knows_all() const { return knows_all_; }

    void message(std::string_view bytes, const Type& type, int depth)
    {
        protozero::pbf_reader reader{bytes.data(), bytes.size()};
        while (reader.next()) {
            const auto field = type.field(reader.tag());
            if (field.use == Field::Use::unknown) knows_all_ = false;
            if (reader.wire_type() != pbf_wire_type::length_delimited) {
                reader.skip();
                continue;
            }
            const std::string_view value = reader.get_view();
            if (field.use == Field::Use::message && depth < kMaxDepth)
                message(value, types()[field.type], depth + 1);
            else if (field.use == Field::Use::message)
                knows_all_ = false;
            else if (field.use == Field::Use::hash && value.size() == kHashBytes)
                visit_(value);
            else if (field.use == Field::Use::hex && value.size() == 2 * kHashBytes)
                hex(value);
        }
    }

private:
    void hex(std::string_view text)
    {
        const auto bytes = base::from_hex(text);
        if (bytes) visit_(std::string{bytes->rbegin(), bytes->rend()});
    }

    const std::function<void(std::string_view)>& visit_;
    bool knows_all_ = true;
};

} // namespace

bool for_each_hash(std::string_view event, const std::function<void(std::string_view)>& visit)
{
    Walk walk{visit};
    try {
        walk.message(event, types()[0], 0);
    } catch (const protozero::exception&) {
        return false;
    }
    return walk.knows_all();
}

bool has_hash_fields(std::uint32_t context, std::uint32_t arm)
{
    const auto outer = types()[0].field(context);
    if (outer.use != Field::Use::message) return false;
    if (arm == 0) return types()[outer.type].has_hashes;
    const auto inner = types()[outer.type].field(arm);
    return inner.use == Field::Use::message && types()[inner.type].has_hashes;
}

WantedHash::WantedHash(std::string_view hex)
{
    const auto bytes = base::from_hex(hex);
    if (!bytes || bytes->size() != kHashBytes)
        throw std::invalid_argument{"'" + std::string{hex} +
                                    "' is no hash: that has 64 hex digits, as bitcoin-cli shows it"};
    bytes_.assign(bytes->rbegin(), bytes->rend());
    hex_ = base::to_hex(*bytes);
}

bool WantedHash::is_in(std::string_view event) const
{
    // Most events do not have the bytes at all.
    if (event.find(bytes_) == event.npos && event.find(hex_) == event.npos) return false;
    bool is_in = false;
    (void)for_each_hash(event, [&](std::string_view hash) { is_in = is_in || hash == bytes_; });
    return is_in;
}

} // namespace peer_observer::events
