#include "libs/events/conjunction.h"
#include "libs/events/selection_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peer_observer::events {
namespace {

using ::testing::HasSubstr;

std::string refusal_of(std::string_view text)
{
    const auto read = parse_conjunction(text);
    return read ? "none" : read.error();
}

TEST(Conjunction, ReadsTermsAndTheirValues)
{
    const auto read = parse_conjunction("kind=message|mempool.rejected,message_type=inv,direction=inbound,peer=0|7,"
                                        "address=[2001:db8::1]:8333|192.0.2.1,as=24940|4294967295,pid=9");
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, (Conjunction{.kinds = {"message", "mempool.rejected"},
                                  .message_types = {"inv"},
                                  .directions = {"inbound"},
                                  .peers = {0, 7},
                                  .addresses = {"[2001:db8::1]:8333", "192.0.2.1"},
                                  .pids = {9},
                                  .ases = {24940, 4294967295}}));
}

TEST(Conjunction, KeepsEqualsSignsOfValue)
{
    EXPECT_EQ(parse_conjunction("message_type=a=b")->message_types, std::vector<std::string>{"a=b"});
}

TEST(Conjunction, WritesWhatItReads)
{
    for (const std::string text :
         {"kind=connection", "message_type=addr|addrv2", "kind=message,direction=outbound,peer=3",
          "address=192.0.2.1|[2001:db8::1]:8333,as=3,pid=1|2"}) {
        EXPECT_EQ(to_string(*parse_conjunction(text)), text);
    }
    EXPECT_EQ(to_string(*parse_conjunction("message_type=inv,kind=message")), "kind=message,message_type=inv");
    EXPECT_EQ(to_string({}), "");
}

TEST(Conjunction, TakesConditionsOneByOne)
{
    std::string terms;
    Conjunction conjunction;
    for (const auto key : selection_keys()) {
        EXPECT_EQ(add_condition(conjunction, key, "7"), "") << key;
        terms += (terms.empty() ? "" : ",") + std::string{key} + "=7";
    }
    EXPECT_EQ(to_string(conjunction), terms);
    EXPECT_EQ(add_condition(conjunction, "peer", "x"), "'x' is no number for 'peer'");
    EXPECT_EQ(add_condition(conjunction, "peer", ""), "the key 'peer' has an empty value");
    EXPECT_THAT(add_condition(conjunction, "peers", "7"), HasSubstr("'peers' is no key"));
}

TEST(Conjunction, NamesAllKeysInItsHelp)
{
    std::string list;
    for (const auto key : selection_keys())
        list += (key == selection_keys().back() ? " or " : list.empty() ? "" : ", ") + std::string{key};
    EXPECT_THAT(kSelectionHelp, HasSubstr("with the key " + list));
    EXPECT_THAT(refusal_of(""), HasSubstr("with the key " + list));
}

TEST(Conjunction, RefusesWhatIsNoSelection)
{
    EXPECT_THAT(refusal_of(""), HasSubstr("'' is no term KEY=VALUE"));
    EXPECT_THAT(refusal_of("kind"), HasSubstr("'kind' is no term"));
    EXPECT_THAT(refusal_of("kinds=message"), HasSubstr("'kinds=message' is no term"));
    EXPECT_THAT(refusal_of("kind=message,"), HasSubstr("'' is no term"));
    EXPECT_THAT(refusal_of(" kind=message"), HasSubstr("' kind=message' is no term"));
    EXPECT_EQ(refusal_of("kind="), "the key 'kind' has an empty value");
    EXPECT_EQ(refusal_of("message_type=inv|"), "the key 'message_type' has an empty value");
    EXPECT_EQ(refusal_of("kind=message,kind=mempool"), "the key 'kind' stands twice: give its values as kind=A|B");
    for (const auto* number : {"x", "1x", "9223372036854775808", "1 "})
        EXPECT_EQ(refusal_of(std::string{"peer="} + number), "'" + std::string{number} + "' is no number for 'peer'");
    EXPECT_EQ(refusal_of("pid=-1"), "'-1' is no number for 'pid'");
    EXPECT_EQ(refusal_of("pid=4294967296"), "'4294967296' is no number for 'pid'");
    EXPECT_THAT(refusal_of("address=\x1b[31m"), HasSubstr("not printable ASCII"));
    EXPECT_THAT(refusal_of("message_type=" + std::string(kMaxSelectionBytes, 'a')), HasSubstr("4096 bytes"));
}

} // namespace
} // namespace peer_observer::events
