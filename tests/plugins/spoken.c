/* The library of with_library, built in two versions. */
const char* spoken(void);

const char* spoken(void) {
  return SPOKEN;
}
