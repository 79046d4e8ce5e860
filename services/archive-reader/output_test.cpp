#include "libs/archive/archive_testing.h"
#include "services/archive-reader/output.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <system_error>

namespace peer_observer::archive_reader {
namespace {

class StdoutTo {
public:
    explicit StdoutTo(const std::string& path) : before_{dup(STDOUT_FILENO)}
    {
        const int file = open(path.c_str(), O_WRONLY | O_CREAT, 0600);
        dup2(file, STDOUT_FILENO);
        close(file);
    }
    ~StdoutTo()
    {
        dup2(before_, STDOUT_FILENO);
        close(before_);
    }
    StdoutTo(const StdoutTo&) = delete;
    StdoutTo& operator=(const StdoutTo&) = delete;

private:
    int before_;
};

/// As on a full disk, files end there.
class NoFileLongerThan {
public:
    explicit NoFileLongerThan(rlim_t bytes) : handler_{std::signal(SIGXFSZ, SIG_IGN)}
    {
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~NoFileLongerThan()
    {
        setrlimit(RLIMIT_FSIZE, &before_);
        (void)std::signal(SIGXFSZ, handler_);
    }
    NoFileLongerThan(const NoFileLongerThan&) = delete;
    NoFileLongerThan& operator=(const NoFileLongerThan&) = delete;

private:
    rlimit before_{};
    void (*handler_)(int);
};

TEST(Output, WritesNothingTwiceWhereADiskWasFullForAMoment)
{
    const archive::testing::TemporaryFolder folder;
    const std::string path = folder / "out";
    {
        const StdoutTo file{path};
        Output output;
        output.write("0123456789");
        {
            const NoFileLongerThan limit{4};
            EXPECT_THROW(output.flush(), std::system_error);
        }
        output.write("next");
    }
    EXPECT_EQ(archive::testing::read_file(path), "0123next");
}

} // namespace
} // namespace peer_observer::archive_reader
