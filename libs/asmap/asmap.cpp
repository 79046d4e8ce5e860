#include "libs/asmap/asmap.h"

#include "libs/asmap/instructions.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace peer_observer::asmap {
namespace {

constexpr unsigned kAddressBits = 128;
// Bits are read from 64-bit words.
constexpr std::size_t kSlackBytes = 8;

std::uint8_t reversed(std::uint8_t byte)
{
    unsigned out = 0;
    for (unsigned bit = 0; bit < 8; ++bit)
        out = out << 1U | (unsigned{byte} >> bit & 1U);
    return static_cast<std::uint8_t>(out);
}

/// The bits of an address that are not used up yet.
class AddressBits {
public:
    explicit AddressBits(const base::IpBytes& address)
    {
        std::memcpy(&high_, address.data(), 8);
        std::memcpy(&low_, address.data() + 8, 8);
        high_ = be64toh(high_);
        low_ = be64toh(low_);
    }
    /// 1 to 63 bits, the first one highest.
    std::uint64_t take(unsigned bits)
    {
        const auto taken = high_ >> (64 - bits);
        high_ = high_ << bits | low_ >> (64 - bits);
        low_ <<= bits;
        return taken;
    }
    /// 0 to 126 bits.
    void drop(unsigned bits)
    {
        for (; bits > 63; bits -= 63)
            take(63);
        if (bits != 0) take(bits);
    }

private:
    std::uint64_t high_ = 0;
    std::uint64_t low_ = 0;
};

/// Walks through the file once, in order, and knows at each place how many bits of address are left there. Every jump
/// goes forward, and no two cross, so the places that are still to come are a stack of at most 128.
class Checker {
public:
    Checker(const std::uint8_t* bytes, std::size_t bits) : bytes_{bytes}, end_{bits} {}

    std::size_t position() const { return position_; }

    /// What is wrong with it, or nothing.
    std::string_view check()
    {
        while (position_ < end_) {
            if (!targets_.empty() && position_ >= targets_.back().position) return "a jump leads into an instruction";
            const auto step = read_step(bits_at(bytes_, position_));
            if (step.bits > end_ - position_) return "an instruction is cut off";
            position_ += step.bits;
            if (step.instruction == Instruction::return_ && targets_.empty())
                return previous_ == Instruction::default_ ? kReturnAfterDefault : check_padding();
            if (const auto fault = check_step(step); !fault.empty()) return fault;
        }
        return "it ends without an AS";
    }

private:
    static constexpr std::string_view kReturnAfterDefault = "an AS follows a default AS";
    static constexpr std::string_view kTooLong = "a path is longer than an address";

    struct Target {
        std::size_t position;
        unsigned bits_left;
    };

    std::string_view check_step(const Step& step)
    {
        const auto previous = std::exchange(previous_, step.instruction);
        switch (step.instruction) {
        case Instruction::return_:
            if (previous == Instruction::default_) return kReturnAfterDefault;
            if (position_ != targets_.back().position) return "no jump leads to what follows an AS";
            bits_left_ = targets_.back().bits_left;
            targets_.pop_back();
            previous_ = Instruction::jump;
            return {};
        case Instruction::jump: {
            if (step.number > end_ - position_) return "a jump leads beyond the end";
            if (bits_left_ == 0) return kTooLong;
            const auto target = position_ + step.number;
            if (!targets_.empty() && target >= targets_.back().position) return "two jumps cross";
            targets_.push_back({target, --bits_left_});
            return {};
        }
        case Instruction::match: {
            // Two in a row may not both have fewer than eight bits.
            const bool follows_short = previous == Instruction::match && short_match_;
            short_match_ = match_bits(step.number) < 8;
            if (short_match_ && follows_short) return "two matches could be one";
            if (bits_left_ < match_bits(step.number)) return kTooLong;
            bits_left_ -= match_bits(step.number);
            return {};
        }
        case Instruction::default_:
            return previous == Instruction::default_ ? std::string_view{"two default AS in a row"} : std::string_view{};
        }
        return {};
    }

