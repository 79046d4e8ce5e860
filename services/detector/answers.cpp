#include "services/detector/answers.h"

namespace peer_observer::detector {
namespace {

using Payload = proto::MessagePayload;

std::uint64_t mix(std::uint64_t a, std::uint64_t b)
{
    return (a ^ (b + 0x9E3779B97F4A7C15 + (a << 6U) + (a >> 2U))) * 0xff51afd7ed558ccd;
}

std::uint64_t part(std::string_view hash) { return short_hash(hash); }
std::uint64_t part(std::uint64_t number) { return number; }

template <typename... Parts>
std::uint64_t thing_of(Payload::PayloadCase type, Parts... parts)
{
    std::uint64_t thing = mix(1, type);
    ((thing = mix(thing, part(parts))), ...);
    return thing;
}

class Things {
public:
    explicit Things(Payload::PayloadCase type) : type_{type} {}
    template <typename... Parts>
    void add(Parts... parts)
    {
        list_.push_back(thing_of(type_, parts...));
    }
    std::vector<std::uint64_t> take() { return std::move(list_); }

private:
    Payload::PayloadCase type_;
    std::vector<std::uint64_t> list_;
};

} // namespace

bool is_request(Payload::PayloadCase type)
{
    switch (type) {
    case Payload::kGetdata:
    case Payload::kGetheaders:
    case Payload::kGetblocks:
    case Payload::kGetblocktxn:
    case Payload::kGetcfilters:
    case Payload::kGetcfheaders:
    case Payload::kGetcfcheckpt:
    case Payload::kMempool:
    case Payload::kGetaddr:
    case Payload::kFilterload:
    case Payload::kFilteradd:
    case Payload::kFilterclear:
        return true;
    default:
        return false;
    }
}

std::vector<std::uint64_t> things_requested(const Payload& payload)
{
    Things things{payload.payload_case()};
    const auto locator = [&](const proto::BlockLocator& request) {
        things.add(std::string_view{request.locator_hashes().empty() ? "" : request.locator_hashes(0)},
                   std::string_view{request.stop_hash()});
    };
    const auto filters = [&](const auto& request) {
        things.add(std::uint64_t{request.start_height()}, std::string_view{request.stop_hash()});
    };
    switch (payload.payload_case()) {
    case Payload::kGetdata:
        for (const auto& item :
             payload.getdata().items()) // whoever asks for transactions again is sent them again, or not
            if (!is_transaction(item))
                things.add(static_cast<std::uint64_t>(item.type()), std::string_view{item.hash()});
        break;
    case Payload::kGetheaders:
        locator(payload.getheaders());
        break;
    case Payload::kGetblocks:
        locator(payload.getblocks());
        break;
    case Payload::kGetblocktxn:
        things.add(std::string_view{payload.getblocktxn().block_hash()});
        break;
    case Payload::kGetcfilters:
        filters(payload.getcfilters());
        break;
    case Payload::kGetcfheaders:
        filters(payload.getcfheaders());
        break;
    case Payload::kGetcfcheckpt:
        things.add(std::string_view{payload.getcfcheckpt().stop_hash()});
        break;
    case Payload::kFilterload:
        things.add(std::string_view{payload.filterload().filter()});
        break;
    case Payload::kFilteradd:
        things.add(std::string_view{payload.filteradd().data()});
        break;
    case Payload::kMempool:
    case Payload::kGetaddr:
    case Payload::kFilterclear:
        things.add();
        break;
    default:
        break;
    }
    return things.take();
}

std::optional<std::uint64_t> thing_sent(const Payload& payload)
{
    const auto thing = [&](auto... parts) { return thing_of(payload.payload_case(), parts...); };
    switch (payload.payload_case()) {
    case Payload::kBlock:
        return thing(std::string_view{payload.block().header().hash()});
    case Payload::kMerkleblock:
        return thing(std::string_view{payload.merkleblock().header().hash()});
    case Payload::kCmpctblock:
        return thing(std::string_view{payload.cmpctblock().header().hash()});
    case Payload::kBlocktxn:
        return thing(std::string_view{payload.blocktxn().block_hash()});
    case Payload::kHeaders: // by the first one: more may have come since
        if (payload.headers().headers_size() > 0) return thing(std::string_view{payload.headers().headers(0).hash()});
        break;
    case Payload::kInv: // an answer to getblocks or mempool has many
        if (payload.inv().items_size() > 0) return thing(std::string_view{payload.inv().items(0).hash()});
        break;
    case Payload::kTx:
        return thing(std::string_view{payload.tx().wtxid()});
    case Payload::kCfilter:
        return thing(std::string_view{payload.cfilter().block_hash()});
    case Payload::kCfheaders:
        return thing(std::string_view{payload.cfheaders().stop_hash()},
                     std::string_view{payload.cfheaders().previous_filter_header()});
    case Payload::kCfcheckpt:
        return thing(std::string_view{payload.cfcheckpt().stop_hash()});
    default:
        break;
    }
    return std::nullopt;
}

} // namespace peer_observer::detector
