#include "services/rpc-extractor/metrics.h"

namespace peer_observer::rpc_extractor {
namespace {

const prometheus::Histogram::BucketBoundaries kDurations = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                            0.25,   0.5,   1,      2.5,   5,    10,    30};
// Of all methods together, over the life of the process.
constexpr std::size_t kMaxUnknownFieldSeries = 200;

prometheus::Labels by_method(std::string_view method) { return {{"method", std::string{method}}}; }

} // namespace

Metrics::Metrics()
    : durations_{prometheus::BuildHistogram()
                     .Name("peer_observer_rpc_extractor_call_seconds")
                     .Help("Time from the start of a call to the last byte of its answer, including error answers.")
                     .Register(*registry_)},
      bytes_{prometheus::BuildCounter()
                 .Name("peer_observer_rpc_extractor_answer_bytes_total")
                 .Help("Bytes of complete answers, without HTTP headers.")
                 .Register(*registry_)},
      errors_{prometheus::BuildCounter()
                  .Name("peer_observer_rpc_extractor_errors_total")
                  .Help("Calls that did not produce an event, by cause.")
                  .Register(*registry_)},
      last_success_{prometheus::BuildGauge()
                        .Name("peer_observer_rpc_extractor_last_success_timestamp_seconds")
                        .Help("UNIX time of the last call that produced an event. 0 if there was none.")
                        .Register(*registry_)},
      unknown_fields_{
          prometheus::BuildCounter()
              .Name("peer_observer_rpc_extractor_unknown_fields_total")
              .Help("Answers with an ignored field: this version does not know it, or its value has another type.")
              .Register(*registry_)},
      shortened_{prometheus::BuildCounter()
                     .Name("peer_observer_rpc_extractor_shortened_answers_total")
                     .Help("Answers published without some of their fields because they do not fit into an event.")
                     .Register(*registry_)},
      left_alone_{prometheus::BuildGauge()
                      .Name("peer_observer_rpc_extractor_left_alone")
                      .Help("1 for a method that is no longer called because the node forbids it or does not have it.")
                      .Register(*registry_)}
{}

void Metrics::add_method(std::string_view method)
{
    durations_.Add(by_method(method), kDurations);
    bytes_.Add(by_method(method));
    last_success_.Add(by_method(method));
    shortened_.Add(by_method(method));
    left_alone_.Add(by_method(method));
}

void Metrics::count_answer(std::string_view method, std::chrono::microseconds duration, std::size_t bytes)
{
    durations_.Add(by_method(method), kDurations).Observe(std::chrono::duration<double>{duration}.count());
    bytes_.Add(by_method(method)).Increment(static_cast<double>(bytes));
}

void Metrics::count_success(std::string_view method, double unix_time)
{
    last_success_.Add(by_method(method)).Set(unix_time);
}

void Metrics::count_fault(std::string_view method, Cause cause)
{
    errors_.Add({{"method", std::string{method}}, {"cause", std::string{name_of(cause)}}}).Increment();
}

void Metrics::count_unknown_fields(std::string_view method, const std::set<std::string>& fields)
{
    for (const auto& field : fields) {
        prometheus::Labels labels{{"method", std::string{method}}, {"field", field}};
        if (!unknown_fields_.Has(labels) && ++unknown_field_count_ > kMaxUnknownFieldSeries) labels["field"] = "other";
        unknown_fields_.Add(labels).Increment();
    }
}

void Metrics::count_shortened(std::string_view method) { shortened_.Add(by_method(method)).Increment(); }

void Metrics::set_left_alone(std::string_view method, bool left_alone)
{
    left_alone_.Add(by_method(method)).Set(left_alone ? 1 : 0);
}

} // namespace peer_observer::rpc_extractor
