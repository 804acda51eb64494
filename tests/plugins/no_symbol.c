/* A shared object, but no plugin. */
#include <action/abi.h>

ACTION_EXPORT int something_else(void);
int something_else(void) {
  return ACTION_ABI_MAJOR;
}
