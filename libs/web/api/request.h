// A request to the API: its path, its parameters, and what is wrong with them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::web {

/// What the client gets instead of an answer. The message has no byte of the request in it that is not escaped later.
class ApiError : public std::runtime_error {
public:
    /// `of_parameter`: the one that is wrong, if it is one.
    ApiError(unsigned status_code, const std::string& message, std::string of_parameter = {})
        : std::runtime_error{message}, status{status_code}, parameter{std::move(of_parameter)}
    {}
    unsigned status;
    std::string parameter;
};

class Request {
public:
    /// Of the target of a request line: `/api/v1/nodes/alpha?limit=3`. Throws ApiError{400}.
    explicit Request(std::string_view target);

    const std::string& path() const { return path_; }
    /// Its parts, decoded: `nodes`, `alpha` behind `/api/v1/`.
    const std::vector<std::string>& parts() const { return parts_; }

    /// Throws ApiError{400} for a parameter that is not one of `names`, so that a misspelt one is not silently ignored.
    void allow(const std::vector<std::string_view>& names) const;
    bool operator==(const Request&) const = default;
    const std::vector<std::string>& all(std::string_view name) const;
    /// Throws where it is given twice.
    std::optional<std::string> text(const std::string& name) const;
    /// Throws unless it is a number from `least` to `most`.
    std::optional<std::uint64_t> number(const std::string& name, std::uint64_t least, std::uint64_t most) const;

private:
    std::string path_;
    std::vector<std::string> parts_;
    std::map<std::string, std::vector<std::string>, std::less<>> parameters_;
};

} // namespace peer_observer::web
