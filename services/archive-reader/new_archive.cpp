#include "services/archive-reader/new_archive.h"

#include "libs/app/option_values.h"
#include "libs/archive/file_name.h"

#include <boost/program_options.hpp>

#include <stdexcept>
#include <system_error>
#include <utility>

namespace peer_observer::archive_reader {

namespace po = boost::program_options;

void add_new_archive_options(options_description& options)
{
    auto add = options.add_options();
    add("output", po::value<std::string>()->value_name("FILE"),
        "file to write. It must not exist, and its name must end in .poa.zst");
    add("level", po::value<app::Count>()->default_value(app::Count{3}), "compression level, 1 to 19");
}

NewArchiveOptions read_new_archive_options(const variables_map& values)
{
    const auto level = values["level"].as<app::Count>().value;
    if (level < archive::kMinLevel || level > archive::kMaxLevel) throw app::UsageError{"--level: give 1 to 19"};
    const std::filesystem::path output = values.contains("output") ? values["output"].as<std::string>() : "";
    if (!output.native().ends_with(archive::kExtension))
        throw app::UsageError{"--output is needed, and a name that ends in .poa.zst"};
    std::error_code ignored;
    if (std::filesystem::exists(output, ignored)) throw std::runtime_error{output.native() + " exists"};
    return {output, static_cast<int>(level)};
}

NewArchive::NewArchive(const NewArchiveOptions& options, const proto::ArchiveHeader& header, std::string advice)
    : writer_{options.output, header}, compressor_{options.level},
      frame_bytes_{archive::good_frame_bytes(options.level)}, has_one_source_{header.sources_size() == 1},
      advice_{std::move(advice)}
{}

void NewArchive::add(const events::Batch& batch)
{
    content_.add(batch, &contents_);
    if (content_.bytes.size() >= frame_bytes_) write_frame();
}

void NewArchive::add(const proto::ArchiveGap& gap)
{
    write_frame();
    gaps_.push_back(gap);
}

void NewArchive::finish()
{
    write_frame();
    if (const auto error = writer_.close()) throw std::system_error{error, "cannot write " + path().native()};
}

void NewArchive::abandon(const std::string& why)
{
    std::error_code ignored;
    std::filesystem::remove(path().native() + archive::kOpenExtension, ignored);
    throw std::runtime_error{why};
}

void NewArchive::write_frame()
{
    if (content_.bytes.empty() && gaps_.empty()) return;
    auto content = std::exchange(content_, {});
    const auto contents = std::exchange(contents_, {}).serialize();
    if (!has_one_source_) { // numbers say nothing about the frame
        content.frame.clear_first_sequence();
        content.frame.clear_end_sequence();
    }
    const auto frame = content.bytes.empty() ? std::string{} : compressor_.compress(std::move(content.bytes)).get();
    if (const auto error = writer_.append(gaps_, content.frame, frame, contents))
        throw std::system_error{error, "cannot write " + path().native()};
    if (writer_.full()) throw std::runtime_error{"too much for one file; " + advice_};
    gaps_.clear();
    events_ += content.frame.events();
}

} // namespace peer_observer::archive_reader
