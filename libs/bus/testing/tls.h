// Certificates made on the spot: of the right CA, of another, of another name, expired.
#pragma once

#include "libs/bus/testing/bus.h"

#include <cstdlib>
#include <memory>
#include <string>

namespace peer_observer::bus::testing {

class TlsTest : public ::testing::Test {
protected:
    /// Not in SetUpTestSuite(): where that fails, GoogleTest says that the tests were skipped, and CTest believes it.
    void SetUp() override
    {
        if (folder_) return;
        if (std::system("openssl version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no openssl on PATH";
        folder_ = std::make_unique<TemporaryFolder>();
        for (const std::string ca : {"ca", "other_ca"}) {
            run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj '/CN=" + ca +
                "' -keyout " + ca + ".key -out " + ca + ".pem");
        }
        make_certificate("server", "localhost", "ca");
        make_certificate("client", "client", "ca");
        make_certificate("stranger", "client", "other_ca");
        make_certificate("elsewhere", "elsewhere.example", "ca");
        // OpenSSL 3.4 wants the end to be after the start, and is the first that can be told the start.
        make_certificate("expired", "localhost", "ca",
                         "$(openssl x509 -help 2>&1 | grep -q not_before && "
                         "echo -not_before 20200101000000Z -not_after 20200102000000Z || echo -days -1)");
    }
    static void TearDownTestSuite() { folder_.reset(); }

    static void run(const std::string& command)
    {
        const std::string line = "cd '" + (*folder_ / ".") + "' && { " + command + "; } 2>>openssl.log";
        ASSERT_EQ(std::system(line.c_str()), 0) << command;
    }
    static void make_certificate(const std::string& file, const std::string& name, const std::string& ca,
                                 const std::string& validity = "-days 1")
    {
        run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=" + name + "' -keyout " + file +
            ".key -out " + file + ".csr && printf 'subjectAltName=DNS:" + name + "' > " + file +
            ".ext && openssl x509 -req " + validity + " -in " + file + ".csr -CA " + ca + ".pem -CAkey " + ca +
            ".key -CAcreateserial -extfile " + file + ".ext -out " + file + ".crt && cat " + file + ".crt " + file +
            ".key > " + file + ".pem");
    }
    static TlsFiles files(const std::string& certificate, const std::string& ca = "ca")
    {
        return {.ca_file = *folder_ / (ca + ".pem"), .cert_key_file = *folder_ / (certificate + ".pem")};
    }

    /// A certificate must bear the name that the subscriber dials, and names are not addresses.
    static std::string dialled(const Publisher& publisher)
    {
        return "tls+tcp://localhost" + publisher.url().substr(publisher.url().rfind(':'));
    }

    inline static std::unique_ptr<TemporaryFolder> folder_;
};

} // namespace peer_observer::bus::testing
