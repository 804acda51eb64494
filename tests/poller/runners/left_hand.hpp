// What a poller leaves in run_dir that is killed.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "poller/runners/hand_page.hpp"

// It was in run 2, of the event with this mark; run 1 had ended, run 3 waited behind it.
inline std::filesystem::path leave_mark(const std::filesystem::path& run_dir, std::uint64_t mark,
                                        bool has_ended = false) {
  auto page = actiond::HandPage::create(run_dir, "1");
  REQUIRE(page.ok());
  auto progress = page->progress();
  REQUIRE(progress.ok());
  page->hand(1, actiond::hand_mark("before", "mail"));
  page->hand(2, mark);
  page->hand(3, actiond::hand_mark("behind", "mail"));
  REQUIRE(progress->begin(1, 1));
  progress->ended(1);
  REQUIRE(progress->begin(2, 2));
  if (has_ended) progress->ended(2);
  // Nobody holds the lock of a copy.
  static int count = 0;
  const auto left = run_dir / ("poller.1.left" + std::to_string(++count) + ".hand");
  std::filesystem::copy_file(page->path(), left);
  return left;
}

inline std::filesystem::path leave_hand(const std::filesystem::path& run_dir, const std::string& id,
                                        const std::string& event, bool has_ended = false) {
  return leave_mark(run_dir, actiond::hand_mark(id, event), has_ended);
}
