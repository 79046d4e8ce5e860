// A capture has the bytes of hostile peers and hosts, and may be damaged: what is read of any file is a valid event.
#include "services/archive-reader/pcap/packet_events.h"

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace peer_observer;
    namespace fs = std::filesystem;
    static const auto file = fs::temp_directory_path() / ("pcap_fuzz." + std::to_string(getpid()));
    std::ofstream{file, std::ios::binary | std::ios::trunc}.write(reinterpret_cast<const char*>(data),
                                                                  static_cast<std::streamsize>(size));
    try {
        (void)archive_reader::infer({file});
        archive_reader::PacketEvents packets{{file},
                                             archive_reader::NodeEnds{{"192.0.2.1:8333"}},
                                             p2p::kChains[0].magic,
                                             {.connections = 4, .bytes = 100'000}};
        std::uint64_t messages = 0;
        while (const auto* event = packets.next()) {
            proto::Event again;
            if (!again.ParseFromString(event->SerializeAsString())) std::abort();
            if (event->has_message()) ++messages;
        }
        // No bytes become a message twice: the shortest has 20.
        if (messages > size / 20 + 1) std::abort();
    } catch (const std::runtime_error&) { // cannot be opened
    }
    fs::remove(file);
    return 0;
}
