// Where an export goes, and how it continues where an earlier run was stopped.
#pragma once

#include "libs/tables/rows.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace peer_observer::archive_reader {

/// A file that is exported, and what of it.
struct Input {
    std::string name;
    std::uint64_t size = 0;
    std::string selection;
};

/// All throw std::runtime_error naming the file that cannot be written.
class ExportTarget : public tables::RowSink {
public:
    /// Whether an earlier run has completed this input.
    virtual bool has(const Input& input) = 0;
    /// All rows of this input are there: from now on has() it, whatever happens to this process or its host.
    virtual void complete(const Input& input) = 0;
    /// Nothing more comes.
    virtual void finish() = 0;
};

/// `model` outlives them. Throw where there is something else in that place.
std::unique_ptr<ExportTarget> open_sqlite(const std::filesystem::path& file, const tables::Model& model);

enum class TextFormat { csv, json };
std::unique_ptr<ExportTarget> open_text(const std::filesystem::path& folder, TextFormat format,
                                        const tables::Model& model);

} // namespace peer_observer::archive_reader
