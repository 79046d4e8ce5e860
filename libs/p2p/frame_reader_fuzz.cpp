// Whatever a node sends, in whatever pieces: the same messages come of it as if all were there at once.
#include "libs/base/limits.h"
#include "libs/p2p/frame_reader_testing.h"

#include <cstdlib>
#include <cstring>

using namespace peer_observer;
using namespace peer_observer::p2p;
using State = FrameReader::State;

namespace {

void expect(bool condition)
{
    if (!condition) std::abort();
}

/// The plain way: all bytes are there.
testing::Read read_at_once(std::string_view bytes)
{
    const std::string_view magic{kChains[0].magic.data(), kChains[0].magic.size()};
    testing::Read read;
    while (!bytes.empty()) {
        const auto compared = std::min(bytes.size(), magic.size());
        if (bytes.substr(0, compared) != magic.substr(0, compared)) return {State::wrong_magic, read.messages};
        if (bytes.size() < kHeaderBytes) return read;
        const std::string type{bytes.substr(kTypeOffset, kTypeBytes)};
        for (std::size_t i = 0; i < type.size(); ++i) {
            const bool is_text = type[i] >= ' ' && type[i] <= '~';
            const bool is_padding = type[i] == '\0' && type.find_first_not_of('\0', i) == type.npos;
            if (!is_text && !is_padding) return {State::bad_type, read.messages};
        }
        std::uint32_t size = 0;
        std::memcpy(&size, bytes.data() + kSizeOffset, sizeof size);
        if (size > base::kMaxPayloadBytes) return {State::too_large, read.messages};
        if (bytes.size() - kHeaderBytes < size) return read;
        const auto payload = bytes.substr(kHeaderBytes, size);
        if (checksum(payload) != bytes.substr(kChecksumOffset, 4)) return {State::bad_checksum, read.messages};
        read.messages.emplace_back(type.c_str(), payload);
        bytes.remove_prefix(kHeaderBytes + size);
    }
    return read;
}

void check(std::string_view bytes, std::size_t piece)
{
    expect(testing::read_in_pieces(bytes, piece) == read_at_once(bytes));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 2) return 0;
    const std::size_t piece = 1 + data[0];
    const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
    check(bytes, piece);

    // Messages with a right header, which a fuzzer would never find: each line is one, with a byte of the input
    // changed.
    std::string stream;
    auto rest = bytes;
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const auto type = line.substr(0, std::min(line.find(' '), kTypeBytes));
        stream += message(kChains[0].magic, type, line.substr(type.size()));
    }
    check(stream, piece);
    stream[data[1] % stream.size()] ^= 1;
    check(stream, piece);
    return 0;
}
