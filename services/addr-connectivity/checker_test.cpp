#include "services/addr-connectivity/checker.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <stdexcept>

// What depends on hosts is tested end to end, in limits_test.py and its like.
namespace peer_observer::addr_connectivity {
namespace {

using namespace std::chrono_literals;
using proto::AddressChecked;

/// As long as it lives, this process cannot open another file descriptor.
class NoFileDescriptors {
public:
    NoFileDescriptors()
    {
        getrlimit(RLIMIT_NOFILE, &limit_);
        const int next = dup(0);
        close(next);
        rlimit lower = limit_;
        lower.rlim_cur = static_cast<rlim_t>(next);
        setrlimit(RLIMIT_NOFILE, &lower);
    }
    ~NoFileDescriptors() { setrlimit(RLIMIT_NOFILE, &limit_); }
    NoFileDescriptors(const NoFileDescriptors&) = delete;
    NoFileDescriptors& operator=(const NoFileDescriptors&) = delete;

private:
    rlimit limit_{};
};

class CheckerTest : public testing::Test {
protected:
    AddressChecked check(const std::string& address)
    {
        found_.reset();
        checker_.start(*parse_address(address));
        const auto deadline = Clock::now() + 60s;
        while (!found_) {
            if (Clock::now() > deadline) throw std::runtime_error{"timed out"};
            poller_.wait(10ms);
            checker_.work();
        }
        return *found_;
    }

    std::optional<AddressChecked> found_;
    Poller poller_;
    Checker checker_{poller_,
                     {.magic = p2p::kChains.back().magic, .user_agent = "/test/"},
                     [this](const Address&, AddressChecked found) { found_ = std::move(found); }};
};

TEST_F(CheckerTest, DoesNotBlameTheAddressForAFailureHere)
{
    EXPECT_EQ(check("127.0.0.1:1").result(), AddressChecked::REFUSED); // libcurl has now all that it wants to open
    {
        const NoFileDescriptors none;
        EXPECT_EQ(check("127.0.0.1:1").result(), AddressChecked::LOCAL_ERROR);
    }
    EXPECT_EQ(check("127.0.0.1:1").result(), AddressChecked::REFUSED);
    EXPECT_EQ(checker_.in_flight(), 0U);
}

} // namespace
} // namespace peer_observer::addr_connectivity
