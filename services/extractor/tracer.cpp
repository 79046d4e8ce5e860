#include "services/extractor/tracer.h"

#include "bpf/extractor.skel.h"
#include "services/extractor/capabilities.h"
#include "services/extractor/kernel_types.h"

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace peer_observer::extractor {
namespace {

// Past this part of the ring the reader is woken. Large enough that waking costs nothing on average, small enough that
// bursts find room.
constexpr std::size_t kWakeupFraction = 8;

// What libbpf has to say about the call that is under way; shown when it fails.
std::string libbpf_messages;

int keep_message(enum libbpf_print_level level, const char* format, va_list arguments) noexcept
{
    constexpr std::size_t kMost = 2000;
    if (level != LIBBPF_WARN || libbpf_messages.size() > kMost) return 0;
    std::array<char, 512> line{};
    const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
    try {
        libbpf_messages += line.data();
    } catch (...) {
        return 0;
    }
    return length;
}

/// Why this process may not do what has failed with `error`; empty when it may.
std::string refusal(int error) { return why_refused(-error, Tracer::attaches_many_at_once()); }

std::string explain(int error)
{
    const std::string text = std::strerror(-error);
    if (const auto missing = refusal(error); !missing.empty()) return text + ": " + missing;
    std::string messages = std::exchange(libbpf_messages, {});
    while (!messages.empty() && messages.back() == '\n')
        messages.pop_back();
    for (char& c : messages) {
        if (c == '\n') c = ';';
    }
    return messages.empty() ? text : fmt::format("{} ({})", text, messages);
}

bool kernel_is_at_least(int major, int minor)
{
    utsname name{};
    if (uname(&name) != 0) return false;
    const std::string_view release{name.release};
    int has_major = 0;
    int has_minor = 0;
    const auto dot = std::from_chars(release.begin(), release.end(), has_major).ptr;
    if (dot == release.end() || *dot != '.') return false;
    std::from_chars(dot + 1, release.end(), has_minor);
    return std::pair{has_major, has_minor} >= std::pair{major, minor};
}

/// libbpf 1.1 may report EINVAL for a lack of file descriptors. An attachment opens fewer than this at a time.
bool has_spare_descriptors()
{
    std::array<int, 8> spare{};
    for (int& descriptor : spare)
        descriptor = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    const bool enough = std::ranges::none_of(spare, [](int descriptor) { return descriptor < 0; });
    for (const int descriptor : spare)
        if (descriptor >= 0) close(descriptor);
    return enough;
}

/// Has the kernel's side tell processes by the ids that are seen here, if those are not the kernel's own.
void set_pid_namespace(__u64& device, __u64& inode)
{
    constexpr unsigned kFirstNamespace = 0xEFFFFFFC; // the kernel's PROC_PID_INIT_INO
    constexpr unsigned kKernelMinorBits = 20;
    struct stat here{};
    if (stat("/proc/self/ns/pid", &here) != 0 || here.st_ino == kFirstNamespace) return;
    device = (static_cast<__u64>(major(here.st_dev)) << kKernelMinorBits) | minor(here.st_dev);
    inode = here.st_ino;
}

void destroy_link(bpf_link* link) { bpf_link__destroy(link); }

std::size_t page_bytes() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

} // namespace

bool AttachError::is_temporary() const
{
    return number == EMFILE || number == ENFILE || number == ENOMEM || number == EAGAIN || number == EINTR;
}

Tracer::Tracer(const TracepointSet& enabled, std::size_t ring_bytes, OnRecord on_record)
    : on_record_{std::move(on_record)}, ring_bytes_{ring_bytes}
{
    libbpf_set_print(keep_message);
    skeleton_.reset(extractor_bpf__open());
    if (!skeleton_) throw std::runtime_error{"cannot open the BPF programs: " + explain(-errno)};
    for (std::size_t i = 0; i < kTracepoints.size(); ++i)
        bpf_program__set_autoload(program(i), enabled[i]);
    bpf_map__set_max_entries(skeleton_->maps.events, static_cast<__u32>(ring_bytes));
    if (const auto offsets = find_task_offsets()) {
        skeleton_->rodata->group_leader_offset = offsets->group_leader;
        skeleton_->rodata->start_boottime_offset = offsets->start_boottime;
    }
    skeleton_->rodata->largest_payload = largest_payload_bytes(ring_bytes);
    skeleton_->bss->wakeup_bytes = ring_bytes / kWakeupFraction;
    set_pid_namespace(skeleton_->bss->pid_namespace_device, skeleton_->bss->pid_namespace_inode);

    if (const int error = extractor_bpf__load(skeleton_.get()); error != 0)
        throw std::runtime_error{"cannot load the BPF programs: " + explain(error)};
    ring_.reset(ring_buffer__new(bpf_map__fd(skeleton_->maps.events), &Tracer::receive, this, nullptr));
    if (!ring_) throw std::runtime_error{"cannot open the ring buffer: " + explain(-errno)};
    // The first page of a ring buffer's map has the consumer's position, the second the producer's
    // (kernel/bpf/ringbuf.c). libbpf has them in its API since version 1.3.
    consumed_ = position_page(0);
    produced_ = position_page(1);
}

Tracer::~Tracer() = default;

void Tracer::Free::operator()(extractor_bpf* skeleton) const { extractor_bpf__destroy(skeleton); }
void Tracer::Free::operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
void Tracer::Free::operator()(unsigned long* page) const { munmap(page, page_bytes()); }

Tracer::PositionPage Tracer::position_page(std::size_t index) const
{
    void* const page = mmap(nullptr, page_bytes(), PROT_READ, MAP_SHARED, bpf_map__fd(skeleton_->maps.events),
                            static_cast<off_t>(index * page_bytes()));
    if (page == MAP_FAILED) throw std::runtime_error{"cannot map the ring buffer: " + explain(-errno)};
    return PositionPage{static_cast<unsigned long*>(page)};
}

bpf_program* Tracer::program(std::size_t tracepoint) const
{
    const auto name = kTracepoints.at(tracepoint).program();
    bpf_program* const found = bpf_object__find_program_by_name(skeleton_->obj, name.c_str());
    if (found == nullptr) throw std::logic_error{"no BPF program " + name};
    return found;
}

int Tracer::receive(void* self, void* data, std::size_t size) noexcept
{
    auto& me = *static_cast<Tracer*>(self);
    try {
        me.on_record_(*static_cast<const record_header*>(data), size);
    } catch (...) {
        me.failure_ = std::current_exception();
    }
    --me.left_;
    return me.left_ == 0 || me.failure_ ? -ECANCELED : 0;
}

std::expected<Link, AttachError> Tracer::attach(std::size_t tracepoint, int descriptor)
{
    libbpf_messages.clear();
    if (!has_spare_descriptors()) return std::unexpected{AttachError{EMFILE, std::strerror(EMFILE)}};
    const std::string path = fmt::format("/proc/self/fd/{}", descriptor);
    const auto& row = kTracepoints.at(tracepoint);
    const std::string provider{row.provider};
    const std::string name{row.name};
    bpf_link* const link =
        bpf_program__attach_usdt(program(tracepoint), -1, path.c_str(), provider.c_str(), name.c_str(), nullptr);
    if (link == nullptr) {
        const int error = -errno;
        if (!refusal(error).empty())
            throw std::runtime_error{"cannot attach to " + row.full_name() + ": " + explain(error)};
        return std::unexpected{AttachError{-error, explain(error)}};
    }
    return Link{link, destroy_link};
}

std::size_t Tracer::consume(std::size_t most)
{
    left_ = most;
    // A negative result is what receive() has returned to end the round; the record it was called for is consumed all
    // the same.
    (void)ring_buffer__consume(ring_.get());
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return most - left_;
}

int Tracer::ring_fd() const { return ring_buffer__epoll_fd(ring_.get()); }

std::size_t Tracer::ring_bytes() const { return ring_bytes_; }

bool Tracer::knows_process_start() const { return skeleton_->rodata->start_boottime_offset != 0; }

std::size_t Tracer::waiting_bytes() const
{
    const auto consumed = __atomic_load_n(consumed_.get(), __ATOMIC_ACQUIRE);
    return __atomic_load_n(produced_.get(), __ATOMIC_ACQUIRE) - consumed;
}

void Tracer::filter_pid(std::uint32_t pid) { __atomic_store_n(&skeleton_->bss->pid_filter, pid, __ATOMIC_RELAXED); }

void Tracer::wake_at_next_record() { __atomic_store_n(&skeleton_->bss->reader_sleeps, 1U, __ATOMIC_RELAXED); }

std::uint64_t Tracer::lost_total() const { return __atomic_load_n(&skeleton_->bss->lost_total, __ATOMIC_RELAXED); }

KernelCounters Tracer::counters() const
{
    KernelCounters counters;
    const auto& bss = *skeleton_->bss;
    for (std::size_t i = 0; i < TRACEPOINT_COUNT; ++i) {
        for (std::size_t cause = 0; cause < LOSS_CAUSE_COUNT; ++cause)
            counters.lost[i][cause] = __atomic_load_n(&bss.lost[i][cause], __ATOMIC_RELAXED);
        counters.unreadable[i] = __atomic_load_n(&bss.unreadable[i], __ATOMIC_RELAXED);
    }
    return counters;
}

bool Tracer::attaches_many_at_once()
{
    const bool library = std::pair{libbpf_major_version(), libbpf_minor_version()} >= std::pair{1U, 3U};
    return library && kernel_is_at_least(6, 10);
}

} // namespace peer_observer::extractor
