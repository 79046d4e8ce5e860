// Names of archive files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace peer_observer::archive {

inline constexpr auto kExtension = ".poa.zst";
/// Behind the extension while the file is being written, and until its index is there.
inline constexpr auto kOpenExtension = ".open";

/// Behind the extension of a file whose good parts were rewritten.
inline constexpr auto kDamagedExtension = ".damaged";

/// 20261122T233734.123456Z: sorts by time.
std::string utc_text(std::uint64_t unix_ns);

/// <UTC start>-<publisher id in hex>, without extension; `number` above 0 goes behind, for files that would have one
/// name.
std::string file_stem(std::uint64_t start_ns, std::uint64_t publisher_id, unsigned number = 0);

/// 16 hex digits.
std::string publisher_text(std::uint64_t publisher_id);

bool is_archive(const std::filesystem::path& path); ///< closed or open, by its name
bool is_open_archive(const std::filesystem::path& path);

/// Whether it has a name as file_stem() makes it and is closed, or damaged and rewritten: an archiver's own.
bool is_recording(const std::filesystem::path& path);

/// The name without kOpenExtension.
std::filesystem::path closed_path(const std::filesystem::path& path);

/// A node name that can be a folder's: not "." and "..".
bool is_folder_name(const std::string& node);

} // namespace peer_observer::archive
