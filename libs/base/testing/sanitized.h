// Whether sanitizers are built in: a test then repeats less of what it repeats in full without them, and reaches the
// same code.
#pragma once

namespace peer_observer::base::testing {

#ifdef PEER_OBSERVER_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

} // namespace peer_observer::base::testing
