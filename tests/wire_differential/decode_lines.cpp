// Decodes P2P payloads, one per line: `<message type> <payload in hex>` in, `<trailing bytes> <MessagePayload in hex>`
// or `error <reason>` out.
#include "libs/base/hex.h"
#include "libs/wire/decode.h"

#include <cstdint>
#include <iostream>
#include <span>
#include <string>

int main()
{
    using namespace peer_observer;
    for (std::string line; std::getline(std::cin, line);) {
        const auto space = line.find(' ');
        const auto payload = base::from_hex(std::string_view{line}.substr(space + 1));
        if (space == std::string::npos || !payload) {
            std::cerr << "decode_lines: not a message type and hex: " << line << '\n';
            return 2;
        }
        std::string out;
        const std::span bytes{reinterpret_cast<const std::uint8_t*>(payload->data()), payload->size()};
        const auto trailing = wire::decode(line.substr(0, space), bytes, {.tx_detail = wire::TxDetail::raw}, out);
        if (trailing) {
            std::cout << trailing->trailing_bytes << ' ' << base::to_hex(out) << '\n';
        } else {
            std::cout << "error " << trailing.error().reason << '\n';
        }
    }
}
