// Figures of this process as the kernel has them, in the units of Prometheus' standard process_* metrics.
#pragma once

namespace peer_observer::telemetry {

double process_cpu_seconds();
double process_resident_bytes();
double process_virtual_bytes();
double process_open_fds();
double process_max_fds();
/// UNIX time.
double process_start_seconds();

} // namespace peer_observer::telemetry
