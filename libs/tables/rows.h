// Events as rows of the tables.
#pragma once

#include "libs/asmap/autonomous_systems.h"
#include "libs/events/batch.h"
#include "libs/events/event_reader.h"
#include "libs/print/origin.h"
#include "libs/tables/model.h"
#include "proto/archive.pb.h"
#include "proto/event.pb.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace peer_observer::tables {

/// NULL, or what the column's type says: signed integers, unsigned ones and booleans, reals, texts and bytes.
using Value = std::variant<std::monostate, std::int64_t, std::uint64_t, double, std::string_view>;

/// Takes rows: a database, a file.
class RowSink {
public:
    virtual ~RowSink() = default;
    /// One value a column, in the order of the columns. They are valid during the call.
    virtual void add(const Table& table, std::span<const Value> values) = 0;
};

/// Events that should be rows and are not.
struct Loss {
    std::string_view node;
    std::uint64_t publisher_id = 0;
    std::uint64_t sequence = 0;     ///< of the first one
    std::string_view cause;         ///< as ArchiveGap.Cause has it, or BAD_EVENT, UNKNOWN_KIND, NOT_STORED, REFUSED
    std::string_view table_name{};  ///< where only rows of one table are missing
    std::uint64_t timestamp_ns = 0; ///< of an event beside it, or when it was noticed
    std::optional<std::uint64_t> count{}; ///< events; of rows of one table: rows. None: nobody knows
    std::string_view detail{};
};

/// Views the gap.
Loss loss_of(const proto::ArchiveGap& gap);
/// Views the batch and the reason.
Loss loss_of(const events::Batch& batch, const events::BadEvent& bad, std::uint64_t timestamp_ns);

class RowMaker {
public:
    /// Both outlive this object; `systems` may be null.
    explicit RowMaker(const Model& model, const asmap::AutonomousSystems* systems = nullptr);

    /// Hands the event's rows to `sink`: its own, then those of its parts. An event of a kind that the model does not
    /// have becomes a loss.
    void add(const print::Origin& origin, const proto::Event& event, RowSink& sink);
    void add(const Loss& loss, RowSink& sink);

private:
    /// A row that is being made, with room for the texts that are not in the event as they are.
    struct Row {
        std::vector<Value> values;
        std::vector<std::string> texts;
    };
    using Message = google::protobuf::Message;
    using FieldDescriptor = google::protobuf::FieldDescriptor;
    using Reflection = google::protobuf::Reflection;

    void begin(Row& row, const Table& table);
    Row& begin_part(const Table& table, int level);
    void fill(const Message* message, const Part& part, Row& row);
    void fill(const Message& message, const Reflection& reflection, const Step& step, Row& row);
    Value value(const Message& message, const FieldDescriptor& field, Type type, int index, std::string& text) const;
    void add_parts(const Message& message, const Part& part, int level, int depth);
    void add_items(const Message& message, const Step& step, int level, int depth);
    void add_unreadable_arguments(const proto::Event& event);

    const Model& model_;
    const asmap::AutonomousSystems* systems_;
    static constexpr int kLevels = 6; ///< of rows that are begun inside each other
    std::array<Row, kLevels> rows_;
    std::array<std::uint64_t, 3> positions_{}; ///< in the lists around
    const Table* root_ = nullptr;
    std::vector<std::size_t> repeated_; ///< columns of the root's row that its parts have too
    RowSink* sink_ = nullptr;
};

} // namespace peer_observer::tables
