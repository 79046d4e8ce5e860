// The pages: files for the browser, part of the program or read from a folder.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace peer_observer::web {

struct Page {
    std::string type; ///< of its content
    std::string bytes;
};

class Pages {
public:
    /// With an empty `directory`, the embedded ones; else its files, read again at each request, for those who write
    /// pages. Throws std::runtime_error where there is no such directory.
    explicit Pages(std::string directory = {});

    /// `path` as in a request; `/` is `/index.html`.
    std::optional<Page> find(std::string_view path) const;

private:
    std::string directory_;
};

} // namespace peer_observer::web
