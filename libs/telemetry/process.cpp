#include "libs/telemetry/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <system_error>

namespace peer_observer::telemetry {
namespace {

double seconds(clockid_t clock)
{
    timespec time{};
    (void)clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// Field `index` (counted from 0) of /proc/self/statm, which counts pages.
double statm_bytes(std::size_t index)
{
    std::ifstream file{"/proc/self/statm"};
    double pages = 0;
    for (std::size_t i = 0; i <= index; ++i)
        file >> pages;
    return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// When the process started, in clock ticks after boot: field 22 of /proc/self/stat. Field 2, the name, may hold spaces
/// and brackets.
double start_ticks()
{
    std::ifstream file{"/proc/self/stat"};
    const std::string line{std::istreambuf_iterator<char>{file}, {}};
    const auto name_end = line.rfind(')');
    if (name_end == std::string::npos) return 0;
    std::istringstream rest{line.substr(name_end + 1)};
    std::string field;
    for (int number = 3; number <= 22; ++number)
        rest >> field;
    return std::strtod(field.c_str(), nullptr);
}

} // namespace

double process_cpu_seconds() { return seconds(CLOCK_PROCESS_CPUTIME_ID); }

double process_resident_bytes() { return statm_bytes(1); }

double process_virtual_bytes() { return statm_bytes(0); }

double process_open_fds()
{
    std::error_code error;
    std::filesystem::directory_iterator entries{"/proc/self/fd", error};
    if (error) return 0;
    // The one that lists them does not count.
    return static_cast<double>(std::distance(begin(entries), end(entries))) - 1;
}

double process_max_fds()
{
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur == RLIM_INFINITY) return std::numeric_limits<double>::infinity();
    return static_cast<double>(limit.rlim_cur);
}

// From the time since boot, not from /proc/stat: a service may see nothing of /proc but processes (ProcSubset=pid).
double process_start_seconds()
{
    const double boot = seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME);
    return boot + start_ticks() / static_cast<double>(sysconf(_SC_CLK_TCK));
}

} // namespace peer_observer::telemetry
