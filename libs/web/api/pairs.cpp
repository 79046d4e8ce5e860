#include "libs/web/api/pairs.h"

#include "libs/wire/short_ids.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace peer_observer::web {
namespace {

/// A getdata has at most MAX_INV_SZ items (net_processing.cpp). Those of a hostile peer cost no more than this.
constexpr int kMostItems = 50'000;

struct Key {
    std::string text;
    const char* by = "hash";
};

/// What a message asks for or offers, and what it may be an answer to.
struct Words {
    std::vector<Key> asks;   ///< must be answered
    std::vector<Key> offers; ///< may be answered
    std::vector<Key> answers;
};

std::string key(std::string_view what, std::string_view bytes) { return fmt::format("{} {}", what, bytes); }

template <typename Items>
void add_items(std::vector<Key>& keys, const char* what, const Items& items)
{
    for (int i = 0; i < items.size() && i < kMostItems; ++i)
        keys.push_back({key(what, items.Get(i).hash())});
}

std::string nonce_key(const proto::Ping& ping) { return fmt::format("ping {}", ping.nonce()); }

void chain_words(const proto::MessagePayload& payload, Words& words)
{
    switch (payload.payload_case()) {
    case proto::MessagePayload::kGetheaders: {
        const auto& locator = payload.getheaders();
        for (const auto& hash : locator.locator_hashes())
            words.asks.push_back({key("headers after", hash)});
        if (locator.locator_hashes().empty()) words.asks.push_back({key("header", locator.stop_hash())});
        words.asks.push_back({"headers", "order"});
        break;
    }
    case proto::MessagePayload::kHeaders:
        add_items(words.offers, "announced", payload.headers().headers());
        if (payload.headers().headers().empty()) {
            words.answers.push_back({"headers", "order"}); // nobody announces none
        } else {
            const auto& first = payload.headers().headers(0);
            words.answers.push_back({key("headers after", first.previous_block_hash())});
            words.answers.push_back({key("header", first.hash())});
        }
        break;
    case proto::MessagePayload::kCmpctblock: {
        const auto& hash = payload.cmpctblock().header().hash();
        words.answers.push_back({key("data", hash)});
        words.offers.push_back({key("compact", hash)});
        break;
    }
    case proto::MessagePayload::kGetblocktxn:
        words.asks.push_back({key("blocktxn", payload.getblocktxn().block_hash())});
        words.answers.push_back({key("compact", payload.getblocktxn().block_hash())});
        break;
    case proto::MessagePayload::kBlocktxn:
        words.answers.push_back({key("blocktxn", payload.blocktxn().block_hash())});
        break;
    case proto::MessagePayload::kBlock:
        words.answers.push_back({key("data", payload.block().header().hash())});
        // To getblocktxn for an old block (MAX_BLOCKTXN_DEPTH, net_processing.cpp).
        words.answers.push_back({key("blocktxn", payload.block().header().hash())});
        break;
    case proto::MessagePayload::kMerkleblock:
        words.answers.push_back({key("data", payload.merkleblock().header().hash())});
        break;
    case proto::MessagePayload::kGetcfilters:
        words.asks.push_back({key("cfilter", payload.getcfilters().stop_hash())});
        break;
    case proto::MessagePayload::kCfilter:
        words.answers.push_back({key("cfilter", payload.cfilter().block_hash())});
        break;
    case proto::MessagePayload::kGetcfheaders:
        words.asks.push_back({key("cfheaders", payload.getcfheaders().stop_hash())});
        break;
    case proto::MessagePayload::kCfheaders:
        words.answers.push_back({key("cfheaders", payload.cfheaders().stop_hash())});
        break;
    case proto::MessagePayload::kGetcfcheckpt:
        words.asks.push_back({key("cfcheckpt", payload.getcfcheckpt().stop_hash())});
        break;
    case proto::MessagePayload::kCfcheckpt:
        words.answers.push_back({key("cfcheckpt", payload.cfcheckpt().stop_hash())});
        break;
    default:
        break;
    }
}

void addresses_words(const proto::Addresses& addresses, Words& words)
{
    // At most ten are passed on, more are the answer to getaddr (net_processing.cpp, ProcessAddrs()).
    if (addresses.addresses_size() > 10) words.answers.push_back({"addresses", "order"});
}

Words words_of(const proto::MessagePayload& payload)
{
    Words words;
    switch (payload.payload_case()) {
    case proto::MessagePayload::kPing:
        if (payload.ping().has_nonce()) words.asks.push_back({nonce_key(payload.ping()), "nonce"});
        break;
    case proto::MessagePayload::kPong:
        if (payload.pong().has_nonce()) words.answers.push_back({nonce_key(payload.pong()), "nonce"});
        break;
    case proto::MessagePayload::kVersion:
        words.asks.push_back({"verack", "order"});
        break;
    case proto::MessagePayload::kVerack:
        words.answers.push_back({"verack", "order"});
        break;
    case proto::MessagePayload::kGetaddr:
        words.offers.push_back({"addresses", "order"});
        break;
    case proto::MessagePayload::kAddr:
        addresses_words(payload.addr(), words);
        break;
    case proto::MessagePayload::kAddrv2:
        addresses_words(payload.addrv2(), words);
        break;
    case proto::MessagePayload::kInv:
        add_items(words.offers, "announced", payload.inv().items());
        break;
    case proto::MessagePayload::kGetdata:
        add_items(words.asks, "data", payload.getdata().items());
        add_items(words.answers, "announced", payload.getdata().items());
        break;
    case proto::MessagePayload::kNotfound:
        add_items(words.answers, "data", payload.notfound().items());
        break;
    case proto::MessagePayload::kTx:
        words.answers.push_back({key("data", payload.tx().wtxid())});
        words.answers.push_back({key("data", payload.tx().txid())});
        break;
    default:
        chain_words(payload, words);
    }
    return words;
}

struct Question {
    std::size_t index = 0;
    bool must_be_answered = false;
};
using Questions = std::map<std::string, Question>;

/// Finds the transactions of compact blocks: those that were sent before or after, and those of blocktxn.
class ShortIdFinder {
public:
    explicit ShortIdFinder(std::vector<Pairs>& pairs) : pairs_{pairs} {}

