// Compiled without unwind tables: what a plugin throws while it is loaded finds the end of the
// stack here, and its own C++ library says so, with what() of it. Beyond are frames of the runner's
// C++ library, which is another one and would abort without a word.
#include <dlfcn.h>

void* actiond_dlopen(const char* file, int flags);

void* actiond_dlopen(const char* file, int flags) {
  void* volatile library = dlopen(file, flags);  // no tail call, which would leave no frame
  return library;
}