    std::string_view check_padding() const
    {
        if (end_ - position_ > 7) return "more than seven bits follow the last AS";
        // What lies behind the end is zero.
        return bits_at(bytes_, position_) >> 56U != 0 ? "a bit behind the last AS is set" : std::string_view{};
    }

    const std::uint8_t* bytes_;
    std::size_t end_;
    std::size_t position_ = 0;
    std::vector<Target> targets_;
    unsigned bits_left_ = kAddressBits;
    Instruction previous_ = Instruction::jump;
    bool short_match_ = false;
};

} // namespace

std::expected<Asmap, std::string> Asmap::parse(const std::string& file)
{
    if (file.size() > kMaxFileBytes) return std::unexpected{fmt::format("more than {} bytes", kMaxFileBytes)};
    std::vector<std::uint8_t> bytes(file.size() + kSlackBytes);
    for (std::size_t i = 0; i < file.size(); ++i)
        bytes[i] = reversed(static_cast<std::uint8_t>(file[i]));
    Checker checker{bytes.data(), file.size() * 8};
    if (const auto fault = checker.check(); !fault.empty())
        return std::unexpected{fmt::format("{}, before bit {} of {}", fault, checker.position(), file.size() * 8)};
    Asmap asmap;
    asmap.bytes_ = std::move(bytes);
    asmap.make_index();
    return asmap;
}

/// Continues from `from` until an AS is found or the next step would take more than `most` bits of the address.
/// The file has been checked: every path returns within 128 bits.
Asmap::Place Asmap::walk(Place from, const base::IpBytes& address, unsigned most) const
{
    AddressBits left{address};
    left.drop(from.address_bits);
    for (;;) {
        const auto step = read_step(bits_at(bytes_.data(), from.position));
        const auto bits = step.instruction == Instruction::jump    ? 1
                          : step.instruction == Instruction::match ? match_bits(step.number)
                                                                   : 0;
        if (from.address_bits + bits > most) return from;
        from.address_bits += bits;
        from.position += step.bits;
        switch (step.instruction) {
        case Instruction::return_:
            return {kFound, step.number, 0};
        case Instruction::jump:
            from.position += step.number & (0U - static_cast<std::uint32_t>(left.take(1)));
            break;
        case Instruction::match:
            if (left.take(bits) != (step.number ^ 1U << bits)) return {kFound, from.asn, 0};
            break;
        case Instruction::default_:
            from.asn = step.number;
            break;
        }
    }
}

std::size_t Asmap::index_of(const base::IpBytes& address)
{
    const bool is_ipv4 = base::is_ipv4(address);
    const auto* const first = address.data() + (is_ipv4 ? 12 : 0);
    const auto bits = static_cast<std::size_t>(first[0] << 8 | first[1]) >> (16 - kIndexBits);
    return bits + (is_ipv4 ? std::size_t{1} << kIndexBits : 0);
}

void Asmap::make_index()
{
    index_.resize(std::size_t{2} << kIndexBits);
    for (std::size_t bits = 0; bits < std::size_t{1} << kIndexBits; ++bits) {
        const auto shifted = bits << (16 - kIndexBits);
        const auto high = static_cast<std::uint8_t>(shifted >> 8U), low = static_cast<std::uint8_t>(shifted);
        for (const auto& address :
             {base::IpBytes{high, low}, base::IpBytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, high, low}}) {
            const auto entry = index_of(address);
            const bool is_ipv4 = entry >> kIndexBits != 0;
            index_[entry] = walk({}, address, kIndexBits + (is_ipv4 ? 96 : 0));
        }
    }
}

std::uint32_t Asmap::find(const base::IpBytes& address) const
{
    if (empty()) return 0;
    const auto place = index_[index_of(address)];
    return place.position == kFound ? place.asn : walk(place, address, kAddressBits).asn;
}

} // namespace peer_observer::asmap
