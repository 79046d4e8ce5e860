// Where the running kernel keeps what no BPF helper tells: read from the types that it describes itself (BTF).
#pragma once

#include <cstdint>
#include <optional>

namespace peer_observer::extractor {

/// In bytes from the start of the kernel's struct task_struct.
struct TaskOffsets {
    std::uint32_t group_leader = 0;
    std::uint32_t start_boottime = 0;
};

/// Nothing where the kernel has no BTF (CONFIG_DEBUG_INFO_BTF), or does not let programs read what BTF describes.
std::optional<TaskOffsets> find_task_offsets();

} // namespace peer_observer::extractor
