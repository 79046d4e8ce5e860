// part_tracer PROGRAM PART: attaches one program of parts.bpf.c to net:inbound_message of PROGRAM, until it gets
// SIGTERM. part_tracer --memcpy BYTES: prints the nanoseconds that copying so many bytes takes, into memory the size
// of the extractor's ring.
#include "bench/flood/parts.skel.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kRingBytes = std::size_t{64} << 20U;

double ns_of_memcpy(std::size_t size)
{
    std::vector<char> from(size, 'x');
    std::vector<char> ring(kRingBytes, 'y'); // written once, so that no page fault is measured
    const std::size_t rounds =
        std::clamp<std::size_t>((std::size_t{1} << 30U) / std::max<std::size_t>(size, 1), 100, 1'000'000);
    std::size_t at = 0;
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < rounds; ++i) {
        if (at + size > ring.size()) at = 0;
        std::memcpy(ring.data() + at, from.data(), size);
        asm volatile("" : : "r"(ring.data()) : "memory");
        at += size;
    }
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;
    return time.count() / static_cast<double>(rounds);
}

int trace(const char* path, const char* part)
{
    const std::unique_ptr<parts_bpf, decltype(&parts_bpf__destroy)> skeleton{parts_bpf__open_and_load(),
                                                                             parts_bpf__destroy};
    if (!skeleton) return EXIT_FAILURE;
    const bpf_program* program = bpf_object__find_program_by_name(skeleton->obj, part);
    if (program == nullptr) {
        std::fprintf(stderr, "parts.bpf.c has no program %s\n", part);
        return EXIT_FAILURE;
    }
    const std::unique_ptr<bpf_link, decltype(&bpf_link__destroy)> link{
        bpf_program__attach_usdt(program, -1, path, "net", "inbound_message", nullptr), bpf_link__destroy};
    if (!link) return EXIT_FAILURE;

    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    std::fputs("attached\n", stderr);
    int received = 0;
    sigwait(&signals, &received);
    return EXIT_SUCCESS;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc == 3 && std::string_view{argv[1]} == "--memcpy") {
        std::printf("%.1f\n", ns_of_memcpy(std::strtoull(argv[2], nullptr, 10)));
        return EXIT_SUCCESS;
    }
    if (argc == 3) return trace(argv[1], argv[2]);
    std::fputs("usage: part_tracer PROGRAM PART | --memcpy BYTES\n", stderr);
    return 2;
}
