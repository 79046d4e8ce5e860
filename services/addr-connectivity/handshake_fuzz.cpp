// Whatever another end sends, in whatever pieces: the reader keeps what it promises.
#include "services/addr-connectivity/handshake.h"

#include <algorithm>
#include <cstdlib>

using namespace peer_observer;
using namespace addr_connectivity;
using State = VersionReader::State;

namespace {

void expect(bool condition)
{
    if (!condition) std::abort();
}

State read(VersionReader& reader, std::string_view bytes, std::size_t piece)
{
    auto state = State::more;
    while (state == State::more && !bytes.empty()) {
        const auto taken = std::min(piece, bytes.size());
        state = reader.read({bytes.data(), taken});
        bytes.remove_prefix(taken);
    }
    return state;
}

void check(std::string_view bytes, std::size_t piece)
{
    VersionReader whole{p2p::kChains[0].magic, 0};
    VersionReader pieces{p2p::kChains[0].magic, 0};
    const auto state = read(whole, bytes, bytes.size() + 1);
    expect(read(pieces, bytes, piece) == state);
    expect(pieces.result() == whole.result());
    expect(pieces.reason() == whole.reason());
    expect(pieces.version().SerializeAsString() == whole.version().SerializeAsString());
    expect(bytes.starts_with(whole.first_bytes()));
    expect(whole.first_bytes().size() <= 64);
    const bool has_result =
        whole.result() == proto::AddressChecked::NOT_BITCOIN || whole.result() == proto::AddressChecked::WRONG_NETWORK;
    expect((state == State::failed) == has_result);
    // No more than the payload that the message has, and the names of its fields.
    expect(whole.version().ByteSizeLong() < 2000);
    if (state == State::more) expect(bytes.size() < 24 + 1000);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) return 0;
    const std::size_t piece = 1 + data[0];
    std::string bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
    check(bytes, piece);

    // The same with a right checksum, which a fuzzer would never find.
    check(p2p::message(p2p::kChains[0].magic, "version", bytes), piece);
    return 0;
}
