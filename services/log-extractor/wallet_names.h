// Lines of wallets: they begin with the wallet's name in brackets, which looks like a category.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace peer_observer::log_extractor {

/// Core writes `[NAME] text` for a wallet (CWallet::WalletLogPrintf(), wallet/wallet.h), and `[CATEGORY] text` at the
/// level debug (BCLog::Logger::GetLogPrefix(), logging.cpp). Names are learned from texts that nothing but a wallet
/// has; a wallet begins with one of them when it is created or loaded.
class WalletNames {
public:
    /// Whether `[word] text` is a wallet's line. `is_category`: Core has a category or a level of this name. Then only
    /// a text of a wallet's tells.
    bool is_wallet(std::string_view word, std::string_view text, bool is_category);

private:
    static constexpr std::size_t kMostNames = 1024;
    static constexpr std::size_t kLongestName = 256;

    std::set<std::string, std::less<>> names_;
};

} // namespace peer_observer::log_extractor
