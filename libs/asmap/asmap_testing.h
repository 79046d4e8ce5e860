// Writes asmap files: instruction by instruction, good ones and bad ones, or of a list of networks.
#pragma once

#include "libs/asmap/autonomous_systems.h"
#include "libs/base/ip.h"

#include <stdlib.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace peer_observer::asmap {

class AsmapWriter {
public:
    AsmapWriter& add_return(std::uint32_t asn) { return bits({0}).number(1, 15, 10, asn); }
    AsmapWriter& add_jump(std::uint32_t bits_to_skip) { return bits({1, 0}).number(17, 5, 26, bits_to_skip); }
    /// The highest bit of `match` stands before the bits to match: 0b101 matches 01.
    AsmapWriter& add_match(std::uint32_t match) { return bits({1, 1, 0}).number(2, 1, 8, match); }
    AsmapWriter& add_default(std::uint32_t asn) { return bits({1, 1, 1}).number(1, 15, 10, asn); }
    /// The 96 bits that all IPv4 addresses start with.
    AsmapWriter& add_ipv4_prefix()
    {
        for (int byte = 0; byte < 10; ++byte)
            add_match(0x100);
        return add_match(0x1ff).add_match(0x1ff);
    }
    /// A jump over `zero`, which is for the addresses whose next bit is 0, to `one`.
    AsmapWriter& add_branch(const AsmapWriter& zero, const AsmapWriter& one)
    {
        return add_jump(static_cast<std::uint32_t>(zero.bits_.size())).bits(zero.bits_).bits(one.bits_);
    }
    const std::vector<std::uint8_t>& all_bits() const { return bits_; }
    AsmapWriter& bits(const std::vector<std::uint8_t>& more)
    {
        bits_.insert(bits_.end(), more.begin(), more.end());
        return *this;
    }

    std::string file() const
    {
        std::string out((bits_.size() + 7) / 8, '\0');
        for (std::size_t i = 0; i < bits_.size(); ++i)
            out[i / 8] = static_cast<char>(out[i / 8] | bits_[i] << (i % 8));
        return out;
    }

private:
    AsmapWriter& number(std::uint32_t first, unsigned class_bits, unsigned classes, std::uint32_t value)
    {
        value -= first;
        for (; value >= 1U << class_bits; ++class_bits) {
            value -= 1U << class_bits;
            bits_.push_back(1);
            --classes;
        }
        if (classes != 1) bits_.push_back(0);
        for (unsigned bit = class_bits; bit-- != 0;)
            bits_.push_back(value >> bit & 1U);
        return *this;
    }

    std::vector<std::uint8_t> bits_;
};

/// Networks and their ASes, e.g. {"11.0.0.0/8", 64500}. None lies in another.
using NetworkList = std::vector<std::pair<std::string, std::uint32_t>>;

struct Prefix {
    std::vector<bool> bits;
    std::uint32_t asn = 0;
};

/// Of prefixes whose first `depth` bits are the same.
inline AsmapWriter write_below(const std::vector<Prefix>& prefixes, std::size_t depth)
{
    AsmapWriter writer;
    std::uint32_t match = 1; // bits that all have, behind a 1
    const auto finish = [&](const AsmapWriter& rest) {
        if (match > 1) writer.add_match(match);
        return writer.bits(rest.all_bits());
    };
    for (; prefixes.front().bits.size() > depth; ++depth) {
        std::vector<Prefix> halves[2];
        for (const auto& prefix : prefixes)
            halves[prefix.bits.at(depth) ? 1 : 0].push_back(prefix);
        if (!halves[0].empty() && !halves[1].empty())
            return finish(
                AsmapWriter{}.add_branch(write_below(halves[0], depth + 1), write_below(halves[1], depth + 1)));
        match = match << 1U | (halves[0].empty() ? 1U : 0U);
        if (match < 0x100) continue;
        writer.add_match(match); // no more at a time
        match = 1;
    }
    return finish(AsmapWriter{}.add_return(prefixes.front().asn));
}

inline std::string asmap_of(const NetworkList& networks)
{
    std::vector<Prefix> prefixes;
    for (const auto& [text, asn] : networks) {
        const auto network = base::IpNetwork::parse(text).value();
        auto length = static_cast<unsigned>(std::stoul(text.substr(text.find('/') + 1)));
        if (base::is_ipv4(network.first())) length += 96;
        auto& prefix = prefixes.emplace_back();
        prefix.asn = asn;
        for (unsigned bit = 0; bit < length; ++bit)
            prefix.bits.push_back((network.first().at(bit / 8) >> (7 - bit % 8) & 1) != 0);
    }
    return write_below(prefixes, 0).file();
}

/// As the programs have them, of the bytes of an asmap file. `names`: the text of the file of names.
inline std::shared_ptr<AutonomousSystems> systems_of_file(const std::string& asmap, const std::string& names = "")
{
    char folder[] = "/tmp/asmap_testing_XXXXXX";
    if (mkdtemp(folder) == nullptr) throw std::runtime_error{"no temporary folder"};
    const std::filesystem::path path{folder};
    std::ofstream{path / "asmap.dat", std::ios::binary} << asmap;
    std::ofstream{path / "names.tsv"} << names;
    auto systems = std::make_shared<AutonomousSystems>(path / "asmap.dat", path / "names.tsv");
    std::filesystem::remove_all(path);
    return systems;
}

inline std::shared_ptr<AutonomousSystems> systems_of(const NetworkList& networks, const std::string& names = "")
{
    return systems_of_file(asmap_of(networks), names);
}

} // namespace peer_observer::asmap
