#include "services/rpc-extractor/poller.h"

#include "libs/base/clock.h"
#include "proto/event.pb.h"
#include "services/rpc-extractor/shorten.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace peer_observer::rpc_extractor {
namespace {

using namespace std::chrono_literals;

// Between the first calls, so that they mostly share one connection and one of the node's threads.
constexpr auto kStagger = 100ms;
constexpr auto kLongestWait = 200ms;
// A node that starts is asked for everything soon, also for what is rarely asked for.
constexpr std::chrono::nanoseconds kRetry = 2s;

} // namespace

Poller::Poller(PollerOptions options, bus::Publisher& publisher, Metrics& metrics)
    : options_{std::move(options)}, publisher_{publisher}, metrics_{metrics},
      http_{options_.endpoint, options_.calls.size(), options_.timeout}
{
    auto due = Clock::now();
    for (const PolledCall& polled : options_.calls) {
        metrics_.add_method(polled.call->method);
        slots_.push_back({.polled = polled, .due = due});
        due += kStagger;
    }
}

void Poller::run(app::Context& context)
{
    context.ready();
    while (!context.stopping()) {
        if (reload_.take()) call_all_again();
        const auto now = Clock::now();
        auto wake = now + kLongestWait;
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            const Slot& slot = slots_[i];
            if (slot.busy || slot.left_alone) continue;
            if (slot.due <= now) start(i, now);
            wake = std::min(wake, slot.due);
        }
        const auto longest = std::chrono::ceil<std::chrono::milliseconds>(std::max(wake - now, Clock::duration{1ms}));
        for (HttpAnswer& answer : http_.wait(longest, context.stop_fd()))
            finish(answer);
        publisher_.flush();
        context.alive(fmt::format("{} events, {} failed calls", publisher_.next_sequence(), faults_));
    }
}

void Poller::start(std::size_t index, Clock::time_point now)
{
    Slot& slot = slots_[index];
    const Call& call = *slot.polled.call;
    slot.due += slot.polled.interval;
    if (slot.due <= now) slot.due = now + slot.polled.interval; // late: not twice in a row

    auto credentials = read_credentials(options_.credentials);
    if (!credentials) return fail(slot, credentials.error());
    if (credentials_ && *credentials_ != *credentials) call_all_again(); // the node was started again
    credentials_ = *credentials;

    const bool smaller = slot.was_too_large && !call.smaller_params.empty();
    slot.request_id = next_request_id_++;
    slot.busy = true;
    http_.start(index, {fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})", slot.request_id,
                                    call.method, smaller ? call.smaller_params : call.params),
                        *std::move(credentials), call.max_answer_bytes});
}

void Poller::finish(HttpAnswer& answer)
{
    Slot& slot = slots_.at(answer.slot);
    const auto method = slot.polled.call->method;
    slot.busy = false;
    const auto fault = take(slot, answer);
    slot.was_too_large = fault && fault->cause == Cause::too_large;
    if (fault) return fail(slot, *fault);
    metrics_.count_success(method, static_cast<double>(base::unix_ns()) / 1e9);
    notices_.success(method);
}

std::optional<Fault> Poller::take(Slot& slot, HttpAnswer& http)
{
    const Call& call = *slot.polled.call;
    if (http.fault) return std::move(http.fault);
    metrics_.count_answer(call.method, http.duration, http.body.size());
    auto answer = read_answer(call, slot.request_id, http.status, http.body);
    if (!answer) return answer.error();
    http.body = {};
    metrics_.count_unknown_fields(call.method, answer->unknown_fields);
    note_uptime(answer->rpc);
    return publish(slot, answer->rpc);
}

std::optional<Fault> Poller::publish(Slot& slot, proto::Rpc& rpc)
{
    const auto method = slot.polled.call->method;
    const bool was_shortened = std::exchange(slot.is_shortened, false);
    proto::Event event;
    event.set_timestamp_ns(base::unix_ns());
    event.mutable_rpc()->Swap(&rpc);
    if (publisher_.add(event.SerializeAsString())) return {};
    const auto left_out = shorten(*event.mutable_rpc());
    if (left_out.empty()) return Fault{Cause::event_too_large, "more than an event of the bus can hold"};
    if (!publisher_.add(event.SerializeAsString()))
        return Fault{Cause::event_too_large,
                     fmt::format("more than an event of the bus can hold, even without {}", left_out)};
    slot.is_shortened = true;
    metrics_.count_shortened(method);
    if (!was_shortened)
        spdlog::warn("{}: the answer is too large for an event, and is published without {}", method, left_out);
    return {};
}

void Poller::fail(Slot& slot, const Fault& fault)
{
    const auto method = slot.polled.call->method;
    ++faults_;
    metrics_.count_fault(method, fault.cause);
    if (concerns_node(fault.cause) && fault.cause != Cause::unauthorized) {
        slot.due = std::min(slot.due, Clock::now() + std::min(slot.polled.interval, kRetry));
        // A node that is not there, or just starts, will have another whitelist when it is back.
        call_all_again();
    }
    if (fault.cause == Cause::forbidden || fault.cause == Cause::unknown_method) {
        const bool reported =
            std::ranges::any_of(slots_, [&](const Slot& s) { return s.left_alone && s.polled.call->method == method; });
        slot.left_alone = true;
        metrics_.set_left_alone(method, true);
        if (!reported)
            spdlog::warn("{}: {}: {}; not called again until the node restarts, or SIGHUP", method,
                         name_of(fault.cause), fault.text);
        return;
    }
    notices_.fault(method, fault, Clock::now());
}

void Poller::call_all_again()
{
    for (Slot& slot : slots_) {
        if (!std::exchange(slot.left_alone, false)) continue;
        slot.due = Clock::now();
        metrics_.set_left_alone(slot.polled.call->method, false);
    }
}

void Poller::note_uptime(const proto::Rpc& rpc)
{
    if (!rpc.has_uptime()) return;
    if (rpc.uptime().seconds() < std::exchange(last_uptime_, rpc.uptime().seconds())) call_all_again();
}

} // namespace peer_observer::rpc_extractor
