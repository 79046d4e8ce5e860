// The kernel side, loaded: attaches programs to probes and reads the ring buffer. With kernel_types, the only user of
// libbpf.
#pragma once

#include "bpf/events.h"
#include "services/extractor/tracepoints.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <expected>
#include <functional>
#include <memory>
#include <string>

struct bpf_link;
struct bpf_program;
struct extractor_bpf;
struct ring_buffer;

namespace peer_observer::extractor {

/// The largest payload whose record fits into an empty ring of so many bytes: records are powers of two, and the ring
/// takes only what is smaller than itself.
constexpr std::size_t largest_payload_bytes(std::size_t ring_bytes)
{
    return std::min<std::size_t>(MAX_MESSAGE_PAYLOAD_BYTES, ring_bytes / 2 - sizeof(message_record));
}

/// One attached probe; detached when destroyed.
using Link = std::unique_ptr<bpf_link, void (*)(bpf_link*)>;

struct AttachError {
    int number = 0; ///< errno
    std::string reason;
    /// May be gone by itself: too many open files, no memory.
    bool is_temporary() const;
};

/// The kernel side's own figures, since the programs were loaded.
struct KernelCounters {
    std::array<std::array<std::uint64_t, LOSS_CAUSE_COUNT>, TRACEPOINT_COUNT> lost{};
    /// Events of which at least one argument could not be read.
    std::array<std::uint64_t, TRACEPOINT_COUNT> unreadable{};
};

class Tracer {
public:
    /// A record as the kernel wrote it. `size` counts the header.
    using OnRecord = std::function<void(const record_header& record, std::size_t size)>;

    /// Loads the programs of the enabled tracepoints. `ring_bytes` must be a power of two and a multiple of the page
    /// size. Throws std::runtime_error that says what is missing: a capability, a kernel feature.
    Tracer(const TracepointSet& enabled, std::size_t ring_bytes, OnRecord on_record);
    Tracer(const Tracer&) = delete; // libbpf keeps a pointer to it
    Tracer& operator=(const Tracer&) = delete;
    ~Tracer();

    /// Attaches a tracepoint's program in every process that runs the open file, now or later; the descriptor is not
    /// needed afterwards. Throws std::runtime_error that says why, if this process is not allowed to attach at all.
    std::expected<Link, AttachError> attach(std::size_t tracepoint, int descriptor);

    /// Calls on_record for at most `most` waiting records. Returns how many there were. What on_record throws is thrown
    /// on.
    std::size_t consume(std::size_t most);

    /// Becomes readable when the ring has filled past a threshold. Below it, call consume() every few milliseconds.
    int ring_fd() const;
    std::size_t ring_bytes() const;

    /// Whether records say when their process started. If not, a process that has the pid of an earlier one is taken
    /// for it.
    bool knows_process_start() const;

    /// What is in the ring and not yet consumed; within on_record, with the record that it is called for.
    std::size_t waiting_bytes() const;

    /// Only events of this process; 0 = of every process.
    void filter_pid(std::uint32_t pid);

    /// The next record makes ring_fd() readable however little there is in the ring. A probe that is firing right now
    /// may miss it.
    void wake_at_next_record();

    /// Of all tracepoints and causes; cheap.
    std::uint64_t lost_total() const;
    KernelCounters counters() const;

    /// Whether this libbpf on this kernel attaches USDT probes by uprobe_multi links.
    static bool attaches_many_at_once();

private:
    struct Free {
        void operator()(extractor_bpf* skeleton) const;
        void operator()(ring_buffer* ring) const;
        void operator()(unsigned long* page) const;
    };
    using PositionPage = std::unique_ptr<unsigned long, Free>;

    static int receive(void* self, void* data, std::size_t size) noexcept;
    bpf_program* program(std::size_t tracepoint) const;
    PositionPage position_page(std::size_t index) const;

    OnRecord on_record_;
    std::size_t ring_bytes_;
    std::unique_ptr<extractor_bpf, Free> skeleton_;
    std::unique_ptr<ring_buffer, Free> ring_;
    PositionPage consumed_;
    PositionPage produced_;
    std::size_t left_ = 0;
    std::exception_ptr failure_;
};

} // namespace peer_observer::extractor
