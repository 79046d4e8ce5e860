// How a node put a compact block together: where it had each transaction from.
#pragma once

#include "libs/web/api/view.h"
#include "libs/web/state/inventory.h"

namespace peer_observer::web {

/// Of the compact block that the fate names, as long as its message is kept; null where it is not. Each transaction is
/// prefilled, in a blocktxn, known from a message before, or none of these: then the node had it from before, or from
/// where nobody looked.
Json compact_block_json(const View& view, const Node& node, const BlockFate& fate);

} // namespace peer_observer::web
