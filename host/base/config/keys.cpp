#include "base/config/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/text.hpp"

namespace actiond {
namespace {

struct KeySet;

struct Key {
  std::string_view name;
  const KeySet* section = nullptr;  // what its mapping may hold; null: a value, checked when read
};

struct KeySet {
  std::span<const Key> keys;
  const KeySet* any = nullptr;  // names of the user's choice, with this below them
  bool is_free = false;         // the user's own: nothing in it is checked
  bool may_be_none = false;     // or the word `none`
  bool may_be_value = false;    // or a value, checked when read
};

constexpr KeySet kFreeSection{{}, nullptr, true};

constexpr Key kLogKeys[] = {{"level"}, {"format"}, {"file"}, {"params"}};
constexpr Key kRetryKeys[] = {{"attempts"}, {"initial"}, {"factor"},
                              {"max"},      {"jitter"},  {"interruptions"}};
constexpr Key kRecycleKeys[] = {{"events"}, {"memory"}};
constexpr Key kRollbackKeys[] = {{"crashes"}, {"within"}};
constexpr Key kStatisticsKeys[] = {{"minutes"}, {"hours"}};
constexpr Key kTraceKeys[] = {{"file"}};
constexpr Key kWebKeys[] = {{"listen"},    {"access"},   {"password"},  {"hosts"},
                            {"base_path"}, {"certfile"}, {"keyfile"},   {"behind_proxy"},
                            {"params"},    {"metrics"},  {"trace_link"}};
constexpr Key kEventKeys[] = {{"queue"}, {"attempts"}, {"timeout"}, {"expires"}, {"on_expired"}};

constexpr Key kCronKeys[] = {{"at"},    {"every"}, {"zone"}, {"event"}, {"params", &kFreeSection},
                             {"queue"}, {"missed"}};

constexpr Key kClusterKeys[] = {{"ids"},      {"min"},  {"max"},
                                {"max_load"}, {"step"}, {"drain_within"}};

constexpr KeySet kLogSection{kLogKeys};
constexpr KeySet kClusterSection{kClusterKeys};
constexpr KeySet kRetrySection{kRetryKeys};
constexpr KeySet kRecycleSection{kRecycleKeys};
constexpr KeySet kRollbackSection{kRollbackKeys};
constexpr KeySet kStatisticsSection{kStatisticsKeys, nullptr, false, true};
constexpr KeySet kTraceSection{kTraceKeys};
constexpr KeySet kWebSection{kWebKeys};
constexpr KeySet kValueSection{{}, nullptr, false, false, true};
constexpr KeySet kLoadTimeoutSection{{}, &kValueSection, false, false, true};
constexpr KeySet kEventSection{kEventKeys};
constexpr KeySet kEventsSection{{}, &kEventSection};
constexpr KeySet kCronEntrySection{kCronKeys};
constexpr KeySet kCronSection{{}, &kCronEntrySection};

constexpr Key kOverlayKeys[] = {{"broker"},
                                {"application"},
                                {"queues"},
                                {"default_queue"},
                                {"plugins"},
                                {"run_dir"},
                                {"log", &kLogSection},
                                {"concurrency"},
                                {"queue_type"},
                                {"prefetch"},
                                {"reload"},
                                {"rollback", &kRollbackSection},
                                {"shutdown_timeout"},
                                {"retry", &kRetrySection},
                                {"timeout"},
                                {"load_timeout", &kLoadTimeoutSection},
                                {"memory_limit"},
                                {"recycle", &kRecycleSection},
                                {"unknown_event_ttl"},
                                {"statistics", &kStatisticsSection},
                                {"trace", &kTraceSection},
                                {"web", &kWebSection},
                                {"remote"},
                                {"cluster", &kClusterSection},
                                {"remote_secret"},
                                {"events", &kEventsSection},
                                {"cron", &kCronSection},
                                {"environment", &kFreeSection}};
constexpr KeySet kOverlaySection{kOverlayKeys};
constexpr KeySet kEnvironmentsSection{{}, &kOverlaySection};

const Key* find_key(const KeySet& section, std::string_view name) {
  const auto found = std::find_if(section.keys.begin(), section.keys.end(),
                                  [&](const Key& key) { return key.name == name; });
  return found == section.keys.end() ? nullptr : &*found;
}

std::string unknown_key(const KeySet& section, const std::string& parent, const std::string& key) {
  std::vector<std::string> known;
  for (const Key& candidate : section.keys) known.push_back(key_path(parent, candidate.name));
  const std::string path = key_path(parent, key);
  return fmt::format("unknown key {}: {}", in_quotes(path), suggestion(path, known));
}

class KeyCheck {
 public:
  explicit KeyCheck(Problems& problems) : problems_(problems) {}

  void check(const KeySet& section, const Tree& tree, const std::string& path) {
    if (tree.kind == Tree::Kind::Null) return;
    if (section.may_be_value && (tree.kind != Tree::Kind::Map || section.any == nullptr)) return;
    if (section.may_be_none && tree.kind == Tree::Kind::Scalar && tree.text == "none") return;
    if (tree.kind != Tree::Kind::Map)
      problems_.add(tree.place, fmt::format("{} must be {}a mapping, not {}", in_quotes(path),
                                            section.may_be_none ? "none or " : "", describe(tree)));
    if (section.is_free) return;
    for (const TreeEntry& entry : tree.entries) check_entry(section, entry, path);
  }

 private:
  void check_entry(const KeySet& section, const TreeEntry& entry, const std::string& parent) {
    const std::string path = key_path(parent, entry.key);
    if (section.any != nullptr) return check(*section.any, entry.value, path);
    const Key* const key = find_key(section, entry.key);
    if (key == nullptr) return problems_.add(entry.place, unknown_key(section, parent, entry.key));
    if (key->section != nullptr) check(*key->section, entry.value, path);
  }

  Problems& problems_;
};

}  // namespace

void check_keys(const Tree& root, Problems& problems) {
  // The top level is what an environment may hold, and the environments.
  std::vector<Key> keys(std::begin(kOverlayKeys), std::end(kOverlayKeys));
  keys.push_back({"environments", &kEnvironmentsSection});
  KeyCheck(problems).check(KeySet{keys}, root, "");
}

}  // namespace actiond
