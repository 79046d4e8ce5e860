// The files of libs/web/pages, as they were when the program was built.
#pragma once

#include <cstddef>

namespace peer_observer::web {

struct EmbeddedPage {
    const char* path; ///< `/index.html`; null ends the list
    const unsigned char* bytes;
    std::size_t size;
};

const EmbeddedPage* embedded_pages();

} // namespace peer_observer::web
