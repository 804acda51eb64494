// The backtrace of a crashed runner, for people.
#pragma once

#include <string>
#include <string_view>

namespace actiond {

// From glibc's "/dir/mail.so(_ZN4Mail4sendEv+0x1c)[0x7f…]" to "mail.so: Mail::send()+0x1c"; a frame
// without a name keeps its offset, for addr2line: "mail.so: +0x1139". What is no such line is left
// as it is. Pure.
std::string readable_backtrace(std::string_view text);

}  // namespace actiond
