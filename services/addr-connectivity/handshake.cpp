#include "services/addr-connectivity/handshake.h"

#include "libs/wire/decode.h"
#include "libs/wire/sha256.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace peer_observer::addr_connectivity {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::int32_t kProtocolVersion = 70016;
constexpr std::string_view kVersionType{"version\0\0\0\0\0", 12};
constexpr std::size_t kTypeEnd = 16;
constexpr std::size_t kEmptyAddressSize = 8 + 16 + 2;

template <typename T>
void append(std::string& out, T number)
{
    out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

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

std::string_view checksum(const wire::Hash& hash) { return wire::view(hash).substr(0, 4); }

} // namespace

Magic signet_magic(std::string_view challenge)
{
    std::string size;
    append_compact_size(size, challenge.size());
    const auto hash = wire::double_sha256({size, challenge});
    Magic magic{};
    std::copy_n(hash.begin(), magic.size(), magic.begin());
    return magic;
}

std::string version_message(const Greeting& greeting)
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
    payload += '\0';                  // no transactions, please

    std::string message{greeting.magic.data(), greeting.magic.size()};
    message += kVersionType;
    append(message, static_cast<std::uint32_t>(payload.size()));
    message += checksum(wire::double_sha256({payload}));
    return message + payload;
}

VersionReader::State VersionReader::read(std::span<const char> bytes)
{
    auto state = State::more;
    while (state == State::more && !bytes.empty()) {
        const auto taken = std::min(wanted_ - size_, bytes.size());
        std::copy_n(bytes.begin(), taken, buffer_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += taken;
        bytes = bytes.subspan(taken);
        if (size_ == wanted_) {
            if (wanted_ == sizeof(Magic)) {
                state = check_magic();
            } else if (wanted_ <= kHeaderSize) {
                state = check_header();
            } else {
                state = check_payload();
            }
        }
    }
    return state;
}

Result VersionReader::result_at_end() const
{
    const auto compared = std::min(size_, magic_.size());
    return view(0, compared) == std::string_view{magic_.data(), compared} ? proto::AddressChecked::CLOSED
                                                                          : proto::AddressChecked::NOT_BITCOIN;
}

VersionReader::State VersionReader::fail(Result result, std::string reason)
{
    result_ = result;
    reason_ = std::move(reason);
    return State::failed;
}

VersionReader::State VersionReader::check_magic()
{
    Magic found{};
    std::copy_n(buffer_.begin(), found.size(), found.begin());
    if (found == magic_) {
        wanted_ = kHeaderSize;
        return State::more;
    }
    const auto* const chain = std::ranges::find(kChains, found, &Chain::magic);
    if (chain != kChains.end())
        return fail(proto::AddressChecked::WRONG_NETWORK, fmt::format("a message of the network {}", chain->name));
    wanted_ = kTypeEnd; // shows whether it is a message of an unknown network
    return State::more;
}

VersionReader::State VersionReader::check_header()
{
    const bool is_version = view(sizeof(Magic), kVersionType.size()) == kVersionType;
    if (wanted_ == kTypeEnd) {
        if (is_version) return fail(proto::AddressChecked::WRONG_NETWORK, "a version message of an unknown network");
        return fail(proto::AddressChecked::NOT_BITCOIN, "no Bitcoin message");
    }
    if (!is_version) {
        // To Core such a command is invalid (CMessageHeader::IsMessageTypeValid() in protocol.cpp).
        const auto type = view(sizeof(Magic), kVersionType.size());
        const bool is_padded = type.find_first_not_of('\0', std::min(type.find('\0'), type.size())) == type.npos;
        return fail(proto::AddressChecked::NOT_BITCOIN,
                    is_padded ? "another message comes before version" : "a message type with bytes behind its NUL");
    }
    std::uint32_t size = 0;
    std::memcpy(&size, buffer_.data() + kTypeEnd, sizeof size);
    // 46: version, services, time and one address. What has no nonce is older than any node that still runs.
    if (size < 46 || size > kMaxPayload)
        return fail(proto::AddressChecked::NOT_BITCOIN, fmt::format("a version message of {} bytes", size));
    wanted_ = kHeaderSize + size;
    return State::more;
}

VersionReader::State VersionReader::check_payload()
{
    const auto payload = view(kHeaderSize, size_ - kHeaderSize);
    if (checksum(wire::double_sha256({payload})) != view(kTypeEnd + 4, 4))
        return fail(proto::AddressChecked::NOT_BITCOIN, "the checksum of the version message is wrong");
    std::string decoded;
    const auto trailing =
        wire::decode("version", {reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()}, {}, decoded);
    proto::MessagePayload message;
    if (!trailing || !message.ParseFromString(decoded))
        return fail(proto::AddressChecked::NOT_BITCOIN,
                    fmt::format("a malformed version message: {}", trailing ? "" : trailing.error().reason));
    version_ = std::move(*message.mutable_version());
    if (version_.has_nonce() && version_.nonce() == nonce_)
        return fail(proto::AddressChecked::NOT_BITCOIN, "our own version message came back");
    return State::done;
}

} // namespace peer_observer::addr_connectivity
