// The terminal that a foreground poller was started on, which may hang up: then nobody sees it any
// more, and it is to end.
#pragma once

namespace actiond {

class Terminal {
 public:
  // Looks now, before anybody handles SIGHUP.
  Terminal();

  // Whoever started this process wants it to outlive the terminal, as by nohup(1).
  bool is_to_be_outlived() const { return is_there_ && ignored_hangup_; }
  // There was one, and it has hung up.
  bool has_hung_up() const;

 private:
  bool is_there_;
  bool ignored_hangup_;
};

}  // namespace actiond
