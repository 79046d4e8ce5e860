#include "services/log-extractor/event_maker.h"

#include "services/log-extractor/table.h"

#include <google/protobuf/descriptor.h>

#include <stdexcept>
#include <string>

namespace peer_observer::log_extractor {
namespace {

using google::protobuf::FieldDescriptor;

// No line that the table knows is nearly as long. Text fields of longer ones would only be the line once more.
constexpr std::size_t kMaxTypedBytes = std::size_t{16} << 10U;

void fill(proto::LogLine& line, const Message& message, const Prefix& prefix)
{
    if (prefix.time_us) line.set_time_us(*prefix.time_us);
    line.set_has_microseconds(prefix.has_microseconds);
    if (prefix.mocktime_s) line.set_mocktime_s(*prefix.mocktime_s);
    line.set_level(std::string{prefix.level});
    line.set_category(std::string{prefix.category});
    line.set_thread(std::string{prefix.thread});
    line.set_source_file(std::string{prefix.source_file});
    line.set_source_line(prefix.source_line);
    line.set_function(std::string{prefix.function});
    line.set_suppressing(prefix.suppressing);
    line.set_raw(message.raw.data(), message.raw.size());
    line.set_message_offset(static_cast<std::uint32_t>(prefix.message_offset));
    if (message.full_bytes > message.raw.size()) line.set_truncated_from_bytes(message.full_bytes);
    line.set_is_continuation(message.is_continuation);
    line.set_file_offset(message.offset);
}

} // namespace

EventMaker::EventMaker(PrefixParser::ThreadNames thread_names) : prefixes_{thread_names}
{
    for (const Row& row : table()) {
        const auto* const arm = proto::Log::descriptor()->FindFieldByName(std::string{row.kind});
        if (arm == nullptr) throw std::logic_error{"the table names an arm that is not there"};
        Pattern pattern{row.pattern, *arm->message_type()};
        const auto beginning = pattern.beginning();
        auto& rows = beginning.empty() ? others_ : by_first_byte_.at(static_cast<unsigned char>(beginning.front()));
        rows.push_back({arm, std::move(pattern)});
    }
}

const proto::Event& EventMaker::make(const Message& message, std::uint64_t read_ns)
{
    // A line that continues a message has no prefix, whatever it looks like.
    const Prefix prefix = message.is_continuation ? Prefix{.level = "info"} : prefixes_.parse(message.raw);
    const auto text = message.raw.substr(prefix.message_offset);
    event_.set_timestamp_ns(read_ns);
    auto& log = *event_.mutable_log();
    log.clear_event();
    if (message.is_continuation || text.size() > kMaxTypedBytes || !set_typed(text)) {
        if (prefix.category == "privatebroadcast")
            log.mutable_private_broadcast();
        else if (prefix.level == "warning")
            log.mutable_warning();
        else if (prefix.level == "error")
            log.mutable_error();
        else
            log.mutable_line();
    }
    fill(line(), message, prefix);
    return event_;
}

bool EventMaker::set_typed(std::string_view text)
{
    if (text.empty()) return false;
    return set_first(by_first_byte_.at(static_cast<unsigned char>(text.front())), text) || set_first(others_, text);
}

bool EventMaker::set_first(const std::vector<Typed>& rows, std::string_view text)
{
    auto& log = *event_.mutable_log();
    for (const auto& [arm, pattern] : rows) {
        if (!pattern.match(text, captures_)) continue;
        if (Pattern::set(captures_, *log.GetReflection()->MutableMessage(&log, arm))) return true;
        log.clear_event();
    }
    return false;
}

proto::LogLine& EventMaker::line()
{
    auto& log = *event_.mutable_log();
    const auto* const arm = log.GetReflection()->GetOneofFieldDescriptor(log, proto::Log::descriptor()->oneof_decl(0));
    auto* content = log.GetReflection()->MutableMessage(&log, arm);
    if (arm->message_type() != proto::LogLine::descriptor())
        content = content->GetReflection()->MutableMessage(content, arm->message_type()->FindFieldByNumber(1));
    return static_cast<proto::LogLine&>(*content);
}

} // namespace peer_observer::log_extractor
