#include "services/log-extractor/wallet_names.h"

#include <algorithm>
#include <array>

namespace peer_observer::log_extractor {
namespace {

/// Beginnings of what WalletLogPrintf() writes (wallet/, of v28 to v31): the first lines of a wallet, and frequent
/// ones.
constexpr auto kTexts = std::to_array<std::string_view>({
    "AddToWallet ",
    "Coin Selection: Algorithm:",
    "CommitTransaction:\n",
    "Descriptors: ",
    "Fee Calculation: Fee:",
    "Last client version = ",
    "Releasing wallet ",
    "Rescan completed in ",
    "Rescan started from block ",
    "Scanning current mempool transactions.",
    "Setting spkMan to active: id = ",
    "Submitting wtx ",
    "Wallet completed creation in ",
    "Wallet completed loading in ",
    "Wallet file version = ",
    "m_address_book.size() = ",
    "mapWallet.size() = ",
    "setKeyPool.size() = ",
});

} // namespace

bool WalletNames::is_wallet(std::string_view word, std::string_view text, bool is_category)
{
    if (!is_category && names_.contains(word)) return true;
    if (std::ranges::none_of(kTexts, [&](std::string_view beginning) { return text.starts_with(beginning); }))
        return false;
    if (is_category || word.size() > kLongestName) return true;
    if (names_.size() >= kMostNames) names_.clear();
    names_.emplace(word);
    return true;
}

} // namespace peer_observer::log_extractor
