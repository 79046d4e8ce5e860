#include "libs/p2p/message.h"

#include "libs/wire/sha256.h"

#include <algorithm>

namespace peer_observer::p2p {
namespace {

constexpr std::size_t kEmptyAddressSize = 8 + 16 + 2;

} // namespace

void append_compact_size(std::string& out, std::size_t size)
{
    if (size < 0xfd) {
        out += static_cast<char>(size);
    } else if (size <= 0xffff) {
        out += '\xfd';
        append(out, static_cast<std::uint16_t>(size));
    } else {
        out += '\xfe';
        append(out, static_cast<std::uint32_t>(size));
    }
}

std::string checksum(std::string_view payload)
{
    return std::string{wire::view(wire::double_sha256({payload})).substr(0, kHeaderBytes - kChecksumOffset)};
}

bool is_padded(std::string_view type)
{
    return type.find_first_not_of('\0', std::min(type.find('\0'), type.size())) == type.npos;
}

bool is_message_type(std::string_view type)
{
    const auto text = type.substr(0, type.find('\0'));
    return is_padded(type) && std::ranges::all_of(text, [](char letter) { return letter >= ' ' && letter <= '~'; });
}

std::string message(const Magic& magic, std::string_view type, std::string_view payload)
{
    std::string message{magic.data(), magic.size()};
    message += type;
    message.resize(kSizeOffset, '\0');
    append(message, static_cast<std::uint32_t>(payload.size()));
    message += checksum(payload);
    message += payload;
    return message;
}

std::string version_payload(const Greeting& greeting)
{
    std::string payload;
    append(payload, kProtocolVersion);
    append(payload, std::uint64_t{0}); // services
    append(payload, greeting.time_s);
    payload.append(2 * kEmptyAddressSize, '\0');
    append(payload, greeting.nonce);
    append_compact_size(payload, greeting.user_agent.size());
    payload += greeting.user_agent;
    append(payload, std::int32_t{0}); // height
    payload += greeting.relay ? '\1' : '\0';
    return payload;
}

std::string version_message(const Greeting& greeting)
{
    return message(greeting.magic, "version", version_payload(greeting));
}

} // namespace peer_observer::p2p
