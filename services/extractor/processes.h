// The processes of this machine, as /proc shows them: which file each runs, and since when.
#pragma once

#include "libs/base/c_handle.h"
#include "services/extractor/file_identity.h"

#include <dirent.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

namespace peer_observer::extractor {

/// A process is its id and its start: ids are used again, in a container at once.
struct ProcessId {
    std::uint32_t pid = 0;
    std::uint64_t start_ticks = 0; ///< since boot, field 22 of /proc/PID/stat
    bool operator==(const ProcessId&) const = default;
};

struct Process {
    ProcessId id;
    FileSignature program;
    std::string path; ///< as the process's own mount namespace has it; " (deleted)" at its end if it has no name now

    bool is_deleted() const { return path.ends_with(" (deleted)"); }
    std::string program_link() const; ///< opens what it runs, wherever that is: /proc/PID/exe
};

/// On an error: errno. EACCES: it is another user's, and CAP_SYS_PTRACE is needed.
std::expected<Process, int> look_at_process(std::uint32_t pid);

/// Since when a process runs. On an error: errno. ESRCH: it has ended; ENOENT: there is none, or it is hidden.
std::expected<ProcessId, int> process_id(std::uint32_t pid);

/// Goes over all processes, a part at each step.
class ProcessRounds {
public:
    /// `path` is the program's; or only the process's name, which may be cut, where the program cannot be looked at.
    using IsInteresting = std::function<bool(const FileId& program, const std::string& path)>;

    /// Looks at `most` processes, or at the rest. True when the round has ended; the next step begins another.
    bool step(std::size_t most, const IsInteresting& is_interesting);

    /// Those of the last round that were interesting; so many at most.
    static constexpr std::size_t kMostFound = 1000;
    const std::vector<Process>& found() const { return found_; }
    /// False when one that may be interesting could not be looked at, or processes are hidden.
    bool saw_all() const { return saw_all_; }

private:
    base::CHandle<DIR, closedir> folder_;
    std::vector<Process> found_so_far_;
    std::vector<Process> found_;
    bool sees_all_ = true;
    bool saw_all_ = true;
};

} // namespace peer_observer::extractor
