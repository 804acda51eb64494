// What a test does to its whole broker, by rabbitmqctl at $ACTION_TEST_RABBITMQ_DIR.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

inline bool has_rabbit_ctl() {
  const char* directory = std::getenv("ACTION_TEST_RABBITMQ_DIR");
  return directory != nullptr && *directory != '\0';
}

// Whether it was done.
inline bool rabbit_ctl(const std::string& command) {
  if (!has_rabbit_ctl()) return false;
  const std::string line = std::string(SCRIPTS_DIR "/rabbitmq --dir '") +
                           std::getenv("ACTION_TEST_RABBITMQ_DIR") + "' ctl -q " + command +
                           " >/dev/null";
  return std::system(line.c_str()) == 0;
}

// The broker's memory alarm, once it is raised, until the end of the scope. Whatever ends that: a
// destructor must not throw, and an alarm that is left is the end of all tests that follow.
class MemoryAlarm {
 public:
  MemoryAlarm() = default;
  ~MemoryAlarm() {
    if (!rabbit_ctl(kOver) && !rabbit_ctl(kOver)) MESSAGE("the broker keeps its memory alarm");
  }
  MemoryAlarm(const MemoryAlarm&) = delete;
  MemoryAlarm& operator=(const MemoryAlarm&) = delete;

  // What fails may have been done.
  void raise() { REQUIRE(rabbit_ctl("set_vm_memory_high_watermark 0.0000001")); }

 private:
  static constexpr char kOver[] = "set_vm_memory_high_watermark absolute 1GB";
};

// What is larger than 100 kB is refused on channels that begin before the end of the scope.
// RabbitMQ 4 looks at the term, 3 at the setting.
class SmallMessages {
 public:
  SmallMessages() { REQUIRE(limit("100000")); }
  ~SmallMessages() { (void)limit("134217728"); }
  SmallMessages(const SmallMessages&) = delete;
  SmallMessages& operator=(const SmallMessages&) = delete;

 private:
  static bool limit(const std::string& bytes) {
    return rabbit_ctl("eval 'application:set_env(rabbit, max_message_size, " + bytes +
                      "), persistent_term:put(max_message_size, " + bytes + ").'");
  }
};
