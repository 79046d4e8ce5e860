#include "libs/print/batch_printer.h"

#include "libs/base/clock.h"
#include "libs/print/json.h"
#include "libs/print/text.h"

#include <protozero/varint.hpp>

#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

namespace peer_observer::print {
namespace {

constexpr std::size_t kMaxNodes = 1024;

std::uint64_t first_time_ns(const events::Batch& batch)
{
    std::uint64_t first = 0;
    events::for_each_event(batch, [&](const events::EventView& event) {
        if (event.sequence == batch.first_sequence) first = event.timestamp_ns;
    });
    return batch.event_count > 0 ? first : base::unix_ns();
}

void append_delimited(std::string_view message, std::string& out)
{
    protozero::write_varint(std::back_inserter(out), message.size());
    out += message;
}

} // namespace

BatchPrinter::BatchPrinter(Format format, events::Selection selection, bool colour, app::BadEvents& bad_events,
                           std::shared_ptr<const asmap::AutonomousSystems> systems)
    : format_{format}, selection_{std::move(selection)}, systems_{std::move(systems)}, colour_{colour},
      bad_events_{bad_events}
{}

bool BatchPrinter::wants(const events::EventView& event, const Peek& peek) const
{
    // Nobody knows what a malformed one is: it is parsed, and so reported.
    return event.is_malformed || (selection_.selects(event) && (!peek || peek(event)));
}

std::uint64_t BatchPrinter::append(const events::Batch& batch, std::uint64_t limit, std::string& out, const Peek& peek)
{
    if (copies_batches() && !peek && batch.event_count <= limit) {
        append_delimited(batch.bytes, out);
        return batch.event_count;
    }
    return format_ == Format::protobuf ? append_runs(batch, limit, peek, out) : append_lines(batch, limit, peek, out);
}

std::uint64_t BatchPrinter::append_received(const bus::Batch& batch, std::uint64_t limit, std::string& out)
{
    if (const auto& loss = batch.unknown_loss)
        append_missed({batch.node, loss->publisher_id, loss->next_sequence, std::nullopt, first_time_ns(batch)}, out);
    if (batch.missed > 0)
        append_missed(
            {batch.node, batch.publisher_id, batch.first_sequence - batch.missed, batch.missed, first_time_ns(batch)},
            out);
    return append(batch, limit, out);
}

void BatchPrinter::append_missed(const Missed& missed, std::string& out) const
{
    if (format_ == Format::json) append_json(missed, out);
    if (format_ == Format::text) append_text(missed, colour_, out);
}

void BatchPrinter::append_if_other_process(const events::Batch& batch, const proto::Event& event, std::string& out)
{
    if (format_ != Format::text || !selection_.selects_peers() || event.pid() == 0) return;
    if (processes_.size() > kMaxNodes) processes_.clear();
    const std::pair process{event.pid(), event.process_start_ms()};
    const auto [known, is_first] = processes_.try_emplace(std::string{batch.node}, process);
    if (!is_first && std::exchange(known->second, process) != process)
        append_text(OtherProcess{batch.node, event.pid(), event.process_start_ms(), event.timestamp_ns()}, colour_,
                    out);
}

std::uint64_t BatchPrinter::append_lines(const events::Batch& batch, std::uint64_t limit, const Peek& peek,
                                         std::string& out)
{
    std::uint64_t count = 0;
    reader_->each_if(
        batch, [&](const auto& view) { return count < limit && wants(view, peek); },
        [&](const proto::Event& event, const events::EventView& view) {
            ++count;
            append_if_other_process(batch, event, out);
            const Origin origin{batch.node, batch.publisher_id, view.sequence};
            if (format_ == Format::json)
                append_json(origin, event, out, systems_.get());
            else
                append_text(origin, event, colour_, out, systems_.get());
        },
        [&](const auto& bad) { bad_events_.add(batch, bad); });
    return count;
}

std::uint64_t BatchPrinter::append_runs(const events::Batch& batch, std::uint64_t limit, const Peek& peek,
                                        std::string& out)
{
    std::uint64_t count = 0;
    events::select(
        batch,
        [&](const events::EventView& view) {
            if (count == limit || !wants(view, peek)) return false;
            if (!selection_.selects_all() &&
                reader_->parse(view, [&](const auto& bad) { bad_events_.add(batch, bad); }) == nullptr)
                return false;
            ++count;
            return true;
        },
        [&](const events::Batch& run) { append_delimited(run.bytes, out); });
    return count;
}

} // namespace peer_observer::print
