#include "services/logger/batch_printer.h"

#include "libs/print/json.h"
#include "libs/print/text.h"

#include <chrono>
#include <iterator>
#include <string_view>
#include <utility>

#include <protozero/varint.hpp>

namespace peer_observer::logger {
namespace {

std::uint64_t now_ns()
{
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

void append_delimited(std::string_view message, std::string& out)
{
    protozero::write_varint(std::back_inserter(out), message.size());
    out += message;
}

} // namespace

BatchPrinter::BatchPrinter(Format format, print::Filter filter, bool colour)
    : format_{format}, filter_{std::move(filter)}, colour_{colour}
{}

std::uint64_t BatchPrinter::append(const bus::Batch& batch, std::uint64_t limit, std::string& out)
{
    if (format_ == Format::protobuf && filter_.selects_all() && batch.event_count <= limit) {
        append_delimited(batch.bytes, out);
        return batch.event_count;
    }
    // The bus has parsed it before, so it parses.
    static_cast<void>(parsed_.ParseFromArray(batch.bytes.data(), static_cast<int>(batch.bytes.size())));
    if (format_ == Format::protobuf) return append_runs(limit, out);
    if (batch.unknown_loss)
        append_missed(batch, batch.unknown_loss->publisher_id, batch.unknown_loss->next_sequence, std::nullopt, out);
    if (batch.missed > 0)
        append_missed(batch, batch.publisher_id, batch.first_sequence - batch.missed, batch.missed, out);
    return append_lines(batch, limit, out);
}

void BatchPrinter::append_missed(const bus::Batch& batch, std::uint64_t publisher_id, std::uint64_t first_sequence,
                                 std::optional<std::uint64_t> count, std::string& out) const
{
    const print::Missed missed{.node = batch.node,
                               .publisher_id = publisher_id,
                               .first_sequence = first_sequence,
                               .count = count,
                               .timestamp_ns = parsed_.events_size() > 0 ? parsed_.events(0).timestamp_ns() : now_ns()};
    if (format_ == Format::json)
        print::append_json(missed, out);
    else
        print::append_text(missed, colour_, out);
}

std::uint64_t BatchPrinter::append_lines(const bus::Batch& batch, std::uint64_t limit, std::string& out) const
{
    std::uint64_t count = 0;
    print::Origin origin{.node = batch.node, .publisher_id = batch.publisher_id, .sequence = batch.first_sequence};
    for (const auto& event : parsed_.events()) {
        if (count == limit) break;
        if (filter_.selects(event)) {
            ++count;
            if (format_ == Format::json)
                print::append_json(origin, event, out);
            else
                print::append_text(origin, event, colour_, out);
        }
        ++origin.sequence;
    }
    return count;
}

std::uint64_t BatchPrinter::append_runs(std::uint64_t limit, std::string& out)
{
    std::uint64_t count = 0;
    proto::EventBatch run;
    const auto end_run = [&] {
        if (run.events_size() > 0) append_delimited(run.SerializeAsString(), out);
        run.clear_events();
    };
    run.set_schema_version(parsed_.schema_version());
    run.set_node(parsed_.node());
    run.set_publisher_id(parsed_.publisher_id());
    for (int i = 0; i < parsed_.events_size() && count < limit; ++i) {
        if (!filter_.selects(parsed_.events(i))) {
            end_run();
            continue;
        }
        if (run.events_size() == 0) run.set_first_sequence(parsed_.first_sequence() + static_cast<std::uint64_t>(i));
        *run.add_events() = std::move(*parsed_.mutable_events(i));
        ++count;
    }
    end_run();
    return count;
}

} // namespace peer_observer::logger
