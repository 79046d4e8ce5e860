#include "services/archive-reader/capture_file.h"

#include "libs/base/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace peer_observer::archive_reader {
namespace {

constexpr std::size_t kTypeBytes = 12;
constexpr std::size_t kHeaderBytes = 8 + kTypeBytes + 4;
constexpr std::uint64_t kMicrosecond = 1000;

/// Printable ASCII, padded with zeros: what Core takes from peers, and sends.
bool is_type(std::string_view bytes)
{
    const auto end = std::min(bytes.find('\0'), bytes.size());
    return std::ranges::all_of(bytes.substr(0, end), [](char c) { return c >= ' ' && c <= '~'; }) &&
           bytes.find_first_not_of('\0', end) == bytes.npos;
}

} // namespace

CaptureFile::CaptureFile(const std::filesystem::path& path) : file_{path, std::ios::binary}
{
    if (!file_)
        throw std::runtime_error{
            fmt::format("cannot open {}: {}", path.native(), std::generic_category().message(errno))};
    read_header();
}

void CaptureFile::read_header()
{
    front_.reset();
    std::array<char, kHeaderBytes> bytes{};
    file_.read(bytes.data(), bytes.size());
    const auto read = static_cast<std::size_t>(file_.gcount());
    if (read == 0) return;
    if (read < bytes.size()) {
        problem_ = fmt::format("offset {}: the file ends within a message", position_);
        return;
    }
    std::uint64_t time_us = 0;
    Header header;
    std::memcpy(&time_us, bytes.data(), sizeof time_us);
    const std::string_view type{bytes.data() + sizeof time_us, kTypeBytes};
    std::memcpy(&header.size, bytes.data() + sizeof time_us + kTypeBytes, sizeof header.size);
    if (!is_type(type) || header.size > base::kMaxPayloadBytes ||
        time_us > std::numeric_limits<std::uint64_t>::max() / kMicrosecond) {
        problem_ = fmt::format("offset {}: not a message as -capturemessages writes it", position_);
        return;
    }
    position_ += bytes.size();
    header.time_ns = time_us * kMicrosecond;
    header.message_type = type.substr(0, type.find('\0'));
    front_ = std::move(header);
}

bool CaptureFile::take(std::string& payload)
{
    // In pieces: a size that the file does not have costs no memory.
    constexpr std::size_t kPiece = std::size_t{64} << 10U;
    payload.clear();
    for (std::size_t left = front_->size; left > 0;) {
        const auto before = payload.size();
        const auto wanted = std::min(left, kPiece);
        payload.resize(before + wanted);
        file_.read(payload.data() + before, static_cast<std::streamsize>(wanted));
        if (static_cast<std::size_t>(file_.gcount()) < wanted) {
            problem_ = fmt::format("offset {}: the file ends within a message", position_);
            front_.reset();
            return false;
        }
        left -= wanted;
    }
    position_ += payload.size();
    read_header();
    return true;
}

} // namespace peer_observer::archive_reader
