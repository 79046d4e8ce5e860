// The files of several peers that -capturemessages wrote, as events in the order of time.
#pragma once

#include "services/archive-reader/capture_file.h"
#include "services/archive-reader/captured_events.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace peer_observer::archive_reader {

/// The files given, and those of -capturemessages or of packets in the folders given, in the order of their paths.
/// Throws std::system_error for a folder that cannot be listed.
std::vector<std::filesystem::path> find_captures(const std::vector<std::string>& names);

class Captures final : public CapturedEvents {
public:
    /// Peers are numbered by their folders, in the order of the files: -1, -2, ... No node numbers a peer so, and what
    /// it did is not in a capture. Throws std::runtime_error naming a file that cannot be opened.
    explicit Captures(const std::vector<std::filesystem::path>& files);

    const proto::Event* next() override;
    void
    each_problem(const std::function<void(const std::filesystem::path&, const std::string&)>& report) const override;
    std::uint64_t bytes_done() const override { return bytes_done_; }
    std::size_t peers() const override { return peers_.size(); }

private:
    struct Source {
        std::filesystem::path path;
        std::unique_ptr<CaptureFile> file;
        std::string address;
        std::int64_t peer_id = 0;
        bool is_inbound = false; ///< what the node received
    };

    std::vector<Source> sources_;
    std::map<std::filesystem::path, std::int64_t> peers_; ///< by folder
    /// By time; what was received comes before what was sent in the same microsecond.
    std::multimap<std::pair<std::uint64_t, bool>, Source*> queue_;
    std::string payload_;
    proto::Event event_;
    std::uint64_t bytes_done_ = 0;
};

} // namespace peer_observer::archive_reader
