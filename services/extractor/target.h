// What is to be traced: the program at a path, or what one process runs. Waits for it, and follows replacements.
#pragma once

#include "services/extractor/asked_process.h"
#include "services/extractor/attachments.h"
#include "services/extractor/process_watch.h"
#include "services/extractor/processes.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace peer_observer::extractor {

struct TargetOptions {
    std::string path;       ///< of the program; may be empty when one process is asked for
    std::uint32_t pid = 0;  ///< only this process; 0 = every process of the program
    std::string pid_file{}; ///< only the process whose id is in this file, now and after it has changed
};

class Target {
public:
    Target(const TargetOptions& options, Tracer& tracer, const TracepointSet& enabled);

    /// Looks at the file and at the processes. Call it every now and then.
    /// Throws std::runtime_error when this process is not allowed to attach, or when nothing can be attached at first.
    void check();

    /// A tracepoint that failed in one of several files has failed.
    AttachStates states() const;
    std::size_t attached_count() const;
    /// How many traced processes there are; nothing when that cannot be known.
    std::optional<std::size_t> process_count() const;

private:
    void check_path();
    void check_asked();
    void observe(const ProcessId& id);
    void check_processes();
    bool is_replaced(const Process& process) const;
    void drop_unused(const std::vector<Process>& running);
    void keep_only(const FileId& id);
    void tell_once(const std::string& line); ///< about the process that is asked for, once

    TargetOptions options_;
    AskedProcess asked_;
    Tracer& tracer_;
    TracepointSet enabled_;
    Attachments attachments_;

    // The file at the path.
    std::optional<FileSignature> seen_; ///< by the last look
    std::optional<FileId> current_;     ///< the last one that was wanted
    bool is_current_readable_ = true;
    int missing_ = 0; ///< errno that was told

    // The process that is asked for.
    ProcessId observed_;
    std::optional<std::size_t> observed_count_;
    std::string told_asked_;

    // All processes, where none is asked for.
    ProcessRounds rounds_;
    std::chrono::steady_clock::time_point next_round_;
    bool in_round_ = false;
    bool had_round_ = false;
    ProcessWatch watch_;
};

} // namespace peer_observer::extractor
