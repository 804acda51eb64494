/* abi.h is C11: this file only has to compile. */
#include <action/abi.h>

const uint16_t abi_major_of_c = ACTION_ABI_MAJOR;
