// What glibc's allocator does with freed memory.
#pragma once

namespace peer_observer::app {

/// Keeps freed memory for the next allocation, up to so many bytes (at most 32 MiB, glibc's limit) at the end of each
/// heap. Call it first in main(). For services through which buffers of hundreds of kilobytes come and go thousands of
/// times a second: unless told otherwise, glibc gives them back each time, and the kernel fills them with zeros, page
/// by page, to hand them out again.
void keep_freed_memory(int bytes);

} // namespace peer_observer::app
