// Bytes of a connection -> requests, by Boost.Beast's parser, within limits: what is too large, or
// has a Transfer-Encoding, is refused before it is read.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "web/request.hpp"

namespace actiond::web {

inline constexpr std::size_t kMostHeaderBytes = 16 * 1024;
inline constexpr std::size_t kMostBodyBytes = 64 * 1024;

class RequestReader {
 public:
  RequestReader();
  ~RequestReader();

  enum class State { NeedsMore, Ready, Refused };
  // Takes what the peer has sent; what is behind a whole request is kept for the next.
  State feed(std::string_view bytes);
  // Once Ready: the request, and the reader begins with the next one. `feed({})` tells whether that
  // is there already.
  Request take_request();
  // Once Refused: why. Nothing more can be read then.
  const Refusal& refusal() const { return refusal_; }

 private:
  struct Parsing;
  State parse();
  State refuse(int status, const std::string& sentence);

  std::unique_ptr<Parsing> parsing_;
  std::string input_;
  Refusal refusal_;
};

}  // namespace actiond::web
