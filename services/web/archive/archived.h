// The state of the nodes at any moment of an archive, for the HTTP server.
#pragma once

#include "libs/app/bad_events.h"
#include "libs/web/playback.h"
#include "services/web/archive/catalog.h"
#include "services/web/http/backend.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace peer_observer::web {

class Archived : public Backend {
public:
    /// `systems` may be null. Throws std::runtime_error where the directory cannot be read.
    Archived(std::filesystem::path directory, asmap::AutonomousSystems* systems, Access access,
             app::BadEvents& bad_events);

    /// Plays the feeds on. Called several times a second.
    void tick();
    void locked(const std::function<void()>& change);
    std::size_t files() const { return files_.size(); }

    std::string answer(const Request& request, const ClientStatistics& clients) override;
    void check_feed(const Request& request) override;
    void open_feed(const Request& request, const std::shared_ptr<FeedSink>& sink) override;

private:
    /// A state that was read from `from_ns` on. Later moments of it cost what is between.
    struct View {
        View(const std::vector<ArchiveFile>& files, std::uint64_t the_from_ns)
            : from_ns{the_from_ns}, playback{files_from(files, the_from_ns), {.from_ns = the_from_ns}}
        {}
        std::uint64_t from_ns;
        Playback playback;
        State state;
    };
    /// A feed at its own pace.
    struct Reader {
        std::uint64_t from_ns = 0;
        double speed = 1;
        std::chrono::steady_clock::time_point started;
        std::chrono::steady_clock::time_point next_sample;
        Playback playback;
        Feed feed;
        std::shared_ptr<State> state;
        std::weak_ptr<FeedSink> sink;
        std::uint64_t at_ns(std::chrono::steady_clock::time_point now) const;
    };

    void refresh();
    std::uint64_t end_ns() const;
    View& view(std::uint64_t from_ns, std::uint64_t at_ns);
    void read(View& view, std::uint64_t at_ns);
    bool play(Reader& reader, std::chrono::steady_clock::time_point now);
    Json archive_json() const;

    std::filesystem::path directory_;
    asmap::AutonomousSystems* systems_;
    Access access_;
    app::BadEvents& bad_events_;
    std::uint64_t started_ns_;
    std::mutex mutex_;
    std::vector<ArchiveFile> files_;
    std::chrono::steady_clock::time_point next_refresh_;
    std::list<View> views_; ///< the one asked for last is the first
    std::list<Reader> readers_;
};

} // namespace peer_observer::web
