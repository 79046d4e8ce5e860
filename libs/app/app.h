// What every main() needs: options and a config file, logging, signals, telling systemd.
#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <functional>
#include <stdexcept>
#include <string>

namespace peer_observer::app {

struct Service {
    std::string name;        ///< `logger`; the program is peer-observer-logger
    std::string description; ///< first line of --help
    std::string example;     ///< one worked example, shown at the end of --help
    boost::program_options::options_description options;
    std::string metrics_address{}; ///< default of --metrics-address; empty = off
    /// The one of `options`, a list of strings, that arguments without an option's name go to; empty = there are none.
    std::string arguments{};
};

/// What a running service gets.
class Context {
public:
    virtual ~Context() = default;
    /// True once SIGTERM or SIGINT has come; systemd is then told. A second signal ends the process at once. Call it
    /// from the main loop only.
    virtual bool stopping() const noexcept = 0;
    /// A file descriptor that becomes readable when stopping() turns true, for poll().
    virtual int stop_fd() const noexcept = 0;
    /// Tells systemd that the service is ready. Call it once, when it really is.
    virtual void ready() = 0;
    /// Tells systemd (and nobody else) a line of figures, and feeds the watchdog. Call it from the main loop, as often
    /// as you like.
    virtual void alive(const std::string& status) = 0;
};

/// Wrong use of an option: one line on stderr, exit status 2.
class UsageError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The work was done, but not all of it could be: one line in the log at `error`, exit status 1.
class IncompleteError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Parses the command line and --config FILE (INI with the same names; the command line wins), sets up logging, then
/// runs `body`. Adds --help, --version, --config, --log-level and --metrics-address. Returns main()'s exit status: 0
/// stopped as asked, 1 failed (an exception, shown as one line), 2 wrong usage.
int run(int argc, char** argv, const Service& service,
        const std::function<void(const boost::program_options::variables_map&, Context&)>& body);

} // namespace peer_observer::app
