#include "services/log-extractor/position.h"

#include "libs/base/hex.h"
#include "libs/base/regular_file.h"
#include "libs/base/replace_file.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>

namespace peer_observer::log_extractor {
namespace {

constexpr std::string_view kTitle = "peer-observer log position 1";
constexpr std::size_t kMaxFileBytes = 4096;
constexpr std::array<std::string_view, 3> kThreadNames = {"unknown", "on", "off"};

std::optional<std::string_view> take_line(std::string_view& text, std::string_view name)
{
    const auto end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with(name)) return {};
    const auto value = text.substr(name.size(), end - name.size());
    text.remove_prefix(end + 1);
    return value;
}

bool read_count(const std::optional<std::string_view>& text, std::uint64_t& number)
{
    if (!text) return false;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    return error == std::errc{} && end == text->data() + text->size();
}

} // namespace

std::string to_text(const Position& position)
{
    return fmt::format("{}\ninode {}\noffset {}\nthread_names {}\ncontext {}\n", kTitle, position.inode,
                       position.offset, kThreadNames.at(static_cast<std::size_t>(position.thread_names)),
                       base::to_hex(position.context));
}

std::optional<Position> parse_position(std::string_view text)
{
    Position position;
    const auto title = take_line(text, kTitle);
    if (!title || !title->empty()) return {};
    if (!read_count(take_line(text, "inode "), position.inode) ||
        !read_count(take_line(text, "offset "), position.offset))
        return {};
    const auto names = take_line(text, "thread_names ");
    const auto* const found = names ? std::ranges::find(kThreadNames, *names) : kThreadNames.end();
    const auto context = take_line(text, "context ");
    auto bytes = context ? base::from_hex(*context) : std::nullopt;
    if (found == kThreadNames.end() || !bytes || bytes->size() > Position::kContextBytes || !text.empty()) return {};
    if (bytes->size() > position.offset) return {};
    position.thread_names = static_cast<PrefixParser::ThreadNames>(found - kThreadNames.begin());
    position.context = *std::move(bytes);
    return position;
}

PositionFile::PositionFile(std::string path) : path_{std::move(path)}
{
    if (path_.empty()) return;
    const auto text = base::read_regular_file(path_, kMaxFileBytes);
    if (!text) {
        if (text.error().number == ENOENT) return;
        throw std::runtime_error{fmt::format("cannot read the state file {}: {}", path_, text.error().reason)};
    }
    saved_ = parse_position(*text);
    if (saved_)
        text_ = *text;
    else
        spdlog::warn("the state file {} is damaged: starting as if there were none", path_);
}

void PositionFile::save(const Position& position)
{
    if (path_.empty()) return;
    auto text = to_text(position);
    if (text == text_) return;
    // Written often: a power loss may cost the position, and lines are then published twice.
    const auto error = base::replace_file(path_, text, base::Outlives::process);
    if (error && !failing_)
        spdlog::warn("cannot write the state file {}: {}; after a restart, lines may be published twice", path_,
                     error->reason);
    if (!error && failing_) spdlog::info("the state file {} is written again", path_);
    failing_ = error.has_value();
    if (!error) text_ = std::move(text);
}

} // namespace peer_observer::log_extractor
