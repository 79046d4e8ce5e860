// A batch as text, JSON or protobuf.
#pragma once

#include "libs/app/bad_events.h"
#include "libs/asmap/autonomous_systems.h"
#include "libs/bus/subscriber.h"
#include "libs/events/event_reader.h"
#include "libs/events/selection.h"
#include "libs/print/options.h"
#include "libs/print/origin.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace peer_observer::print {

class BatchPrinter {
public:
    using Peek = std::function<bool(const events::EventView&)>;

    /// `bad_events` outlives this object. `systems` may be null.
    BatchPrinter(Format format, events::Selection selection, bool colour, app::BadEvents& bad_events,
                 std::shared_ptr<const asmap::AutonomousSystems> systems = nullptr);

    /// Appends what is to be shown of `batch`, up to `limit` events, and returns how many events these were. Only what
    /// is selected, and `peek` accepts, is parsed. Text that is of certain peers says where the node's process becomes
    /// another one: that has other peers with the same ids. Protobuf: EventBatches, each behind its length as a varint;
    /// of a batch of which not all is shown, one for each run of consecutive events, so that sequence numbers stay
    /// right.
    std::uint64_t append(const events::Batch& batch, std::uint64_t limit, std::string& out, const Peek& peek = {});

    /// The same, after a line about what is missed in front of it.
    std::uint64_t append_received(const bus::Batch& batch, std::uint64_t limit, std::string& out);

    /// A line; nothing as protobuf.
    void append_missed(const Missed& missed, std::string& out) const;

    /// Whether a batch is printed as it is, if all of it is wanted.
    bool copies_batches() const { return format_ == Format::protobuf && selection_.selects_all(); }

private:
    bool wants(const events::EventView& event, const Peek& peek) const;
    void append_if_other_process(const events::Batch& batch, const proto::Event& event, std::string& out);
    std::uint64_t append_lines(const events::Batch& batch, std::uint64_t limit, const Peek& peek, std::string& out);
    std::uint64_t append_runs(const events::Batch& batch, std::uint64_t limit, const Peek& peek, std::string& out);

    Format format_;
    events::Selection selection_;
    std::shared_ptr<const asmap::AutonomousSystems> systems_;
    bool colour_;
    app::BadEvents& bad_events_;
    std::map<std::string, std::pair<std::uint32_t, std::uint64_t>, std::less<>> processes_; ///< by node: the latest
    std::unique_ptr<events::EventReader> reader_ = std::make_unique<events::EventReader>();
};

} // namespace peer_observer::print
