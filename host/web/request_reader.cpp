#include "web/request_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "web/target.hpp"

namespace actiond::web {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kMostTarget = 4096;
constexpr std::size_t kMostForwarded = 64;  // of an address

std::string text_of(const http::request<http::string_body>& message, http::field name) {
  const auto value = message[name];
  return {value.data(), value.size()};
}

std::string text_of(const http::request<http::string_body>& message, const char* name) {
  const auto value = message[name];
  return {value.data(), value.size()};
}

// What a proxy has added last: what stands before it, in its line or in lines of its own, anybody
// may have written.
std::string last_of(const http::request<http::string_body>& message, const char* name) {
  std::string last;
  const auto [begin, end] = message.equal_range(name);
  for (auto line = begin; line != end; ++line) last = std::string(line->value());
  if (const auto comma = last.rfind(','); comma != std::string::npos) last.erase(0, comma + 1);
  last.erase(0, last.find_first_not_of(" \t"));
  last.erase(last.find_last_not_of(" \t") + 1);
  return last.substr(0, kMostForwarded);
}

// What decides on a request must be said once: a proxy may have looked at the other one.
bool is_said_twice(const http::request<http::string_body>& message) {
  for (const char* name : {"Host", "Origin", "Sec-Fetch-Site", "Authorization", "Content-Type",
                           "Content-Length", "Cookie"})
    if (message.count(name) > 1) return true;
  return false;
}

}  // namespace

struct RequestReader::Parsing {
  Parsing() {
    parser.header_limit(kMostHeaderBytes);
    parser.body_limit(kMostBodyBytes);
  }
  http::request_parser<http::string_body> parser;
  bool is_header_judged = false;
};

RequestReader::RequestReader() : parsing_(std::make_unique<Parsing>()) {}
RequestReader::~RequestReader() = default;

RequestReader::State RequestReader::refuse(int status, const std::string& sentence) {
  refusal_ = {status, sentence};
  return State::Refused;
}

RequestReader::State RequestReader::feed(std::string_view bytes) {
  if (!refusal_.sentence.empty()) return State::Refused;
  input_ += bytes;
  return parse();
}

// The header alone is parsed first, so that it can be judged before a byte of the body is.
RequestReader::State RequestReader::parse() {
  auto& parser = parsing_->parser;
  while (!parser.is_done()) {
    if (input_.empty()) return State::NeedsMore;  // Beast counts from a null pointer then
    boost::beast::error_code error;
    const auto used = parser.put(boost::asio::buffer(input_), error);
    input_.erase(0, used);
    if (error == http::error::header_limit) return refuse(431, "the header is larger than 16 KiB");
    if (error == http::error::body_limit) return refuse(413, "the body is larger than 64 KiB");
    if (error == http::error::need_more) return State::NeedsMore;
    if (error) return refuse(400, "this is not HTTP: " + error.message());
    if (parser.is_header_done() && !std::exchange(parsing_->is_header_judged, true)) {
      const auto& message = parser.get();
      if (message.count(http::field::transfer_encoding) > 0)
        return refuse(501, "Transfer-Encoding is not understood here: send a Content-Length");
      if (is_said_twice(message)) return refuse(400, "a header that decides was sent twice");
      if (message.target().size() > kMostTarget) return refuse(414, "the address is too long");
    } else if (used == 0 && !parser.is_done()) {
      return State::NeedsMore;
    }
  }
  return State::Ready;
}

Request RequestReader::take_request() {
  auto message = parsing_->parser.release();
  parsing_ = std::make_unique<Parsing>();
  Request request;
  request.keeps_alive = message.keep_alive();
  const std::string method(message.method_string());
  request.method = method;
  const std::string target(message.target());
  const auto mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string::npos) request.query = parse_query(target.substr(mark + 1));
  request.host = text_of(message, http::field::host);
  request.origin = text_of(message, http::field::origin);
  request.sec_fetch_site = text_of(message, "Sec-Fetch-Site");
  request.authorization = text_of(message, http::field::authorization);
  request.cookie = text_of(message, http::field::cookie);
  request.content_type = text_of(message, http::field::content_type);
  request.if_none_match = text_of(message, http::field::if_none_match);
  request.forwarded_for = last_of(message, "X-Forwarded-For");
  request.forwarded_proto = last_of(message, "X-Forwarded-Proto");
  request.body = std::move(message.body());
  return request;
}

}  // namespace actiond::web
