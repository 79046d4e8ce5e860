// A file of captured packets (pcap or pcapng), read packet by packet.
#pragma once

#include "libs/base/c_handle.h"

#include <pcap/pcap.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace peer_observer::archive_reader {

/// By its first bytes.
bool is_packet_file(const std::filesystem::path& path);

class PacketFile {
public:
    struct Packet {
        std::uint64_t time_ns = 0;
        std::string_view bytes; ///< valid until pop()
    };

    /// Throws std::runtime_error naming the file if it cannot be opened, or has a link type that is not known.
    explicit PacketFile(std::filesystem::path path);

    /// The next packet; nothing at the end, and behind a problem.
    const std::optional<Packet>& front() const { return front_; }
    void pop();

    int link_type() const { return link_type_; }
    const std::filesystem::path& path() const { return path_; }
    /// Why the file was not read to its end; empty = it was.
    const std::string& problem() const { return problem_; }
    /// Bytes read.
    std::uint64_t position() const;

private:
    std::filesystem::path path_;
    base::CHandle<pcap_t, pcap_close> pcap_;
    int link_type_ = 0;
    std::optional<Packet> front_;
    std::string problem_;
};

} // namespace peer_observer::archive_reader
