#include "services/web/http/pages.h"

#include "libs/base/regular_file.h"
#include "libs/web/embedded_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace peer_observer::web {
namespace {

constexpr std::size_t kMostPageBytes = std::size_t{16} << 20U;

std::string type_of(std::string_view path)
{
    static constexpr std::array kTypes = {std::pair{".html", "text/html; charset=utf-8"},
                                          std::pair{".js", "text/javascript; charset=utf-8"},
                                          std::pair{".mjs", "text/javascript; charset=utf-8"},
                                          std::pair{".css", "text/css; charset=utf-8"},
                                          std::pair{".svg", "image/svg+xml"},
                                          std::pair{".png", "image/png"},
                                          std::pair{".ico", "image/x-icon"},
                                          std::pair{".json", "application/json"},
                                          std::pair{".webmanifest", "application/manifest+json"}};
    for (const auto& [ending, type] : kTypes)
        if (path.ends_with(ending)) return type;
    return "application/octet-stream";
}

/// Letters, digits, `-`, `_`, and dots that do not begin a name: no way out of the directory.
bool is_plain(std::string_view path)
{
    static constexpr std::string_view kCharacters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
    return path.starts_with('/') && path.find_first_not_of(kCharacters) == std::string_view::npos &&
           path.find("/.") == std::string_view::npos && path.find("//") == std::string_view::npos;
}

} // namespace

Pages::Pages(std::string directory) : directory_{std::move(directory)}
{
    if (!directory_.empty() && !std::filesystem::is_directory(directory_))
        throw std::runtime_error{fmt::format("{} is not a directory", directory_)};
}

std::optional<Page> Pages::find(std::string_view path) const
{
    if (path == "/") path = "/index.html";
    if (!is_plain(path)) return std::nullopt;
    if (!directory_.empty()) {
        auto bytes = base::read_regular_file(directory_ + std::string{path}, kMostPageBytes);
        if (!bytes) return std::nullopt;
        return Page{type_of(path), std::move(*bytes)};
    }
    for (const auto* page = embedded_pages(); page->path != nullptr; ++page)
        if (path == page->path)
            return Page{type_of(path), std::string{reinterpret_cast<const char*>(page->bytes), page->size}};
    return std::nullopt;
}

} // namespace peer_observer::web
