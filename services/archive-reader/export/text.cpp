#include "libs/base/descriptor.h"
#include "libs/tables/row_text.h"
#include "services/archive-reader/export/database.h"
#include "services/archive-reader/export/target.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <unordered_map>

namespace peer_observer::archive_reader {
namespace {

using tables::Table;

constexpr std::size_t kTableBufferBytes = std::size_t{256} << 10U;

/// The rows of one table.
class TableFile {
public:
    /// What is behind `size` bytes is of a run that did not complete it.
    TableFile(std::filesystem::path path, std::uint64_t size)
        : path_{std::move(path)}, file_{open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)},
          size_{size}
    {
        if (file_.get() < 0 || ftruncate(file_.get(), static_cast<off_t>(size)) != 0) fail();
    }

    std::string& buffer() { return buffer_; }
    /// Of the file when it is flushed.
    std::uint64_t size() const { return size_; }

    void flush()
    {
        std::string_view rest = buffer_;
        while (!rest.empty()) {
            const auto count = write(file_.get(), rest.data(), rest.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) fail();
            rest.remove_prefix(static_cast<std::size_t>(count));
        }
        size_ += buffer_.size();
        is_synced_ = is_synced_ && buffer_.empty();
        buffer_.clear();
    }

    void sync()
    {
        flush();
        if (!is_synced_ && fdatasync(file_.get()) != 0) fail();
        is_synced_ = true;
    }

private:
    [[noreturn]] void fail() const
    {
        throw std::system_error{errno, std::generic_category(), "cannot write " + path_.native()};
    }

    std::filesystem::path path_;
    base::Descriptor file_;
    std::uint64_t size_;
    std::string buffer_;
    bool is_synced_ = true;
};

class TextTarget final : public ExportTarget {
public:
    TextTarget(std::filesystem::path folder, TextFormat format, const tables::Model& model)
        : folder_{std::move(folder)}, extension_{format == TextFormat::csv ? ".csv" : ".jsonl"}, format_{format},
          database_{folder_ / "export-state.sqlite", extension_}
    {
        database_.execute("CREATE TABLE IF NOT EXISTS tables (name TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT");
        for (const auto& table : model.tables()) {
            const auto size = database_.texts(fmt::format("SELECT size FROM tables WHERE name = '{}'", table->name));
            if (size.empty())
                std::filesystem::remove(folder_ / (table->name + extension_));
            else
                file(*table, std::stoull(size.front()));
        }
    }

    void add(const Table& table, std::span<const tables::Value> values) override
    {
        const auto known = files_.find(&table);
        auto& to = known != files_.end() ? known->second : file(table, 0);
        if (format_ == TextFormat::csv) {
            if (to.size() == 0 && to.buffer().empty()) tables::append_csv_header(table, to.buffer());
            tables::append_csv(table, values, to.buffer());
        } else {
            tables::append_json(table, values, to.buffer());
        }
        if (to.buffer().size() >= kTableBufferBytes) to.flush();
    }

    bool has(const Input& input) override
    {
        const auto known = database_.find(input);
        // Nothing says which of its rows are there.
        if (known == Database::Known::other)
            throw std::runtime_error{
                fmt::format("{} has rows of {} as it was, or of another selection: export to another folder",
                            folder_.native(), input.name)};
        return known == Database::Known::same;
    }

    void complete(const Input& input) override
    {
        database_.begin();
        for (auto& [table, to] : files_) {
            to.sync();
            database_.execute(fmt::format("INSERT INTO tables VALUES ('{0}', {1}) ON CONFLICT DO UPDATE SET size = {1}",
                                          table->name, to.size()));
        }
        database_.add(input);
        database_.commit();
    }

    void finish() override {}

private:
    TableFile& file(const Table& table, std::uint64_t size)
    {
        return files_.try_emplace(&table, folder_ / (table.name + extension_), size).first->second;
    }

    std::filesystem::path folder_;
    std::string extension_;
    TextFormat format_;
    Database database_;
    std::unordered_map<const Table*, TableFile> files_;
};

} // namespace

std::unique_ptr<ExportTarget> open_text(const std::filesystem::path& folder, TextFormat format,
                                        const tables::Model& model)
{
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) throw std::system_error{error, "cannot create the folder " + folder.native()};
    return std::make_unique<TextTarget>(folder, format, model);
}

} // namespace peer_observer::archive_reader
