#include "services/log-extractor/prefix.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace peer_observer::log_extractor {
namespace {

constexpr std::string_view kSuppressing = "[*] ";

// Core's LOG_CATEGORIES_BY_STR and LogLevelToStr() (logging.cpp), of all versions since v28.
constexpr auto kCategories = std::to_array<std::string_view>({"addrman",
                                                              "all",
                                                              "bench",
                                                              "blockstorage",
                                                              "cmpctblock",
                                                              "coindb",
                                                              "estimatefee",
                                                              "http",
                                                              "i2p",
                                                              "ipc",
                                                              "kernel",
                                                              "leveldb",
                                                              "libevent",
                                                              "lock",
                                                              "mempool",
                                                              "mempoolrej",
                                                              "net",
                                                              "privatebroadcast",
                                                              "proxy",
                                                              "prune",
                                                              "qt",
                                                              "rand",
                                                              "reindex",
                                                              "rpc",
                                                              "scan",
                                                              "selectcoins",
                                                              "tor",
                                                              "txpackages",
                                                              "txreconciliation",
                                                              "validation",
                                                              "walletdb",
                                                              "zmq"});
// Words in brackets with which messages begin: roles of a chain state (kernel/chain.cpp) and `[snapshot]`.
constexpr auto kOfMessages = std::to_array<std::string_view>({"assumedvalid", "background", "normal", "snapshot"});
constexpr auto kLevels = std::to_array<std::string_view>({"trace", "debug", "info", "warning", "error"});
// Names of threads (util::ThreadRename) that are names of categories, too.
constexpr auto kAmbiguous = std::to_array<std::string_view>({"net", "http"});
// Some names of threads that are not.
constexpr auto kThreads = std::to_array<std::string_view>(
    {"init", "initload", "shutoff", "msghand", "opencon", "addcon", "dnsseed", "i2paccept", "torcontrol", "scheduler"});

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_word(char c)
{
    return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-' || c == ':' ||
           c == '/';
}

bool contains(const auto& words, std::string_view word) { return std::ranges::find(words, word) != words.end(); }

/// Reads from the front of a text.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_{text} {}

    std::string_view rest() const { return text_; }

    bool take(std::string_view literal)
    {
        if (!text_.starts_with(literal)) return false;
        text_.remove_prefix(literal.size());
        return true;
    }

    template <typename Number>
    bool take_digits(std::size_t count, Number& number)
    {
        const auto digits = text_.substr(0, count);
        if (digits.size() < count || !std::ranges::all_of(digits, is_digit)) return false;
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
        text_.remove_prefix(count);
        return true;
    }

    /// `[word] `; nothing is taken where there is none.
    std::string_view take_word()
    {
        if (!text_.starts_with('[')) return {};
        const auto end = std::ranges::find_if_not(text_.substr(1), is_word);
        const std::string_view word{text_.data() + 1, static_cast<std::size_t>(end - (text_.begin() + 1))};
        const auto rest = text_.substr(1 + word.size());
        if (word.empty() || !rest.starts_with("] ")) return {};
        text_ = rest.substr(2);
        return word;
    }

    /// `[text] `, with balanced brackets in the text: before v31 functions are whole signatures.
    std::string_view take_balanced()
    {
        if (!text_.starts_with('[')) return {};
        std::size_t depth = 0;
        for (std::size_t i = 0; i < text_.size(); ++i) {
            const char c = text_[i];
            if (c < 0x20 || c > 0x7e) return {};
            if (c == '[') ++depth;
            if (c == ']' && --depth == 0) {
                const auto text = text_.substr(1, i - 1);
                if (!text_.substr(i + 1).starts_with(' ')) return {};
                text_.remove_prefix(i + 2);
                return text;
            }
        }
        return {};
    }

    /// `[net.cpp:1234] [function] `
    bool take_source(Prefix& prefix)
    {
        const Scanner before = *this;
        const auto where = take_word();
        const auto colon = where.rfind(':');
        if (colon != std::string_view::npos && where.substr(0, colon).contains('.')) {
            const auto number = where.substr(colon + 1);
            const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), prefix.source_line);
            const auto function = take_balanced();
            if (error == std::errc{} && end == number.data() + number.size() && !function.empty()) {
                prefix.source_file = where.substr(0, colon);
                prefix.function = function;
                return true;
            }
        }
        prefix.source_line = 0;
        *this = before;
        return false;
    }

private:
    std::string_view text_;
};

/// `2026-01-02T03:04:05`
std::optional<std::int64_t> take_seconds(Scanner& scanner)
{
    int year = 0;
    std::array<unsigned, 5> parts{}; // month, day, hour, minute, second
    if (!scanner.take_digits(4, year)) return {};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        constexpr std::string_view kBefore = "--T::";
        if (!scanner.take(kBefore.substr(i, 1)) || !scanner.take_digits(2, parts[i])) return {};
    }
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{parts[0]},
                                           std::chrono::day{parts[1]}};
    if (!date.ok() || parts[2] > 23 || parts[3] > 59 || parts[4] > 60) return {};
    const auto midnight = std::chrono::sys_seconds{std::chrono::sys_days{date}}.time_since_epoch().count();
    return midnight + std::int64_t{parts[2]} * 3600 + std::int64_t{parts[3]} * 60 + parts[4];
}

