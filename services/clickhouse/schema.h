// The tables on a server: made, brought up to this program's model, and rid of old months.
#pragma once

#include "libs/tables/model.h"
#include "libs/tables/schema.h"
#include "services/clickhouse/server.h"

#include <chrono>
#include <cstdint>
#include <optional>

namespace peer_observer::clickhouse {

/// Creates the database and the tables that are not there, and adds the columns that are not. Tables of another version
/// of the model, or a column of another type, are a failure: Cause::schema.
std::optional<Failure> prepare(Server& server, const tables::ClickHouseSchema& schema, const tables::Model& model);

/// Sets what the server knows of the settings that this service needs. Others would make every statement fail.
std::optional<Failure> choose_settings(Server& server, const tables::ClickHouseSchema& schema);

/// Drops the months that ended before `before`. Adds to `dropped`.
std::optional<Failure> drop_before(Server& server, const tables::ClickHouseSchema& schema, const tables::Model& model,
                                   std::chrono::sys_days before, std::uint64_t& dropped);

} // namespace peer_observer::clickhouse
