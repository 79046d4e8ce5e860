#include "services/extractor/record_writer.h"

#include <boost/locale/encoding_utf.hpp>

#include <algorithm>

namespace peer_observer::extractor {

std::string_view valid_utf8(std::string_view text, std::string& scratch)
{
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    if (std::ranges::all_of(text, is_ascii)) return text;
    scratch = boost::locale::conv::utf_to_utf<char>(text.data(), text.data() + text.size(), boost::locale::conv::skip);
    return scratch;
}

} // namespace peer_observer::extractor
