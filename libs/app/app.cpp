#include "libs/app/app.h"

#include "libs/app/logging.h"
#include "libs/app/options.h"
#include "libs/app/signals.h"
#include "libs/app/systemd.h"
#include "libs/bus/option_error.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

namespace peer_observer::app {
namespace {

class RunningService : public Context {
public:
    bool stopping() const noexcept override
    {
        const bool stopping = signals_.stopping();
        if (stopping) systemd_.stopping();
        return stopping;
    }
    int stop_fd() const noexcept override { return signals_.fd(); }
    void ready() override { systemd_.ready(); }

    void alive(const std::string& status) override { systemd_.alive(status); }

    void ended() { systemd_.stopping(); }

private:
    StopSignals signals_;
    mutable Systemd systemd_;
};

/// So that no file or socket opened later takes the place of a closed stdin, stdout or stderr.
void occupy_standard_descriptors()
{
    while (true) {
        const int fd = open("/dev/null", O_RDWR);
        if (fd > STDERR_FILENO) close(fd);
        if (fd < 0 || fd > STDERR_FILENO) return;
    }
}

int run_body(const Options& options,
             const std::function<void(const boost::program_options::variables_map&, Context&)>& body)
{
    set_up_logging(options.values["log-level"].as<std::string>());
    try {
        RunningService context;
        body(options.values, context);
        context.ended();
        return 0;
    } catch (const UsageError&) {
        throw;
    } catch (const bus::OptionError& error) {
        throw UsageError{error.what()};
    } catch (const IncompleteError& error) {
        spdlog::error("{}", error.what());
        return 1;
    } catch (const std::exception& error) {
        spdlog::critical("{}", error.what());
        return 1;
    }
}

} // namespace

int run(int argc, char** argv, const Service& service,
        const std::function<void(const boost::program_options::variables_map&, Context&)>& body)
{
    occupy_standard_descriptors();
    try {
        const Options options = parse_options(argc, argv, service);
        if (!options.answer) return run_body(options, body);
        fmt::print("{}", *options.answer);
        return std::fflush(stdout) == 0 ? 0 : 1;
    } catch (const UsageError& error) {
        fmt::print(stderr, "peer-observer-{}: {} (see --help)\n", service.name, error.what());
        return 2;
    } catch (const std::exception& error) { // e.g. --help to a full disk
        fmt::print(stderr, "peer-observer-{}: {}\n", service.name, error.what());
        return 1;
    }
}

} // namespace peer_observer::app
