// One file's probes, attached. Notes, identity and links are of the same open file.
#pragma once

#include "libs/base/regular_file.h"
#include "services/extractor/elf_notes.h"
#include "services/extractor/file_identity.h"
#include "services/extractor/tracer.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace peer_observer::extractor {

enum class AttachState : std::uint8_t {
    disabled,
    waiting, ///< for the file
    attached,
    absent, ///< the file has no such probe
    failed, ///< it has, and could not be attached; or the file cannot be read
};

using AttachStates = std::array<AttachState, TRACEPOINT_COUNT>;

/// Of all enabled tracepoints the same.
AttachStates states_of_all(const TracepointSet& enabled, AttachState state);

class Attachment {
public:
    /// `name` is for people: the path, whatever is open.
    Attachment(std::string name, FileSignature signature, ProgramNotes notes, const TracepointSet& enabled,
               Tracer& tracer);

    /// Attaches what is not attached yet.
    /// Throws std::runtime_error when this process is not allowed to attach.
    void attach(const base::RegularFile& file);

    const std::string& name() const { return name_; }
    const FileSignature& signature() const { return signature_; }
    const std::string& fingerprint() const { return notes_.fingerprint; }
    const AttachStates& states() const { return states_; }
    std::size_t count(AttachState state) const;
    /// Whether another try may attach more.
    bool may_attach_more() const;
    /// Another try may help, as something has run short.
    bool has_temporary_error() const { return has_temporary_error_; }
    /// How many times in a row it was found unused.
    int count_unused(bool is_used) { return unused_ = is_used ? 0 : unused_ + 1; }
    /// The file was touched: it is still the same.
    void set_signature(const FileSignature& signature) { signature_ = signature; }

private:
    void attach_one(std::size_t tracepoint, int descriptor);

    std::string name_;
    FileSignature signature_;
    ProgramNotes notes_;
    Tracer& tracer_;
    AttachStates states_;
    std::array<bool, TRACEPOINT_COUNT> is_unsuitable_{}; ///< another number of arguments: no retry helps
    std::array<std::string, TRACEPOINT_COUNT> told_;     ///< the last reason why it could not be attached
    bool has_temporary_error_ = false;
    int unused_ = 0;
    std::vector<Link> links_;
};

} // namespace peer_observer::extractor
