// What several tests of this folder need.
#pragma once

#include "libs/base/hex.h"
#include "libs/wire/decode.h"
#include "proto/p2p.pb.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace peer_observer::wire::test {

inline std::string read_file(const std::string& path)
{
    std::ifstream file{path, std::ios::binary};
    if (!file) throw std::runtime_error{"cannot read " + path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// A file of testdata/: the payload in hex, a line `=>`, and what must come of it.
struct Testdata {
    std::string payload;
    std::string expected; ///< a PeerMessage in protobuf's text format
};

/// Blanks and what follows a # on a line do not count.
inline Testdata read_testdata(const std::string& path)
{
    const auto text = "\n" + read_file(path);
    const std::string_view separator = "\n=>\n";
    const auto end = text.find(separator);
    if (end == std::string::npos) throw std::runtime_error{"no line =>: " + path};
    std::string digits;
    bool comment = false;
    for (const char character : std::string_view{text}.substr(0, end)) {
        comment = character == '#' || (comment && character != '\n');
        if (!comment && character != ' ' && character != '\n') digits += character;
    }
    const auto payload = base::from_hex(digits);
    if (!payload) throw std::runtime_error{"not hex: " + path};
    return {*payload, text.substr(end + separator.size())};
}

inline std::span<const std::uint8_t> as_span(std::string_view bytes)
{
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

inline std::expected<Decoded, DecodeError> decode(std::string_view type, std::string_view payload, std::string& out,
                                                  TxDetail detail = TxDetail::full)
{
    return wire::decode(type, as_span(payload), {.tx_detail = detail}, out);
}

/// The message, of a payload that has to be good.
inline proto::MessagePayload decoded(std::string_view type, std::string_view payload, TxDetail detail = TxDetail::full)
{
    std::string out;
    const auto trailing = decode(type, payload, out, detail);
    EXPECT_TRUE(trailing.has_value()) << trailing.error().reason << " at " << trailing.error().offset;
    EXPECT_EQ(trailing.value_or(Decoded{}).trailing_bytes, 0U);
    proto::MessagePayload message;
    EXPECT_TRUE(message.ParseFromString(out));
    return message;
}

/// Why a payload is bad; empty when it is good.
inline std::string decode_error(std::string_view type, std::string_view payload)
{
    std::string out;
    const auto trailing = decode(type, payload, out);
    return trailing ? "" : std::string{trailing.error().reason};
}

} // namespace peer_observer::wire::test
