#include "libs/p2p/chain.h"

#include "libs/p2p/message.h"
#include "libs/wire/sha256.h"

#include <algorithm>
#include <string>

namespace peer_observer::p2p {

Magic signet_magic(std::string_view challenge)
{
    std::string size;
    append_compact_size(size, challenge.size());
    const auto hash = wire::double_sha256({size, challenge});
    Magic magic{};
    std::copy_n(hash.begin(), magic.size(), magic.begin());
    return magic;
}

} // namespace peer_observer::p2p
