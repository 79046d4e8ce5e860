// Who we are to the node: the content of its cookie file, or a user and a password file.
#pragma once

#include "services/rpc-extractor/fault.h"

#include <expected>
#include <string>

namespace peer_observer::rpc_extractor {

struct Credentials {
    std::string user;
    std::string password;
    bool operator==(const Credentials&) const = default;
};

struct CredentialFiles {
    std::string cookie_file;
    /// Where there is no cookie file:
    std::string user;
    std::string password_file;
};

/// Reads the file, which is small: a node that restarts writes a new cookie. The fault is Cause::credentials.
std::expected<Credentials, Fault> read_credentials(const CredentialFiles& files);

} // namespace peer_observer::rpc_extractor
