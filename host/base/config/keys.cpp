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

constexpr Key log_keys[] = {{"level"}, {"format"}, {"file"}, {"params"}};
constexpr Key retry_keys[] = {{"attempts"}, {"initial"}, {"factor"},
                              {"max"},      {"jitter"},  {"interruptions"}};
constexpr Key recycle_keys[] = {{"events"}, {"memory"}};
constexpr Key rollback_keys[] = {{"crashes"}, {"within"}};
constexpr Key statistics_keys[] = {{"minutes"}, {"hours"}};
constexpr Key trace_keys[] = {{"file"}};
constexpr Key web_keys[] = {{"listen"},   {"access"},  {"password"},     {"hosts"},  {"base_path"},
                            {"certfile"}, {"keyfile"}, {"behind_proxy"}, {"params"}, {"metrics"}};
constexpr Key event_keys[] = {{"queue"}, {"attempts"}, {"timeout"}};

constexpr KeySet log_section{log_keys};
constexpr KeySet retry_section{retry_keys};
constexpr KeySet recycle_section{recycle_keys};
constexpr KeySet rollback_section{rollback_keys};
constexpr KeySet statistics_section{statistics_keys, nullptr, false, true};
constexpr KeySet trace_section{trace_keys};
constexpr KeySet web_section{web_keys};
constexpr KeySet value_section{{}, nullptr, false, false, true};
constexpr KeySet load_timeout_section{{}, &value_section, false, false, true};
constexpr KeySet event_section{event_keys};
constexpr KeySet events_section{{}, &event_section};
constexpr KeySet free_section{{}, nullptr, true};

constexpr Key overlay_keys[] = {{"broker"},
                                {"application"},
                                {"queues"},
                                {"default_queue"},
                                {"plugins"},
                                {"run_dir"},
                                {"log", &log_section},
                                {"concurrency"},
                                {"queue_type"},
                                {"prefetch"},
                                {"reload"},
                                {"rollback", &rollback_section},
                                {"shutdown_timeout"},
                                {"retry", &retry_section},
                                {"timeout"},
                                {"load_timeout", &load_timeout_section},
                                {"memory_limit"},
                                {"recycle", &recycle_section},
                                {"unknown_event_ttl"},
                                {"statistics", &statistics_section},
                                {"trace", &trace_section},
                                {"web", &web_section},
                                {"events", &events_section},
                                {"environment", &free_section}};
constexpr KeySet overlay_section{overlay_keys};
constexpr KeySet environments_section{{}, &overlay_section};

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
  std::vector<Key> keys(std::begin(overlay_keys), std::end(overlay_keys));
  keys.push_back({"environments", &environments_section});
  KeyCheck(problems).check(KeySet{keys}, root, "");
}

}  // namespace actiond
