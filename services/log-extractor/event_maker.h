// From a message of the log to an event.
#pragma once

#include "proto/event.pb.h"
#include "services/log-extractor/assembler.h"
#include "services/log-extractor/pattern.h"
#include "services/log-extractor/prefix.h"

#include <array>
#include <cstdint>
#include <vector>

namespace peer_observer::log_extractor {

class EventMaker {
public:
    explicit EventMaker(PrefixParser::ThreadNames thread_names = PrefixParser::ThreadNames::unknown);

    /// Valid until the next call. `read_ns`: UNIX time.
    const proto::Event& make(const Message& message, std::uint64_t read_ns);

    PrefixParser& prefixes() { return prefixes_; }
    /// Only learns from the message.
    void learn(const Message& message) { (void)prefixes_.parse(message.raw); }

private:
    struct Typed {
        const google::protobuf::FieldDescriptor* arm;
        Pattern pattern;
    };

    bool set_typed(std::string_view text);
    bool set_first(const std::vector<Typed>& rows, std::string_view text);
    /// Where the line of the arm that is set belongs.
    proto::LogLine& line();

    PrefixParser prefixes_;
    proto::Event event_;
    std::array<std::vector<Typed>, 256> by_first_byte_;
    std::vector<Pattern::Capture> captures_;
    std::vector<Typed> others_; ///< whose patterns begin with a field
};

} // namespace peer_observer::log_extractor
