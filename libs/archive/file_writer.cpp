#include "libs/archive/file_writer.h"

#include "libs/archive/file_name.h"
#include "libs/archive/record.h"
#include "libs/base/sync_folder.h"
#include "libs/events/batch.h"
#include "proto/event.pb.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstdio>
#include <set>
#include <stdexcept>

namespace peer_observer::archive {
namespace {

using google::protobuf::FileDescriptor;

// Leaves room for the entries of one more frame and what precedes it.
constexpr std::size_t kEntriesBeforeFull = kMaxIndexEntries - 4096;
constexpr mode_t kMode = 0644;

std::error_code last_error() { return {errno, std::generic_category()}; }

/// With what it imports in front of it, as protobuf wants it.
void add_descriptors(const FileDescriptor* file, std::set<const FileDescriptor*>& known,
                     google::protobuf::FileDescriptorSet& out)
{
    if (!known.insert(file).second) return;
    for (int i = 0; i < file->dependency_count(); ++i)
        add_descriptors(file->dependency(i), known, out);
    file->CopyTo(out.add_file());
}

/// Of all types, as the header has them.
std::string compress_descriptors()
{
    constexpr int kLevel = 19; // once a process
    google::protobuf::FileDescriptorSet all;
    std::set<const FileDescriptor*> known;
    add_descriptors(proto::EventBatch::descriptor()->file(), known, all);
    add_descriptors(proto::ArchiveHeader::descriptor()->file(), known, all);
    const auto plain = all.SerializeAsString();
    std::string compressed(ZSTD_compressBound(plain.size()), '\0');
    const auto size = ZSTD_compress(compressed.data(), compressed.size(), plain.data(), plain.size(), kLevel);
    if (ZSTD_isError(size) != 0) throw std::runtime_error{std::string{"zstd: "} + ZSTD_getErrorName(size)};
    compressed.resize(size);
    return compressed;
}

/// Creates it, or opens it to continue with it, and keeps other processes from writing it. Throws std::system_error.
int open_locked(const std::filesystem::path& path, int flags)
{
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, kMode);
    if (fd < 0) throw std::system_error{last_error(), "cannot write " + path.native()};
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        const auto error = last_error();
        ::close(fd);
        throw std::system_error{error, "cannot lock " + path.native()};
    }
    return fd;
}

} // namespace

proto::ArchiveHeader make_header(const std::string& software, std::uint64_t created_ns)
{
    proto::ArchiveHeader header;
    header.set_format_version(kFormatVersion);
    header.set_schema_version(events::kSchemaVersion);
    header.set_software(software);
    header.set_created_ns(created_ns);
    static const auto descriptors = compress_descriptors();
    header.set_compressed_descriptors(descriptors);
    return header;
}

FileWriter::FileWriter(const std::filesystem::path& path, const proto::ArchiveHeader& header)
    : path_{path}, open_path_{path.native() + kOpenExtension}, fd_{open_locked(open_path_, O_CREAT | O_EXCL)}
{
    auto error = write(encode_record(RecordType::header, header.SerializeAsString()));
    if (!error) error = base::sync_folder(path_.parent_path());
    if (!error) return;
    ::close(fd_);
    unlink(open_path_.c_str());
    throw std::system_error{error, "cannot write " + open_path_.native()};
}

FileWriter::FileWriter(const std::filesystem::path& open_path, std::uint64_t size, proto::ArchiveIndex index,
                       PendingSearch pending)
    : path_{closed_path(open_path)}, open_path_{open_path}, fd_{open_locked(open_path_, 0)}, size_{size},
      index_{std::move(index)}, search_{std::move(pending)}
{
    const auto end = static_cast<off_t>(size);
    if (ftruncate(fd_, end) == 0 && lseek(fd_, end, SEEK_SET) == end) return;
    const auto error = last_error();
    ::close(fd_);
    throw std::system_error{error, "cannot truncate " + open_path_.native()};
}

FileWriter::~FileWriter()
{
    if (fd_ >= 0) ::close(fd_);
}

std::error_code FileWriter::append(std::span<const proto::ArchiveGap> gaps, proto::ArchiveFrame info,
                                   std::string_view frame, std::string_view contents)
{
    std::string bytes;
    for (const auto& gap : gaps)
        bytes += encode_record(RecordType::gap, gap.SerializeAsString());
    info.set_offset(size_ + bytes.size());
    info.set_size_bytes(frame.size());
    bytes += frame;
    if (const auto error = write(bytes)) return error;
    for (const auto& gap : gaps)
        *index_.add_gaps() = gap;
    if (frame.empty()) return {};
    if (!contents.empty()) search_.add(info, contents);
    *index_.add_frames() = std::move(info);
    // The events are written. Where this fails, the next frame retries it.
    if (search_.is_due()) (void)write_search();
    return {};
}

std::error_code FileWriter::write_search()
{
    while (!search_.records().empty()) {
        const auto start = size_;
        if (const auto error = write(search_.records().front().encode())) return error;
        auto& record = *index_.add_searches();
        record.set_offset(start);
        record.set_size_bytes(size_ - start);
        search_.pop_front();
    }
    return {};
}

std::error_code FileWriter::sync() { return fdatasync(fd_) == 0 ? std::error_code{} : last_error(); }

std::error_code FileWriter::close()
{
    if (const auto error = write_search()) return error;
    if (const auto error = write(encode_record(RecordType::index, index_.SerializeAsString()))) return error;
    if (const auto error = sync()) return error;
    // No other program creates files here; a person may have copied one into the folder.
    if (std::error_code error; std::filesystem::exists(path_, error))
        return std::make_error_code(std::errc::file_exists);
    if (::rename(open_path_.c_str(), path_.c_str()) != 0) return last_error();
    return base::sync_folder(path_.parent_path());
}

std::error_code FileWriter::remove() { return unlink(open_path_.c_str()) == 0 ? std::error_code{} : last_error(); }

bool FileWriter::full() const
{
    return static_cast<std::size_t>(index_.frames_size()) + static_cast<std::size_t>(index_.gaps_size()) +
               static_cast<std::size_t>(index_.searches_size()) >=
           kEntriesBeforeFull;
}

std::error_code FileWriter::write(std::string_view bytes)
{
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t count = ::write(fd_, bytes.data() + done, bytes.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            const auto error = last_error();
            const auto end = static_cast<off_t>(size_);
            broken_ = ftruncate(fd_, end) != 0 || lseek(fd_, end, SEEK_SET) != end;
            return error;
        }
        done += static_cast<std::size_t>(count);
    }
    size_ += bytes.size();
    return {};
}

} // namespace peer_observer::archive
