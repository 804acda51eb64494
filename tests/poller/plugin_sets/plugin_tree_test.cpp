#include "poller/plugin_sets/plugin_tree.hpp"

#include "poller/plugin_sets/set_record.hpp"
#include "snapshot_scene.hpp"

using namespace actiond;

TEST_CASE("plugin tree: its look changes with content, mode, and names") {
  const SnapshotScene here;
  here.write("mail.so", "one");
  const auto look = tree_look(here.source());
  CHECK(tree_look(here.source()) == look);
  here.write(".temporary", "x");
  CHECK(tree_look(here.source()) == look);
  fs::permissions(here.source() / "mail.so", fs::perms::owner_all);
  const auto with_mode = tree_look(here.source());
  CHECK(with_mode != look);
  here.write("other.so", "two");
  CHECK(tree_look(here.source()) != with_mode);
  CHECK(tree_look(here.root / "nowhere") != tree_look(here.source()));
}

TEST_CASE("plugin tree: names and contents can't be taken for each other") {
  const SnapshotScene one, other;
  one.write("a.so", "b");
  other.write("a.so", "");
  other.write("b.so", "");
  CHECK(*tree_hash(one.source()) != *tree_hash(other.source()));
}

TEST_CASE("set record: what ran before is the way back") {
  auto record = succeed({}, "v1");
  CHECK(record.current == "v1");
  CHECK(record.previous.empty());
  record = succeed(record, "v1");
  CHECK(record.previous.empty());
  record = succeed(record, "v2");
  CHECK(record.current == "v2");
  CHECK(record.previous == "v1");
}

TEST_CASE("set record: written, read, and what can't be understood is none") {
  const SnapshotScene here;
  CHECK(read_set_record(here.run_dir(), 1) == SetRecord{});
  const SetRecord record{"v2", "v1", "v3", "crashed"};
  REQUIRE(write_set_record(here.run_dir(), 1, record));
  CHECK(read_set_record(here.run_dir(), 1) == record);
  CHECK(recorded_sets(here.run_dir()) == std::set<std::string>{"v1", "v2"});
  std::ofstream(here.run_dir() / "poller.1.set") << "[1]";
  CHECK(read_set_record(here.run_dir(), 1) == SetRecord{});
}
