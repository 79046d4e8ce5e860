// The tables that events are rows of: one model for every writer, made from the descriptors of proto/.
#pragma once

#include "proto/event.pb.h"

#include <google/protobuf/descriptor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace peer_observer::tables {

/// Changes when a table or a column that there was gets another name, type or meaning. A new one changes nothing.
inline constexpr std::uint32_t kModelVersion = 1;

enum class Type {
    boolean,
    int32,
    int64,
    uint32,
    uint64,
    id64, ///< a number that nobody counts with (HEX_NUMBER): 16 hex digits in text
    real,
    text,      ///< UTF-8; enums by name, by number where it has none
    peer_text, ///< text that a peer chose: any bytes
    hash,      ///< in the order in which bitcoin-cli shows it; empty where it could not be read
    bytes,
};

struct Column {
    std::string name;
    Type type;
    bool is_nullable = false;
};

/// The first columns are the key: node, publisher_id, sequence, and the positions of parts.
struct Table {
    std::string name;
    std::string source; ///< the kinds of events and the field that its rows are made of
    std::vector<Column> columns;
    std::size_t key_size = 0;
    /// Columns of an event's row that the rows of its parts have, too, behind the time.
    std::vector<std::size_t> repeated{};
    std::size_t repeated_count = 0; ///< of a table of parts: how many these are

    /// columns.size() where there is none of that name.
    std::size_t find(std::string_view column) const;
    /// Whether a row is an event, and not a part of one or what is missing.
    bool is_event() const { return find("pid") != columns.size(); }
};

struct Part;

/// What becomes of one field.
struct Step {
    enum class Kind {
        scalar,    ///< a column
        host_port, ///< two columns, of an `address` with a port in it
        mapped_as, ///< a column: the AS of the address in `field`, where the message does not say it
        own_as,    ///< the same, where the message may say it: `as_field`
        message,   ///< the columns of a message inside
        choice,    ///< a column with the name of the arm, and the arm's parts
        parts,     ///< a row of another table for each item
    };

    Kind kind;
    const google::protobuf::FieldDescriptor* field;
    std::size_t column = 0;
    Type type{};                  ///< scalar: of the column
    std::size_t column_count = 0; ///< message: of all that is inside
    const google::protobuf::FieldDescriptor* as_field = nullptr;
    std::unique_ptr<Part> part;                ///< message, parts
    std::vector<std::unique_ptr<Part>> arms{}; ///< choice: by the arm's index; null for an arm without fields
};

/// How a message becomes columns of a row, and rows of other tables.
struct Part {
    const Table* table = nullptr; ///< null for a choice's arm that has nothing but parts
    std::vector<Step> steps;
    bool has_parts = false; ///< any step, or one inside, makes rows of its own
};

/// A kind of event.
struct Root {
    const Part* part;
    std::string_view direction; ///< empty where the table has no such column
};

class Model {
public:
    /// Throws std::logic_error for descriptors that two tables or columns of one name would come of.
    explicit Model(const google::protobuf::Descriptor& event = *proto::Event::descriptor());

    const std::vector<std::unique_ptr<Table>>& tables() const { return tables_; }
    /// Null where there is none.
    const Table* find(std::string_view name) const;

    /// By the innermost arm of the event's oneofs. Null for one that is not in the descriptors.
    const Root* root(const google::protobuf::FieldDescriptor* arm) const;
    const Table& losses() const { return *losses_; }
    const Table& unreadable_arguments() const { return *unreadable_arguments_; }

private:
    friend class ModelBuilder;

    std::vector<std::unique_ptr<Table>> tables_;
    std::vector<std::unique_ptr<Part>> parts_;
    std::unordered_map<const google::protobuf::FieldDescriptor*, Root> roots_;
    const Table* losses_ = nullptr;
    const Table* unreadable_arguments_ = nullptr;
};

} // namespace peer_observer::tables
