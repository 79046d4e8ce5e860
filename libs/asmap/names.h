// The names of autonomous systems, from a text file of the operator's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::asmap {

class Names {
public:
    /// How many bad lines are described; all are counted.
    static constexpr std::size_t kDescribed = 3;
    static constexpr std::size_t kMaxNameBytes = 200;

    Names() = default;
    /// A line is `13335<TAB>CLOUDFLARENET`; `AS13335` is taken, too. Empty lines and those that start with # are left
    /// out. A line without number or name, with a name above 200 bytes or one that is not UTF-8, or with a number that
    /// came before, is bad.
    explicit Names(std::string_view text);

    /// Empty where the file has none.
    std::string_view find(std::uint32_t asn) const;

    std::size_t size() const { return names_.size(); }
    std::size_t bad_lines() const { return bad_lines_; }
    /// "line 7: no number"
    const std::vector<std::string>& described() const { return described_; }

private:
    std::vector<std::pair<std::uint32_t, std::string>> names_; // by number
    std::size_t bad_lines_ = 0;
    std::vector<std::string> described_;
};

} // namespace peer_observer::asmap
