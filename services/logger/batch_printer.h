// A batch of the bus as text, JSON or protobuf.
#pragma once

#include "libs/bus/subscriber.h"
#include "libs/print/filter.h"
#include "libs/print_options/print_options.h"
#include "proto/event.pb.h"

#include <cstdint>
#include <string>

namespace peer_observer::logger {

using print_options::Format;

class BatchPrinter {
public:
    BatchPrinter(Format format, print::Filter filter, bool colour);

    /// Appends what is to be shown of `batch`, up to `limit` events, and returns how many events these were. Text and
    /// JSON begin with a line about missed events. Protobuf: EventBatches, each behind its length as a varint; of a
    /// batch of which not all is shown, one for each run of consecutive events, so that sequence numbers stay right.
    std::uint64_t append(const bus::Batch& batch, std::uint64_t limit, std::string& out);

private:
    void append_missed(const bus::Batch& batch, std::uint64_t publisher_id, std::uint64_t first_sequence,
                       std::optional<std::uint64_t> count, std::string& out) const;
    std::uint64_t append_lines(const bus::Batch& batch, std::uint64_t limit, std::string& out) const;
    std::uint64_t append_runs(std::uint64_t limit, std::string& out);

    Format format_;
    print::Filter filter_;
    bool colour_;
    proto::EventBatch parsed_; ///< kept, for its memory
};

} // namespace peer_observer::logger
