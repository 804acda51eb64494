// A queue with two ends that keeps its memory, so that what goes through it in a steady state costs
// no allocation (a std::deque allocates a block every few elements).
#pragma once

#include <algorithm>
#include <boost/circular_buffer.hpp>
#include <utility>

namespace actiond {

template <typename T>
class Ring {
 public:
  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  T& front() { return items_.front(); }
  T& back() { return items_.back(); }
  const T& operator[](std::size_t i) const { return items_[i]; }
  T& operator[](std::size_t i) { return items_[i]; }
  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

  void push_back(T item) {
    make_room();
    items_.push_back(std::move(item));
  }
  void push_front(T item) {
    make_room();
    items_.push_front(std::move(item));
  }
  void pop_front() { items_.pop_front(); }
  void pop_back() { items_.pop_back(); }
  void clear() { items_.clear(); }

 private:
  static constexpr std::size_t kFirst = 16;

  // A full buffer of Boost's would overwrite its other end.
  void make_room() {
    if (items_.full()) items_.set_capacity(std::max(kFirst, 2 * items_.capacity()));
  }

  boost::circular_buffer<T> items_;
};

}  // namespace actiond
