// What plugin code does to its runner and should not. A deed that comes back has succeeded,
// whatever harm it has done; the others throw, crash, or never come back.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

struct Deed {
  const char* name;
  void (*act)(const nlohmann::json& params);
};

// Each list is in a file of its own.
std::vector<Deed> descriptor_deeds();
std::vector<Deed> process_deeds();
std::vector<Deed> thread_deeds();
std::vector<Deed> signal_deeds();
std::vector<Deed> memory_deeds();
std::vector<Deed> exception_deeds();
std::vector<Deed> state_deeds();
