// Ownership of what a C library hands out: a unique_ptr that calls the library's own free function.
#pragma once

#include <memory>

namespace peer_observer::base {

template <auto Free>
struct CallFree {
    template <typename T>
    void operator()(T* handle) const noexcept
    {
        (void)Free(handle);
    }
};

/// A pointer to T from a C library, freed by `Free`. Example: `CHandle<FILE, fclose>`.
template <typename T, auto Free>
using CHandle = std::unique_ptr<T, CallFree<Free>>;

} // namespace peer_observer::base
