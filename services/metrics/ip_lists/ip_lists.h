// The IP lists that the operator has named.
#pragma once

#include "services/metrics/ip_lists/ip_set.h"
#include "services/metrics/series/registry.h"

#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::metrics {

class IpLists {
public:
    struct List {
        std::string name;
        std::string path;
        IpSet addresses;
    };

    /// Reads `NAME=FILE` each. Throws std::invalid_argument for a name (which is a label value) that is not of
    /// [a-z0-9_] or comes twice, std::runtime_error for a file that cannot be read. Bad lines are counted and logged.
    IpLists(const std::vector<std::string>& names_and_files, Registry& registry);

    /// Reads all files again. A file that cannot be read is logged, and its old content stays.
    void reload();

    /// In the order in which they were named; stays as long as this object.
    const std::vector<List>& lists() const { return lists_; }
    /// Null if there is no list of that name.
    const List* find(std::string_view name) const;

private:
    void read(List& list);

    Registry& registry_;
    std::vector<List> lists_;
};

} // namespace peer_observer::metrics
