// The only file that sees yaml-cpp, and what it throws.
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>

#include "base/config/tree.hpp"
#include "base/text.hpp"

namespace actiond {
namespace {

constexpr int kMaxDepth = 50;
constexpr int kMaxNodes = 100'000;

Place place_of(const YAML::Mark& mark) {
  return mark.is_null() ? Place{} : Place{mark.line + 1, mark.column + 1};
}

// What stops the reading: aliases that contain themselves or multiply, nested without end.
struct TooMuch {
  Place place;
};

class TreeBuilder {
 public:
  explicit TreeBuilder(Problems& problems) : problems_(problems) {}

  // place: of what holds the node, for an empty value, which yaml-cpp places after the next line.
  Tree build(const YAML::Node& node, const std::string& path, Place place) {
    Tree tree;
    tree.place = node.IsNull() ? place : place_of(node.Mark());
    if (++depth_ > kMaxDepth || ++nodes_ > kMaxNodes) throw TooMuch{tree.place};
    if (node.IsScalar()) fill_scalar(tree, node);
    if (node.IsSequence()) fill_list(tree, node, path);
    if (node.IsMap()) fill_map(tree, node, path);
    --depth_;
    return tree;
  }

 private:
  static void fill_scalar(Tree& tree, const YAML::Node& node) {
    tree.kind = Tree::Kind::Scalar;
    tree.text = node.Scalar();
    tree.is_quoted = node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str";
  }

  void fill_list(Tree& tree, const YAML::Node& node, const std::string& path) {
    tree.kind = Tree::Kind::List;
    for (const auto& item : node) tree.items.push_back(build(item, path, tree.place));
  }

  void fill_map(Tree& tree, const YAML::Node& node, const std::string& path) {
    tree.kind = Tree::Kind::Map;
    for (const auto& pair : node) fill_entry(tree, pair.first, pair.second, path);
  }

  void fill_entry(Tree& map, const YAML::Node& key, const YAML::Node& value,
                  const std::string& parent) {
    const Place place = place_of(key.Mark());
    if (!key.IsScalar()) return problems_.add(place, "a key must be plain text");
    const std::string path = key_path(parent, key.Scalar());
    if (is_first(map, key.Scalar(), path, place))
      map.entries.push_back({key.Scalar(), place, build(value, path, place)});
  }

  // yaml-cpp lets a key stand twice and silently takes one of the two.
  bool is_first(const Tree& map, const std::string& key, const std::string& path, Place place) {
    const auto before = std::find_if(map.entries.begin(), map.entries.end(),
                                     [&](const TreeEntry& entry) { return entry.key == key; });
    if (before == map.entries.end()) return true;
    problems_.add(place, fmt::format("key {} stands here twice, first on line {}: remove one",
                                     in_quotes(path), before->place.line));
    return false;
  }

  Problems& problems_;
  int depth_ = 0;
  int nodes_ = 0;
};

std::string_view line_at(const std::string& yaml, int line) {
  std::string_view rest = yaml;
  for (; line > 0 && !rest.empty(); --line)
    rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
  return rest.substr(0, rest.find('\n'));
}

// What yaml-cpp says, but for what its versions say differently: some name the unknown anchor.
std::string what_is_wrong(const std::string& yaml, const YAML::Exception& failure) {
  if (!failure.msg.starts_with("the referenced anchor is not defined")) return failure.msg;
  std::string_view alias = line_at(yaml, failure.mark.line);
  alias.remove_prefix(std::min(alias.size(), static_cast<std::size_t>(failure.mark.column)));
  alias = alias.substr(0, alias.find_first_of(" \t\r,[]{}"));
  return fmt::format("no anchor (&) stands before {}", in_quotes(alias));
}

std::string syntax_sentence(const std::string& yaml, const YAML::Exception& failure) {
  std::string sentence = "not valid YAML: " + what_is_wrong(yaml, failure);
  // In {a: ${B}} the braces are YAML's.
  if (!failure.mark.is_null() && line_at(yaml, failure.mark.line).find("${") != std::string::npos)
    sentence += " (within {} or [] a ${...} needs quotes around it)";
  return sentence;
}

// Invalid UTF-8 is found here: yaml-cpp passes it on, and JSON refuses it much later.
bool check_utf8(std::string_view yaml, Problems& problems) {
  for (int line = 1; !yaml.empty(); ++line) {
    const std::string_view row = yaml.substr(0, yaml.find('\n'));
    if (!is_utf8(row)) {
      problems.add({line, 1}, "not UTF-8 text");
      return false;
    }
    yaml.remove_prefix(std::min(row.size() + 1, yaml.size()));
  }
  return true;
}

// Where documents begin that are read with it; of what is in them it keeps nothing.
class DocumentPlaces final : public YAML::EventHandler {
 public:
  std::vector<Place> places;

  void OnDocumentStart(const YAML::Mark&) override { is_new_ = true; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { note(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { note(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string&) override {
    note(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    note(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    note(mark);
  }
  void OnMapEnd() override {}

 private:
  void note(const YAML::Mark& mark) {
    if (is_new_) places.push_back(place_of(mark));
    is_new_ = false;
  }

  bool is_new_ = false;
};

// The places of the first documents, two at the most. YAML::LoadAll would not do: a ',' that is in
// no list is to yaml-cpp an empty document that ends where it began, and it reads them for ever.
std::vector<Place> first_documents(const std::string& yaml) {
  std::istringstream input(yaml);
  YAML::Parser parser(input);
  DocumentPlaces documents;
  while (documents.places.size() < 2 && parser.HandleNextDocument(documents)) continue;
  return documents.places;
}

std::string second_document(const std::string& yaml, const Place& place) {
  const std::string_view line = line_at(yaml, place.line - 1);
  const auto column = static_cast<std::size_t>(place.column - 1);
  const bool is_comma = column < line.size() && line[column] == ',';
  return is_comma ? "not valid YAML: a ',' that is not within [] or {}"
                  : "a second document begins: only one is read";
}

std::optional<Tree> parse(const std::string& yaml, Problems& problems) {
  const auto documents = first_documents(yaml);
  if (documents.empty()) return Tree{};
  if (documents.size() > 1) {
    problems.add(documents[1], second_document(yaml, documents[1]));
    return std::nullopt;
  }
  return TreeBuilder(problems).build(YAML::Load(yaml), "", {1, 1});
}

}  // namespace

std::optional<Tree> parse_yaml(const std::string& yaml, Problems& problems) {
  if (!check_utf8(yaml, problems)) return std::nullopt;
  try {
    return parse(yaml, problems);
  } catch (const TooMuch& here) {
    problems.add(here.place, "nested too deeply, or an alias (*) that contains itself");
  } catch (const YAML::Exception& failure) {
    problems.add(place_of(failure.mark), syntax_sentence(yaml, failure));
  } catch (const std::exception& failure) {
    problems.add({}, fmt::format("not valid YAML: {}", failure.what()));
  }
  return std::nullopt;
}

}  // namespace actiond
