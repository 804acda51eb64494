// Deliveries in hand whose connection is gone, known by their event's id; what came without one, by
// its name, body and time while it runs. The broker offers each again; a copy that comes back to
// this poller is no second run, but a new tag for the first: its run goes on, or, where it has
// ended, what it came to is kept until then.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include "base/clock.hpp"
#include "poller/delivery/delivery.hpp"

namespace actiond {

class Strays {
 public:
  // Told of one that has ended and was not offered again, just before it goes.
  using OnDropped = std::function<void(Delivery& delivery)>;

  explicit Strays(OnDropped on_dropped) : on_dropped_(std::move(on_dropped)) {}
  // Those that have ended go without a word.
  ~Strays();
  Strays(const Strays&) = delete;
  Strays& operator=(const Strays&) = delete;

  // Its run goes on, elsewhere: it must be kept, or forgotten, before it goes.
  void add(Delivery& running);
  // It has ended. One without an id is dropped, and so runs again.
  void keep(DeliveryPointer ended, MonotonicTime now);
  // It never ran.
  void forget(const Delivery& returned);

  struct Stray {
    Delivery* delivery = nullptr;        // none: nothing of the kind is in hand
    DeliveryPointer ended{nullptr, {}};  // the same, if it has ended
    MonotonicTime since{};               // that it has, and a broker can offer it
  };
  // The one that this, from that queue, is a copy of. Ids come from anywhere, so all that runs is
  // compared.
  Stray take(QueueIndex queue, const Message& copy);

  // A broker offers them from now on.
  void connected(MonotonicTime now);
  // Drops what ended, and was offered, so long ago that somebody else will have run it; or all that
  // has ended.
  void drop_old(MonotonicTime now);
  void drop_all();
  bool is_empty() const { return strays_.empty(); }

 private:
  using Map = std::unordered_multimap<std::string, Stray>;
  Map::iterator find(const Delivery& delivery);
  void drop(DeliveryPointer ended);

  OnDropped on_dropped_;
  Map strays_;
  std::size_t kept_ = 0;  // of those, that have ended
};

}  // namespace actiond
