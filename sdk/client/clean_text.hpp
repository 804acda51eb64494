// Texts as databases take them: UTF-8 without zero bytes.
#pragma once

#include <string>
#include <string_view>

namespace action {

bool is_clean(std::string_view text);
// Each byte that belongs to no character becomes U+FFFD.
std::string clean_text(std::string_view text);

}  // namespace action
