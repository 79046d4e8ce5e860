// A capture has the bytes of hostile peers, and may be damaged: what is read of any file is a valid event.
#include "services/archive-reader/captures.h"

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace peer_observer;
    namespace fs = std::filesystem;
    static const auto folder = fs::temp_directory_path() / ("captures_fuzz." + std::to_string(getpid())) / "peer";
    fs::create_directories(folder);
    const auto file = folder / "msgs_recv.dat";
    std::ofstream{file, std::ios::binary | std::ios::trunc}.write(reinterpret_cast<const char*>(data),
                                                                  static_cast<std::streamsize>(size));
    archive_reader::Captures captures{{file}};
    while (const auto* event = captures.next()) {
        proto::Event again;
        if (!again.ParseFromString(event->SerializeAsString())) std::abort();
    }
    if (captures.bytes_done() > size) std::abort();
    fs::remove_all(folder.parent_path());
    return 0;
}
