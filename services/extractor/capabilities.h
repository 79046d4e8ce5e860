// Why this process is not allowed to trace: capabilities that it lacks, or a host that forbids it.
#pragma once

#include <string>

namespace peer_observer::extractor {

/// A sentence that names the missing capabilities and why each is needed; empty when none is missing.
/// `attaches_many_at_once`: libbpf uses uprobe_multi links, for which the kernel does not ask for CAP_SYS_ADMIN.
std::string missing_capabilities(bool attaches_many_at_once);

/// The same, for a given set of effective capabilities (bit N: capability N of linux/capability.h).
std::string missing_capabilities(bool attaches_many_at_once, unsigned long long effective);

/// Why the kernel has refused a call of ours with this errno, in one line; empty when it was not a refusal.
std::string why_refused(int error, bool attaches_many_at_once);

} // namespace peer_observer::extractor
