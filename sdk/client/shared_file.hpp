// A file that many processes use, and any of them may be the first to make.
#pragma once

#include <sys/types.h>

#include <string>

namespace action {

// Opens it to read and write; makes it with this mode, whatever the umask, if it is not there. No
// other process sees it before it has that. Returns a descriptor that the caller closes, or -1 with
// errno. Does not follow a link.
int open_shared_file(const std::string& path, mode_t mode);

}  // namespace action
