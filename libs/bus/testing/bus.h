// What the tests of this folder share.
#pragma once

#include "libs/bus/publisher.h"
#include "libs/bus/subscriber.h"
#include "proto/event.pb.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace peer_observer::bus::testing {

using namespace std::chrono_literals;

/// How long a test waits for what must come.
inline constexpr auto kDeadline = 60s;

inline const std::string kAnyPort = "tcp://127.0.0.1:0";

class TemporaryFolder {
public:
    TemporaryFolder()
    {
        std::string pattern = std::filesystem::temp_directory_path() / "bus_test_XXXXXX";
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"no temporary folder"};
        path_ = pattern;
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::string operator/(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

inline void wait_for(const std::string& what, const std::function<bool()>& condition)
{
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error{"timed out waiting for " + what};
        std::this_thread::sleep_for(1ms);
    }
}

inline void wait_for_subscribers(const Publisher& publisher, std::uint64_t count)
{
    wait_for("subscribers", [&] { return publisher.statistics().subscribers == count; });
}

/// An event that carries `number` as its time stamp, and as much data as asked for.
inline std::string make_event(std::uint64_t number, std::size_t payload_bytes = 0)
{
    proto::Event event;
    event.set_timestamp_ns(number);
    if (payload_bytes > 0) event.mutable_events_lost()->set_tracepoint(std::string(payload_bytes, 'x'));
    return event.SerializeAsString();
}

/// The next batch that has events.
inline std::optional<Batch> next_events(Subscriber& subscriber)
{
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (std::chrono::steady_clock::now() < deadline) {
        const auto batch = subscriber.receive(100ms);
        if (batch && batch->event_count > 0) return batch;
    }
    return std::nullopt;
}

inline proto::EventBatch parse(const Batch& batch)
{
    proto::EventBatch parsed;
    if (!parsed.ParseFromArray(batch.bytes.data(), static_cast<int>(batch.bytes.size()))) {
        throw std::runtime_error{"a batch does not parse"};
    }
    return parsed;
}

} // namespace peer_observer::bus::testing
