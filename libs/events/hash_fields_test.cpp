#include "libs/base/hex.h"
#include "libs/events/event_view.h"
#include "libs/events/hash_fields.h"
#include "libs/events/testing/every_kind.h"
#include "proto/options.pb.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace peer_observer::events {
namespace {

/// Gives each hash of a message another value, and returns them: by reflection, for_each_hash() goes by the bytes.
void number_hashes(google::protobuf::Message& message, std::set<std::string>& hashes)
{
    using google::protobuf::FieldDescriptor;
    const auto& reflection = *message.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const auto* field : fields) {
        const auto next = [&] {
            auto hash = std::to_string(hashes.size());
            hash.resize(kHashBytes, 'h');
            hashes.insert(hash);
            return hash;
        };
        const bool is_hash = field->options().GetExtension(proto::display) == proto::HASH;
        const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
        for (int i = 0; i < count; ++i) {
            if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
                number_hashes(field->is_repeated() ? *reflection.MutableRepeatedMessage(&message, field, i)
                                                   : *reflection.MutableMessage(&message, field),
                              hashes);
            else if (is_hash && field->is_repeated())
                reflection.SetRepeatedString(&message, field, i, next());
            else if (is_hash)
                reflection.SetString(&message, field, next());
        }
    }
}

TEST(HashFields, AreFoundInEveryKind)
{
    std::size_t total = 0;
    for (auto event : events_of_every_kind({.items = 2})) {
        std::set<std::string> hashes;
        number_hashes(event, hashes);
        std::set<std::string> found;
        const auto bytes = event.SerializeAsString();
        EXPECT_TRUE(for_each_hash(bytes, [&](std::string_view hash) { found.emplace(hash); }));
        EXPECT_EQ(found, hashes) << event.ShortDebugString();
        const auto view = view_event(bytes);
        if (!hashes.empty()) {
            EXPECT_TRUE(has_hash_fields(view.context, view.arm));
        }
        total += hashes.size();
    }
    EXPECT_GT(total, 150U);
}

TEST(HashFields, AreFoundAsTextOfRpc)
{
    const std::string hex(64, '7');
    proto::Event event;
    event.mutable_rpc()->mutable_getblockchaininfo()->set_bestblockhash(hex);
    EXPECT_TRUE(WantedHash{hex}.is_in(event.SerializeAsString()));
    EXPECT_FALSE(WantedHash{std::string(64, '8')}.is_in(event.SerializeAsString()));
}

TEST(HashFields, AreNotFoundElsewhere)
{
    const std::string hash(kHashBytes, 'h');
    proto::Event event;
    auto& message = *event.mutable_message()->mutable_inbound();
    message.set_raw("x" + hash + "y");
    EXPECT_FALSE(WantedHash{base::to_reversed_hex(hash)}.is_in(event.SerializeAsString()));
    message.mutable_payload()->mutable_inv()->add_items()->set_hash(hash);
    EXPECT_TRUE(WantedHash{base::to_reversed_hex(hash)}.is_in(event.SerializeAsString()));
}

TEST(HashFields, SayWhereThereMayBeMore)
{
    const auto knows_all = [](const std::string& bytes) { return for_each_hash(bytes, [](std::string_view) {}); };
    proto::Event event;
    event.mutable_mempool()->mutable_added()->set_txid(std::string(kHashBytes, 'h'));
    EXPECT_TRUE(knows_all(event.SerializeAsString()));
    event.mutable_mempool()
        ->mutable_added()
        ->GetReflection()
        ->MutableUnknownFields(event.mutable_mempool()->mutable_added())
        ->AddLengthDelimited(500, "x");
    EXPECT_FALSE(knows_all(event.SerializeAsString()));
    EXPECT_FALSE(knows_all("\xff"));
}

TEST(HashFields, AreWantedAsBitcoinShowsThem)
{
    std::string hex(64, '0');
    hex[0] = 'A'; // the last byte
    EXPECT_EQ(WantedHash{hex}.bytes()[kHashBytes - 1], '\xa0');
    for (const auto* wrong : {"", "12", "x", "0x1234"})
        EXPECT_THROW(WantedHash{wrong}, std::invalid_argument);
    EXPECT_THROW(WantedHash{std::string(63, '0') + "g"}, std::invalid_argument);
}

} // namespace
} // namespace peer_observer::events
