// What a frame has in it, so that a search does not read frames that have nothing of what it looks for.
#pragma once

#include "libs/archive/bloom.h"
#include "libs/events/event_view.h"
#include "proto/archive.pb.h"

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace peer_observer::archive {

/// Which fields of events count: raised where one that was known before becomes another kind of field.
inline constexpr std::uint32_t kSearchRules = 1;

/// A serialized ArchiveFrameContents. Views its bytes.
struct ContentsView {
    std::uint64_t offset = 0;
    std::uint64_t size_bytes = 0;
    std::vector<std::uint32_t> kinds;
    std::vector<std::string_view> message_types;
    std::vector<std::string_view> hosts;
    std::vector<std::int64_t> peers;
    std::vector<std::uint32_t> pids;
    std::uint32_t networks = 0;  ///< bits by number
    std::uint32_t in_filter = 0; ///< bits by ArchiveFrameContents::Set
    bool has_malformed = false;
    bool has_unknown = false;
    std::string_view filter;

    using Set = proto::ArchiveFrameContents;
    bool is_in_filter(int set) const { return (in_filter >> static_cast<unsigned>(set) & 1U) != 0; }
    bool has_message_type(std::string_view type) const;
    bool has_host(std::string_view host) const;
    bool has_peer(std::int64_t peer) const;
    bool has_pid(std::uint32_t pid) const;
    bool has_hash(std::string_view hash) const;

    /// Throws protozero::exception where it is not valid.
    void parse(std::string_view bytes);
};

/// Calls `visit` for each frame of an ArchiveSearch. False where it is not valid, or has rules that are not known.
bool for_each_frame(std::string_view search, const std::function<void(const ContentsView&)>& visit);

/// Gathers what is in the events of one frame.
class FrameContents {
public:
    void add(const events::EventView& event);

    /// The serialized ArchiveFrameContents, without offset and size.
    std::string serialize() const;

    /// Whether `said` leaves nothing out.
    bool is_covered_by(const ContentsView& said) const;

private:
    /// A set that becomes part of the filter when it is too large.
    template <typename Values>
    struct Bounded {
        Values values;
        bool is_in_filter = false;
        std::size_t bytes = 0;
    };
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    using Texts = std::unordered_set<std::string, Hash, std::equal_to<>>;

    bool add_text(Bounded<Texts>& set, char kind, std::string_view text);
    template <typename Number>
    void add_number(Bounded<std::set<Number>>& set, char kind, Number number);

    std::bitset<std::size_t{events::kMaxFieldNumber} * events::kMaxFieldNumber> kinds_;
    Bounded<Texts> message_types_;
    Bounded<Texts> hosts_;
    Bounded<std::set<std::int64_t>> peers_;
    Bounded<std::set<std::uint32_t>> pids_;
    std::optional<std::int64_t> last_peer_; ///< and pid: not looked up again
    std::optional<std::uint32_t> last_pid_;
    std::uint32_t networks_ = 0;
    bool has_malformed_ = false;
    bool has_unknown_ = false;
    TokenSet tokens_;
};

} // namespace peer_observer::archive
