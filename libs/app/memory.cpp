#include "libs/app/memory.h"

#include <malloc.h>

namespace peer_observer::app {

void keep_freed_memory(int bytes)
{
    (void)mallopt(M_MMAP_THRESHOLD, bytes);
    (void)mallopt(M_TRIM_THRESHOLD, bytes);
}

} // namespace peer_observer::app