bool take_time(Scanner& scanner, Prefix& prefix)
{
    const auto seconds = take_seconds(scanner);
    if (!seconds) return false;
    std::int64_t microseconds = 0;
    if (scanner.take(".")) {
        if (!scanner.take_digits(6, microseconds)) return false;
        prefix.has_microseconds = true;
    }
    if (!scanner.take("Z ")) return false;
    prefix.time_us = *seconds * 1'000'000 + microseconds;
    if (Scanner mock = scanner; mock.take("(mocktime: ")) {
        const auto mocktime = take_seconds(mock);
        if (mocktime && mock.take("Z) ")) {
            prefix.mocktime_s = mocktime;
            scanner = mock;
        }
    }
    return true;
}

struct Tag {
    std::string_view category;
    std::string_view level;
};

/// A category that is not known is one that is newer than this program.
std::optional<Tag> tag_of(std::string_view word)
{
    if (contains(kLevels, word)) return Tag{{}, word};
    const auto colon = word.find(':');
    const auto category = word.substr(0, colon);
    const auto level = colon == std::string_view::npos ? std::string_view{"debug"} : word.substr(colon + 1);
    if (category.empty() || !std::ranges::all_of(category, [](char c) { return is_lower(c) || is_digit(c); }))
        return {};
    if (!contains(kLevels, level)) return {};
    return Tag{category == "all" ? std::string_view{} : category, level};
}

bool is_known(std::string_view word) { return contains(kLevels, word) || contains(kCategories, word); }

/// That it is a category or level, and cannot be the name of a thread.
bool is_surely_tag(std::string_view word)
{
    return tag_of(word) && (word.contains(':') || (is_known(word) && !contains(kAmbiguous, word)));
}

/// Behind all that could be before a message.
std::string_view skip_brackets(std::string_view text)
{
    Scanner scanner{text};
    Prefix ignored;
    while (scanner.take_source(ignored) || !scanner.take_word().empty()) {
    }
    return scanner.rest();
}

bool begins_version(std::string_view message) { return message.starts_with("Bitcoin Core version "); }

} // namespace

bool begins_with_time(std::string_view line)
{
    Scanner scanner{line};
    scanner.take(kSuppressing);
    Prefix ignored;
    return take_time(scanner, ignored);
}

bool is_version_line(std::string_view line)
{
    Scanner scanner{line};
    Prefix ignored;
    if (!take_time(scanner, ignored)) scanner = Scanner{line};
    return begins_version(skip_brackets(scanner.rest()));
}

void PrefixParser::learn(ThreadNames seen, bool is_certain)
{
    if (!is_given_ && (is_certain || thread_names_ == ThreadNames::unknown)) thread_names_ = seen;
}

Prefix PrefixParser::parse(std::string_view line)
{
    Prefix prefix{.level = "info"};
    Scanner scanner{line};
    prefix.suppressing = scanner.take(kSuppressing);
    if (Scanner timed = scanner; take_time(timed, prefix)) scanner = timed;

    const auto set_tag = [&](const Tag& tag) {
        prefix.category = tag.category;
        prefix.level = tag.level;
    };
    const auto take_tag = [&] {
        Scanner tagged = scanner;
        const auto word = tagged.take_word();
        const auto tag = tag_of(word);
        if (!tag || contains(kOfMessages, word) || prefix.function.contains("WalletLogPrintf")) return;
        if (!word.contains(':') && wallets_.is_wallet(word, tagged.rest(), is_known(word))) return;
        set_tag(*tag);
        scanner = tagged;
    };

    const auto message = skip_brackets(scanner.rest());
    const bool is_clear = begins_version(message) || message.starts_with("UpdateTip: new best=");
    Scanner behind = scanner;
    if (behind.take_source(prefix)) {
        learn(ThreadNames::off, true);
        scanner = behind;
        take_tag();
    } else if (const auto first = behind.take_word(); !first.empty()) {
        // Lines without a category have no bracket but a thread's, and with -loglevelalways `all:info`.
        if (is_clear) learn(first.contains(':') ? ThreadNames::off : ThreadNames::on, true);
        Scanner after_first = behind;
        const bool has_source = behind.take_source(prefix);
        if (has_source) learn(ThreadNames::on, true);
        const auto second = Scanner{after_first}.take_word();
        if (is_surely_tag(first) && !has_source)
            learn(ThreadNames::off, false);
        else if (contains(kThreads, first) || is_surely_tag(second))
            learn(ThreadNames::on, false);

        if (has_source || thread_names_ == ThreadNames::on) {
            prefix.thread = first;
            scanner = behind;
        }
        take_tag();
    } else if (is_clear) {
        learn(ThreadNames::off, true);
    }
    prefix.message_offset = line.size() - scanner.rest().size();
    return prefix;
}

} // namespace peer_observer::log_extractor
