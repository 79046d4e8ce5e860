// Whatever a server answers: an event that survives the bus, or a fault of one printable line, in bounded memory. The
// first byte of the input chooses the call.
#include "libs/app/logging.h"
#include "services/rpc-extractor/answer.h"
#include "services/rpc-extractor/calls.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerInitialize(int*, char***)
{
    peer_observer::app::silence_protobuf();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace peer_observer;
    if (size == 0) return 0;
    const auto& call = rpc_extractor::calls()[data[0] % rpc_extractor::calls().size()];
    const std::string body{data + 1, data + size};
    const auto answer = rpc_extractor::read_answer(call, 7, 200, body);
    if (!answer) {
        const auto& text = answer.error().text;
        const bool is_line = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
        if (text.empty() || text.size() > 300 || !is_line) std::abort();
        return 0;
    }
    // Text costs a few bytes a value at least: what comes out is no larger than a small multiple of it.
    const auto event = answer->rpc.SerializeAsString();
    proto::Rpc again;
    if (event.size() > 16 * size + 1024 || !again.ParseFromString(event)) std::abort();
    if (answer->unknown_fields.size() > 33 + 300) // and names of our own fields
        std::abort();
    return 0;
}
