// What an archive is: the options of the command line, or those of a section of the config file.
#pragma once

#include "libs/asmap/autonomous_systems.h"
#include "services/archiver/directory.h"
#include "services/archiver/stream.h"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace peer_observer::archiver {

/// The name of the only archive where none is named.
inline constexpr auto kDefaultArchive = "default";
inline constexpr std::size_t kMaxArchives = 16;

struct ArchiveOptions {
    std::string name;
    std::filesystem::path directory;
    int level = 3;
    std::size_t threads = 1;
    Directory::Limits limits;
    StreamOptions stream;
};

/// All options of an archive, and `archive.*` for those of named ones.
void add_archive_options(boost::program_options::options_description& options);

/// The named archives, each with the options of its section `[archive.NAME]` and, for what is not in there, those
/// outside of sections; `directory` is then a folder NAME in that one. Without names, one archive with the options as
/// they are. Throws app::UsageError that says which archive is meant. `systems` may be null.
std::vector<ArchiveOptions> read_archives(const boost::program_options::variables_map& values,
                                          const std::shared_ptr<const asmap::AutonomousSystems>& systems);

} // namespace peer_observer::archiver
