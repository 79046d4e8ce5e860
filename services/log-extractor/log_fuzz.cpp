// Whatever a log holds: no byte is lost but blank lines and what is said to be cut, events survive the bus, and memory
// is bounded. The first byte of the input says in which pieces the rest comes.
#include "proto/event.pb.h"
#include "services/log-extractor/assembler.h"
#include "services/log-extractor/event_maker.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace peer_observer;

std::string without_newlines(std::string_view text)
{
    std::string kept;
    for (const char c : text)
        if (c != '\n') kept += c;
    return kept;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) return 0;
    static log_extractor::EventMaker maker;
    const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
    std::string seen;
    std::uint64_t next_offset = 0;
    log_extractor::Assembler assembler{[&](const log_extractor::Message& message) {
        const auto& event = maker.make(message, 1);
        proto::Event again;
        if (!again.ParseFromString(event.SerializeAsString())) std::abort();
        if (message.offset < next_offset || message.full_bytes < message.raw.size()) std::abort();
        next_offset = message.offset + message.full_bytes;
        if (text.substr(message.offset, message.full_bytes) != message.raw && message.full_bytes == message.raw.size())
            std::abort();
        seen += message.raw;
    }};
    const std::size_t piece = data[0] + 1U;
    for (std::size_t begin = 0; begin < text.size(); begin += piece) {
        assembler.feed(text.substr(begin, piece), begin);
        if (data[0] % 2 == 0) assembler.flush();
    }
    assembler.finish();
    if (without_newlines(seen) != without_newlines(text)) std::abort();
    return 0;
}
