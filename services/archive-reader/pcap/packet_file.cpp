#include "services/archive-reader/pcap/packet_file.h"

#include "services/archive-reader/pcap/segment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <utility>

namespace peer_observer::archive_reader {
namespace {

constexpr std::size_t kMagicBytes = 4;

/// The first bytes of files that libpcap reads: pcap with micro- and nanoseconds in both byte orders, the old variant
/// of Linux, and pcapng.
constexpr std::array<std::string_view, 7> kMagics = {"\xa1\xb2\xc3\xd4", "\xd4\xc3\xb2\xa1", "\xa1\xb2\x3c\x4d",
                                                     "\x4d\x3c\xb2\xa1", "\xa1\xb2\xcd\x34", "\x34\xcd\xb2\xa1",
                                                     "\x0a\x0d\x0d\x0a"};

} // namespace

bool is_packet_file(const std::filesystem::path& path)
{
    std::array<char, kMagicBytes> magic{};
    std::ifstream{path, std::ios::binary}.read(magic.data(), magic.size());
    return std::ranges::find(kMagics, std::string_view{magic.data(), magic.size()}) != kMagics.end();
}

PacketFile::PacketFile(std::filesystem::path path) : path_{std::move(path)}
{
    std::array<char, PCAP_ERRBUF_SIZE> error{};
    pcap_.reset(pcap_open_offline_with_tstamp_precision(path_.c_str(), PCAP_TSTAMP_PRECISION_NANO, error.data()));
    if (!pcap_) throw std::runtime_error{fmt::format("cannot open {}: {}", path_.native(), error.data())};
    link_type_ = pcap_datalink(pcap_.get());
    if (!is_known_link_type(link_type_)) {
        const auto* const name = pcap_datalink_val_to_name(link_type_);
        throw std::runtime_error{fmt::format("{}: link type {} cannot be read; capture on an Ethernet or loopback "
                                             "interface, or on `any`",
                                             path_.native(), name == nullptr ? std::to_string(link_type_) : name)};
    }
    pop();
}

void PacketFile::pop()
{
    front_.reset();
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    const int result = pcap_next_ex(pcap_.get(), &header, &bytes);
    if (result == PCAP_ERROR_BREAK) return;
    if (result != 1) {
        problem_ = pcap_geterr(pcap_.get());
        return;
    }
    const auto seconds = static_cast<std::uint64_t>(header->ts.tv_sec);
    const auto rest_ns = static_cast<std::uint64_t>(header->ts.tv_usec); // with that precision
    if (seconds > std::numeric_limits<std::uint64_t>::max() / kNanosecondsPerSecond - 1 ||
        rest_ns >= kNanosecondsPerSecond) {
        problem_ = "a packet has a time that cannot be";
        return;
    }
    front_ = {seconds * kNanosecondsPerSecond + rest_ns, {reinterpret_cast<const char*>(bytes), header->caplen}};
}

std::uint64_t PacketFile::position() const
{
    const auto position = std::ftell(pcap_file(pcap_.get()));
    return position < 0 ? 0 : static_cast<std::uint64_t>(position);
}

} // namespace peer_observer::archive_reader
