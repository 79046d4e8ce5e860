#include "services/addr-connectivity/handshake.h"

#include "libs/wire/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace peer_observer::addr_connectivity {
namespace {

constexpr std::string_view kVersionType{"version\0\0\0\0\0", p2p::kTypeBytes};

} // namespace

VersionReader::State VersionReader::read(std::span<const char> bytes)
{
    auto state = State::more;
    while (state == State::more && !bytes.empty()) {
        const auto taken = std::min(wanted_ - size_, bytes.size());
        std::copy_n(bytes.begin(), taken, buffer_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += taken;
        bytes = bytes.subspan(taken);
        if (size_ == wanted_) {
            if (wanted_ == sizeof(p2p::Magic)) {
                state = check_magic();
            } else if (wanted_ <= p2p::kHeaderBytes) {
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
    p2p::Magic found{};
    std::copy_n(buffer_.begin(), found.size(), found.begin());
    if (found == magic_) {
        wanted_ = p2p::kHeaderBytes;
        return State::more;
    }
    const auto* const chain = std::ranges::find(p2p::kChains, found, &p2p::Chain::magic);
    if (chain != p2p::kChains.end())
        return fail(proto::AddressChecked::WRONG_NETWORK, fmt::format("a message of the network {}", chain->name));
    wanted_ = p2p::kSizeOffset; // shows whether it is a message of an unknown network
    return State::more;
}

VersionReader::State VersionReader::check_header()
{
    const bool is_version = view(sizeof(p2p::Magic), kVersionType.size()) == kVersionType;
    if (wanted_ == p2p::kSizeOffset) {
        if (is_version) return fail(proto::AddressChecked::WRONG_NETWORK, "a version message of an unknown network");
        return fail(proto::AddressChecked::NOT_BITCOIN, "no Bitcoin message");
    }
    if (!is_version) {
        const auto type = view(sizeof(p2p::Magic), kVersionType.size());
        return fail(proto::AddressChecked::NOT_BITCOIN, p2p::is_padded(type)
                                                            ? "another message comes before version"
                                                            : "a message type with bytes behind its NUL");
    }
    std::uint32_t size = 0;
    std::memcpy(&size, buffer_.data() + p2p::kSizeOffset, sizeof size);
    // 46: version, services, time and one address. What has no nonce is older than any node that still runs.
    if (size < 46 || size > kMaxPayload)
        return fail(proto::AddressChecked::NOT_BITCOIN, fmt::format("a version message of {} bytes", size));
    wanted_ = p2p::kHeaderBytes + size;
    return State::more;
}

VersionReader::State VersionReader::check_payload()
{
    const auto payload = view(p2p::kHeaderBytes, size_ - p2p::kHeaderBytes);
    if (p2p::checksum(payload) != view(p2p::kChecksumOffset, p2p::kHeaderBytes - p2p::kChecksumOffset))
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
