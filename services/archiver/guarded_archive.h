// One of the archives that an archiver writes: what goes wrong with its folder does not affect the others.
#pragma once

#include "libs/app/bad_events.h"
#include "libs/archive/compressor.h"
#include "services/archiver/archive_options.h"
#include "services/archiver/recorder.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace peer_observer::archiver {

class GuardedArchive {
public:
    /// The others outlive this object.
    GuardedArchive(ArchiveOptions options, std::size_t max_open_files, Clock& clock, app::BadEvents& bad_events);

    /// Throws as Directory does.
    void open();
    /// Says why it cannot be opened; tick() retries every ten seconds.
    void open_later(const std::string& reason);

    // Of Recorder. They throw nothing: an archive that fails is closed and opened later. Events that come meanwhile are
    // a gap in it.
    void add(const bus::Batch& batch);
    void tick();
    void close();

    bool is_open() const { return opened_ != nullptr; }
    const std::string& name() const { return options_.name; }
    const Counters& counters() const { return counters_; }

private:
    struct Opened;

    template <typename Action>
    void attempt(const Action& action);

    ArchiveOptions options_;
    RecorderOptions recorder_options_;
    Clock& clock_;
    app::BadEvents& bad_events_;
    Counters counters_{};
    std::unique_ptr<Opened> opened_;
    bool failing_ = false;
    std::chrono::steady_clock::time_point next_attempt_;

public:
    ~GuardedArchive();
    GuardedArchive(const GuardedArchive&) = delete;
    GuardedArchive& operator=(const GuardedArchive&) = delete;
};

} // namespace peer_observer::archiver
