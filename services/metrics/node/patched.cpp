#include "services/metrics/node/patched.h"

namespace peer_observer::metrics {

Patched::Patched(NodeRegistry& registry)
    : new_inserted_{registry.counter(metric("addrman_attempts_total"), {"new", "inserted"})},
      new_not_inserted_{registry.counter(metric("addrman_attempts_total"), {"new", "not_inserted"})},
      tried_inserted_{registry.counter(metric("addrman_attempts_total"), {"tried", "inserted"})},
      orphans_added_{registry.counter(metric("orphans_added_total"))},
      orphans_removed_{registry.counter(metric("orphans_removed_total"))}, orphans_{registry, metric("orphans")},
      orphans_weight_{registry, metric("orphans_weight")}
{}

bool Patched::observe(const proto::AddrMan& event)
{
    switch (event.event_case()) {
    case proto::AddrMan::kAttemptAdd:
        (event.attempt_add().inserted() ? new_inserted_ : new_not_inserted_).Increment();
        return true;
    case proto::AddrMan::kMoveToGood:
        tried_inserted_.Increment();
        return true;
    case proto::AddrMan::EVENT_NOT_SET:
        break;
    }
    return false;
}

bool Patched::observe(const proto::Orphan& event)
{
    if (event.event_case() == proto::Orphan::EVENT_NOT_SET) return false;
    (event.has_add() ? orphans_added_ : orphans_removed_).Increment();
    const auto& change = event.has_add() ? event.add() : event.removed();
    orphans_.set(static_cast<double>(change.orphan_count()));
    orphans_weight_.set(static_cast<double>(change.orphan_weight()));
    return true;
}

void Patched::on_new_process()
{
    orphans_.clear();
    orphans_weight_.clear();
}

} // namespace peer_observer::metrics
