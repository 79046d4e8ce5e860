// What the tests of this folder share.
#pragma once

#include "proto/event.pb.h"
#include "services/addr-connectivity/address.h"

#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace peer_observer::addr_connectivity {

class TemporaryFolder {
public:
    TemporaryFolder()
    {
        if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error{"no temporary folder"};
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_ = (std::filesystem::temp_directory_path() / "addr-connectivity-XXXXXX").string();
};

/// The n-th address of 1.0.0.0/8 and up.
inline Address numbered(unsigned number, std::uint16_t port = 8333)
{
    return to_address(std::to_string(1 + (number >> 24U)) + "." + std::to_string((number >> 16U) & 0xffU) + "." +
                          std::to_string((number >> 8U) & 0xffU) + "." + std::to_string(number & 0xffU),
                      port)
        .value();
}

/// A relayed announcement of the peer that connects from 9.9.x.y.
inline proto::Announcement announcement_of_peer(unsigned peer)
{
    proto::Announcement announcement;
    announcement.set_kind(proto::Announcement::RELAY);
    announcement.set_node("alpha");
    announcement.set_peer_id(peer);
    announcement.set_peer_address("9.9." + std::to_string(peer / 256) + "." + std::to_string(peer % 256) + ":5000");
    announcement.set_timestamp_ns(1000 + peer);
    return announcement;
}

} // namespace peer_observer::addr_connectivity