    void add(std::size_t index, Direction direction, const proto::MessagePayload& payload)
    {
        if (payload.has_cmpctblock()) compact_block(index, direction, payload.cmpctblock());
        if (payload.has_blocktxn()) block_transactions(index, direction, payload.blocktxn());
        if (payload.has_tx()) transaction(index, payload.tx().wtxid());
    }

private:
    /// Hostile peers may send many; what each costs is bounded by the events of a peer that are kept.
    static constexpr std::size_t kMostBlocks = 16;
    static constexpr int kMostTransactions = 10'000;

    struct CompactBlock {
        std::size_t index;
        Direction direction;
        std::string_view hash;
        wire::ShortIds ids;
        std::vector<std::uint64_t> sorted;

        bool has(std::string_view wtxid) const { return std::ranges::binary_search(sorted, ids.of(wtxid)); }
    };
    struct Sent {
        std::size_t index;
        std::string_view wtxid;
    };

    void compact_block(std::size_t index, Direction direction, const proto::CompactBlock& message)
    {
        if (message.short_ids().empty()) return;
        CompactBlock block{index,
                           direction,
                           message.header().hash(),
                           wire::ShortIds{message.header(), message.nonce()},
                           {message.short_ids().begin(), message.short_ids().end()}};
        std::ranges::sort(block.sorted);
        for (const auto& sent : sent_)
            join(sent, block);
        blocks_.push_back(std::move(block));
        if (blocks_.size() > kMostBlocks) blocks_.pop_front();
    }

