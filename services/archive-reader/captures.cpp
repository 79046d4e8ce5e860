#include "services/archive-reader/captures.h"

#include "libs/base/utf8.h"
#include "services/archive-reader/pcap/packet_file.h"

#include <algorithm>
#include <system_error>

namespace peer_observer::archive_reader {
namespace {

namespace fs = std::filesystem;

constexpr auto kReceived = "msgs_recv.dat";
constexpr auto kSent = "msgs_sent.dat";

bool is_capture(const fs::path& path)
{
    return path.filename() == kReceived || path.filename() == kSent || is_packet_file(path);
}

/// Of the folder's name: the peer's address with _ for each colon.
std::string address_of(const fs::path& file)
{
    auto address = fs::absolute(file).parent_path().filename().native();
    std::ranges::replace(address, '_', ':');
    return base::to_utf8(address);
}

} // namespace

std::vector<fs::path> find_captures(const std::vector<std::string>& names)
{
    std::vector<fs::path> files;
    for (const auto& name : names) {
        std::error_code error;
        if (!fs::is_directory(name, error)) {
            files.emplace_back(name);
            continue;
        }
        std::vector<fs::path> found;
        fs::recursive_directory_iterator entry{name, error};
        for (; !error && entry != fs::recursive_directory_iterator{}; entry.increment(error)) {
            std::error_code gone;
            if (entry->is_regular_file(gone) && is_capture(entry->path())) found.push_back(entry->path());
        }
        if (error) throw std::system_error{error, "cannot list " + name};
        std::ranges::sort(found);
        files.insert(files.end(), found.begin(), found.end());
    }
    return files;
}

Captures::Captures(const std::vector<fs::path>& files)
{
    sources_.reserve(files.size()); // the queue points to them
    for (const auto& path : files) {
        const auto folder = fs::absolute(path).parent_path().lexically_normal();
        const auto number = -1 - static_cast<std::int64_t>(peers_.size());
        auto& source = sources_.emplace_back();
        source = {.path = path,
                  .file = std::make_unique<CaptureFile>(path),
                  .address = address_of(path),
                  .peer_id = peers_.try_emplace(folder, number).first->second,
                  .is_inbound = path.filename() == kReceived};
        if (const auto& front = source.file->front())
            queue_.emplace(std::pair{front->time_ns, !source.is_inbound}, &source);
    }
}

const proto::Event* Captures::next()
{
    while (!queue_.empty()) {
        auto& source = *queue_.begin()->second;
        queue_.erase(queue_.begin());
        const auto header = *source.file->front();
        const auto before = source.file->position();
        const bool is_complete = source.file->take(payload_);
        bytes_done_ += source.file->position() - before;
        if (const auto& front = source.file->front())
            queue_.emplace(std::pair{front->time_ns, !source.is_inbound}, &source);
        if (!is_complete) continue;
        event_.Clear();
        event_.set_timestamp_ns(header.time_ns);
        auto& message = source.is_inbound ? *event_.mutable_message()->mutable_inbound()
                                          : *event_.mutable_message()->mutable_outbound();
        message.set_peer_id(source.peer_id);
        message.set_address(source.address);
        message.set_message_type(header.message_type);
        describe_payload(payload_, message);
        return &event_;
    }
    return nullptr;
}

void Captures::each_problem(const std::function<void(const fs::path&, const std::string&)>& report) const
{
    for (const auto& source : sources_)
        if (!source.file->problem().empty()) report(source.path, source.file->problem());
}

} // namespace peer_observer::archive_reader
