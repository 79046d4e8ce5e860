#include "tests/sim_node/modes.h"

#include <sys/mman.h>

#include <cerrno>
#include <system_error>

namespace peer_observer::sim_node {
namespace {

constexpr std::uint64_t kLargestPayload = 4'000'000;
constexpr std::size_t kMappingSize = 4'096;

/// A page of its own. Unless it is written to, no memory stands behind it.
class Mapping {
public:
    explicit Mapping(int protection)
        : start_(mmap(nullptr, kMappingSize, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    {
        if (start_ == MAP_FAILED) throw std::system_error{errno, std::generic_category(), "mmap"};
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping() { munmap(start_, kMappingSize); }

    const std::uint8_t* bytes() const { return static_cast<const std::uint8_t*>(start_); }

private:
    void* start_;
};

} // namespace

void play_fault(Player& player, Fault fault)
{
    const Bytes nonce(8, 7);
    const Bytes too_big(fault == Fault::too_big ? kLargestPayload + 1 : 0, 7);
    const Mapping page(fault == Fault::not_resident ? PROT_READ : PROT_NONE);
    const auto message = [](const char* address, std::uint64_t size, const std::uint8_t* payload,
                            std::int64_t peer = 0) {
        return calls::net_inbound_message(peer, address, "inbound", "ping", size, payload);
    };
    constexpr const char* kAddress = "127.0.0.1:8333";
    const Call good = message(kAddress, nonce.size(), nonce.data());
    Call bad = good;
    switch (fault) {
    case Fault::unreadable:
    case Fault::not_resident:
        bad = message(kAddress, nonce.size(), page.bytes());
        break;
    case Fault::unreadable_text:
        bad = message(reinterpret_cast<const char*>(page.bytes()), nonce.size(), nonce.data(), 1);
        break;
    case Fault::too_big:
        bad = message(kAddress, too_big.size(), too_big.data());
        break;
    }
    while (!player.done()) {
        player.play(good);
        player.play(bad);
    }
}

} // namespace peer_observer::sim_node