    void block_transactions(std::size_t index, Direction direction, const proto::BlockTransactions& message)
    {
        const auto block = std::ranges::find_if(blocks_, [&](const CompactBlock& known) {
            return known.direction == direction && known.hash == message.block_hash();
        });
        if (block == blocks_.end() || message.transactions().empty()) return;
        ShortIdMatch match{.index = block->index};
        for (const auto& transaction : message.transactions()) {
            if (match.transactions == kMostTransactions) break;
            ++match.transactions;
            match.matched += block->has(transaction.wtxid()) ? 1 : 0;
        }
        pairs_[index].in_compact_block = match;
        pairs_[block->index].short_ids_matched += match.matched;
    }

    void transaction(std::size_t index, std::string_view wtxid)
    {
        const Sent sent{index, wtxid};
        for (const auto& block : blocks_)
            join(sent, block);
        sent_.push_back(sent);
    }

    void join(const Sent& sent, const CompactBlock& block)
    {
        auto& pairs = pairs_[sent.index];
        if (pairs.in_compact_block || !block.has(sent.wtxid)) return;
        pairs.in_compact_block = ShortIdMatch{.index = block.index, .matched = 1, .transactions = 1};
        ++pairs_[block.index].short_ids_matched;
    }

    std::vector<Pairs>& pairs_;
    std::deque<CompactBlock> blocks_;
    std::vector<Sent> sent_;
};

class Finder {
public:
    explicit Finder(std::size_t size) : pairs_(size), one_answer_(size) {}

    void add(std::size_t index, Direction direction, const proto::MessagePayload& payload)
    {
        auto words = words_of(payload);
        short_ids_.add(index, direction, payload);
        one_answer_[index] = payload.has_getheaders();
        auto& theirs = open_[direction == Direction::inbound ? 1 : 0];
        auto& own = open_[direction == Direction::inbound ? 0 : 1];
        for (const auto& answer : words.answers)
            take(theirs, index, answer);
        for (auto& offer : words.offers)
            own[std::move(offer.text)] = {index, false};
        for (auto& ask : words.asks)
            own[std::move(ask.text)] = {index, true};
        pairs_[index].asked = one_answer_[index] ? 1 : words.asks.size();
        pairs_[index].unanswered = pairs_[index].asked;
    }

    std::vector<Pairs> take_result() { return std::move(pairs_); }

private:
    void take(Questions& questions, std::size_t index, const Key& answer)
    {
        const auto found = questions.find(answer.text);
        if (found == questions.end()) return;
        const auto question = found->second;
        auto& asked = pairs_[question.index];
        if (one_answer_[question.index])
            std::erase_if(questions, [&](const auto& other) { return other.second.index == question.index; });
        else if (question.must_be_answered)
            questions.erase(found);
        if (question.must_be_answered && asked.unanswered > 0) --asked.unanswered;
        if (!pairs_[index].answers) pairs_[index].answers = Pair{question.index, answer.by};
        const bool is_listed = !asked.answered_by.empty() && asked.answered_by.back().index == index;
        if (!is_listed && asked.answered_by.size() < kMostAnswers) asked.answered_by.push_back({index, answer.by});
    }

    std::vector<Pairs> pairs_;
    std::vector<bool> one_answer_; ///< whatever of its keys is answered
    std::array<Questions, 2> open_;
    ShortIdFinder short_ids_{pairs_};
};

} // namespace

std::vector<Pairs> find_pairs(const std::vector<const proto::Event*>& conversation)
{
    Finder finder{conversation.size()};
    for (std::size_t i = 0; i < conversation.size(); ++i) {
        if (conversation[i] == nullptr || !conversation[i]->has_message()) continue;
        const auto& message = conversation[i]->message();
        if (message.has_inbound()) finder.add(i, Direction::inbound, message.inbound().payload());
        if (message.has_outbound()) finder.add(i, Direction::outbound, message.outbound().payload());
    }
    return finder.take_result();
}

} // namespace peer_observer::web
