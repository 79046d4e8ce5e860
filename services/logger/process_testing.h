// For tests: a program that runs beside the test.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>

namespace peer_observer::logger {

inline void wait_until(const std::string& what, const std::function<bool()>& condition)
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error{"timed out waiting for " + what};
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
}

/// Killed, if need be, and its files removed when the object dies.
class Process {
public:
    /// A command for bash; it leads a process group of its own.
    explicit Process(const std::string& command)
    {
        if (mkdtemp(folder_.data()) == nullptr) throw std::runtime_error{"no temporary folder"};
        pid_ = fork();
        if (pid_ < 0) throw std::runtime_error{"cannot fork"};
        if (pid_ > 0) return;
        setpgid(0, 0);
        for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
            dup2(open(path(fd).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), fd);
        execlp("bash", "bash", "-c", command.c_str(), nullptr);
        _exit(127);
    }

    ~Process()
    {
        if (pid_ > 0) {
            kill(-pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
        }
        std::filesystem::remove_all(folder_);
    }

    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void send(int signal) const { kill(pid_, signal); }

    /// The exit status; 128 + the signal that ended it.
    int wait()
    {
        int status = 0;
        wait_until("the process to end", [&] { return waitpid(pid_, &status, WNOHANG) == pid_; });
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    std::string standard_output() const { return read(STDOUT_FILENO); }
    std::string standard_error() const { return read(STDERR_FILENO); }

private:
    std::string path(int fd) const { return folder_ + "/" + std::to_string(fd); }

    std::string read(int fd) const
    {
        std::ifstream file{path(fd), std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    std::string folder_ = (std::filesystem::temp_directory_path() / "process-XXXXXX").string();
    pid_t pid_ = -1;
};

} // namespace peer_observer::logger
