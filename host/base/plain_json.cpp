#include "base/plain_json.hpp"

namespace actiond {
namespace {

constexpr int kDeepestPlain = 32;
constexpr int kMostDigits = 15;  // any parser's double has room for them

// Recursive descent over RFC 8259's grammar, of which it knows a part.
class PlainReader {
 public:
  explicit PlainReader(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  bool object() {
    if (!take('{')) return false;
    if (take('}')) return true;
    do {
      if (!take('"') || !rest_of_string() || !take(':') || !value()) return false;
    } while (take(','));
    return take('}');
  }

  bool is_at_end() {
    skip_space();
    return at_ == end_;
  }

 private:
  bool array() {
    if (!take('[')) return false;
    if (take(']')) return true;
    do {
      if (!value()) return false;
    } while (take(','));
    return take(']');
  }

  bool value() {
    skip_space();
    if (at_ == end_) return false;
    switch (*at_) {
      case '"':
        ++at_;
        return rest_of_string();
      case '{':
        return deeper(&PlainReader::object);
      case '[':
        return deeper(&PlainReader::array);
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool deeper(bool (PlainReader::*part)()) {
    if (++depth_ >= kDeepestPlain) return false;
    const bool is_right = (this->*part)();
    --depth_;
    return is_right;
  }

  bool rest_of_string() {
    for (; at_ != end_; ++at_) {
      if (*at_ == '"') return ++at_, true;
      if (static_cast<signed char>(*at_) < ' ') return false;  // or beyond ASCII
      if (*at_ == '\\' && (++at_ == end_ || !is_escaped(*at_))) return false;
    }
    return false;
  }

  static bool is_escaped(char c) {
    return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
  }

  bool number() {
    if (*at_ == '-') ++at_;
    const bool is_zero = at_ != end_ && *at_ == '0';
    const int whole = digits();
    if (whole == 0 || whole > (is_zero ? 1 : kMostDigits)) return false;
    if (at_ == end_ || *at_ != '.') return true;
    ++at_;
    const int fraction = digits();
    return fraction > 0 && fraction <= kMostDigits;
  }

  int digits() {
    int count = 0;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) ++count;
    return count;
  }

  bool word(std::string_view expected) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(expected))
      return false;
    at_ += expected.size();
    return true;
  }

  bool take(char c) {
    skip_space();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }

  const char* at_;
  const char* end_;
  int depth_ = 0;
};

}  // namespace

bool is_plain_json_object(std::string_view text) {
  PlainReader reader(text);
  return reader.object() && reader.is_at_end();
}

}  // namespace actiond
