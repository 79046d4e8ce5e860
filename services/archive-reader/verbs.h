// What peer-observer-archive can do: one function a verb.
#pragma once

#include "libs/app/app.h"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

namespace peer_observer::archive_reader {

using boost::program_options::options_description;
using boost::program_options::variables_map;

// Each throws app::UsageError for wrong options, and std::runtime_error for what makes the exit status 1.
void add_info_options(options_description& options);
void info(const variables_map& values, app::Context& context);

void add_cat_options(options_description& options);
void cat(const variables_map& values, app::Context& context);

void add_export_options(options_description& options);
void export_tables(const variables_map& values, app::Context& context);

void add_verify_options(options_description& options);
void verify(const variables_map& values, app::Context& context);

void add_replay_options(options_description& options);
void replay(const variables_map& values, app::Context& context);

void add_repair_options(options_description& options);
void repair(const variables_map& values, app::Context& context);

void add_index_options(options_description& options);
void index(const variables_map& values, app::Context& context);

void add_merge_options(options_description& options);
void merge(const variables_map& values, app::Context& context);

void add_report_options(options_description& options);
void report(const variables_map& values, app::Context& context);

void add_import_options(options_description& options);
void import_captures(const variables_map& values, app::Context& context);

} // namespace peer_observer::archive_reader
