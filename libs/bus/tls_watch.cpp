#include "libs/bus/tls_watch.h"

#include <sys/stat.h>

#include <exception>
#include <utility>

namespace peer_observer::bus {
namespace {

constexpr auto kBetweenLooks = std::chrono::seconds{1};
constexpr std::int64_t kNanoseconds = 1'000'000'000;

} // namespace

TlsWatch::TlsWatch(std::optional<TlsFiles> files) : files_{std::move(files)}
{
    if (files_) read_ = versions_of(*files_);
}

std::optional<Notice> TlsWatch::look(Clock::time_point now, const std::function<void(const TlsFiles&)>& use)
{
    if (!files_ || now < next_look_) return std::nullopt;
    next_look_ = now + kBetweenLooks;
    const Versions found = versions_of(*files_);
    if (std::exchange(read_, found) == found) return std::nullopt;
    try {
        use(*files_);
    } catch (const std::exception& error) {
        return warning(std::string{error.what()} + "; the TLS files that were read before stay in use");
    }
    return information("the TLS files have changed: new connections use them");
}

/// Follows symbolic links. Of a file that is not there: the same each time.
TlsWatch::Version TlsWatch::version_of(const std::string& file)
{
    struct stat status{};
    if (stat(file.c_str(), &status) != 0) return {};
    return {status.st_dev, status.st_ino, status.st_size,
            std::int64_t{status.st_mtim.tv_sec} * kNanoseconds + status.st_mtim.tv_nsec};
}

TlsWatch::Versions TlsWatch::versions_of(const TlsFiles& files)
{
    return {version_of(files.ca_file), version_of(files.cert_key_file)};
}

} // namespace peer_observer::bus
