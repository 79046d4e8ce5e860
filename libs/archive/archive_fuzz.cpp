// Reads anything as an archive file: by its index, from its start, and in part.
#include "libs/archive/reader.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace peer_observer::archive;

namespace {

/// Chunks follow each other without overlapping, and cover the file.
void read(const std::string& path, const Range& range, FrameFilter* filter = nullptr)
{
    try {
        Reader reader{path, range, filter};
        std::uint64_t end = 0;
        while (const auto chunk = reader.next()) {
            if (chunk->offset < end || chunk->offset + chunk->size > reader.size()) std::abort();
            // What is missing has no size: the header, the index.
            if (chunk->size == 0 && chunk->offset != 0 && chunk->offset != reader.size()) std::abort();
            end = chunk->offset + chunk->size;
            if (chunk->kind == Chunk::Kind::damage && chunk->problem.empty()) std::abort();
            for (const auto& batch : chunk->batches) {
                std::uint64_t event_count = 0;
                peer_observer::events::for_each_event(batch, [&](const peer_observer::events::EventView& event) {
                    (void)peer_observer::events::kind_name(event.context, event.arm);
                    ++event_count;
                });
                if (event_count != batch.event_count) std::abort();
            }
        }
    } catch (const std::runtime_error&) { // NOLINT(bugprone-empty-catch): another format version
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const int fd = memfd_create("archive", MFD_CLOEXEC);
    static const std::string path = "/proc/self/fd/" + std::to_string(fd);
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
    read(path, {});
    read(path, {.from_ns = 1'700'000'000'000'000'000, .to_ns = 1'700'000'000'050'000'000});
    FrameFilter filter{peer_observer::events::Selection{{{.hashes = {std::string(64, '0')}}}}};
    read(path, {}, &filter);
    return 0;
}
