// Files that tls+tcp:// needs.
#pragma once

#include <string>

namespace peer_observer::bus {

/// PEM files. `ca_file` is needed on both ends: a publisher lets only subscribers in whose certificate it signed, and
/// the other way round. `cert_key_file` holds this end's certificate and, in the same file, its private key.
struct TlsFiles {
    std::string ca_file;
    std::string cert_key_file;
};

} // namespace peer_observer::bus
