#include "libs/app/option_values.h"

#include <boost/program_options/errors.hpp>
#include <boost/program_options/value_semantic.hpp>

#include <charconv>
#include <system_error>

namespace peer_observer::app {
namespace {

namespace po = boost::program_options;

template <typename T>
T read_number(const boost::any& out, const std::vector<std::string>& words)
{
    po::validators::check_first_occurrence(out);
    const std::string& word = po::validators::get_single_string(words);
    T number{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size()) throw po::invalid_option_value{word};
    return number;
}

} // namespace

std::ostream& operator<<(std::ostream& out, const Count& count) { return out << count.value; }

std::ostream& operator<<(std::ostream& out, const Seconds& seconds)
{
    return out << std::chrono::duration<double>(seconds.value).count();
}

void validate(boost::any& out, const std::vector<std::string>& words, Count* /*type*/, int)
{
    out = Count{read_number<std::uint64_t>(out, words)};
}

void validate(boost::any& out, const std::vector<std::string>& words, Seconds* /*type*/, int)
{
    const double seconds = read_number<double>(out, words);
    if (!(seconds > 0 && seconds <= 1e9)) throw po::invalid_option_value{words.front()};
    out = Seconds{std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds))};
}

} // namespace peer_observer::app
