// The one process that --pid or --pid-file asks for, whoever has that id now.
#pragma once

#include "services/extractor/processes.h"

#include <cstdint>
#include <expected>
#include <string>

namespace peer_observer::extractor {

class AskedProcess {
public:
    /// A pid of 0 and no file: no process is asked for, all are observed.
    AskedProcess(std::uint32_t pid, std::string pid_file) : pid_{pid}, pid_file_{std::move(pid_file)} {}

    bool is_one() const { return pid_ != 0 || !pid_file_.empty(); }

    /// The living process. On an error: why there is none, for a log line.
    std::expected<ProcessId, std::string> find() const;

private:
    std::expected<std::uint32_t, std::string> read_pid() const;

    std::uint32_t pid_;
    std::string pid_file_;
};

} // namespace peer_observer::extractor
