// Filters of any class in an event's hierarchy in one comparable form. Its types are visible,
// unlike the rest of detail/, since the classes of an event's author contain them.
#ifndef ACTION_DETAIL_FILTERS_HPP
#define ACTION_DETAIL_FILTERS_HPP

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace action::detail {

// A pointer to a member function of Base, whatever it returns, and how to call it. Cast to the base
// class, pointers to the same member are equal whatever class and access they were named by.
template <class Base>
struct Filter {
  using Member = std::array<std::byte, sizeof(void (Base::*)())>;

  Member member;
  bool (*call)(Base&, const Member&);

  bool operator==(const Filter& other) const { return member == other.member; }
};

template <class Base, class Function>
bool call_filter(Base& event, const typename Filter<Base>::Member& member) {
  const auto function = std::bit_cast<Function>(member);
  if constexpr (std::is_void_v<decltype((event.*function)())>) {
    (event.*function)();
    return true;
  } else {
    return (event.*function)();
  }
}

template <class Base, class R, class C>
constexpr bool is_filter() {
  static_assert(std::is_void_v<R> || std::is_same_v<R, bool>,
                "a filter returns void or bool: false in a before filter ends the event");
  static_assert(std::is_base_of_v<Base, C>,
                "a filter is a member of a class derived from action::Event; for one of another "
                "base class write before_filter<bool, MyEvent>(&MyEvent::filter)");
  return (std::is_void_v<R> || std::is_same_v<R, bool>)&&std::is_base_of_v<Base, C>;
}

template <class Base, class Function>
Filter<Base> make_filter(Function function) {
  return {std::bit_cast<typename Filter<Base>::Member>(function), &call_filter<Base, Function>};
}

template <class Base, class R, class C>
Filter<Base> to_filter(R (C::*function)()) {
  if constexpr (is_filter<Base, R, C>()) {
    return make_filter<Base>(static_cast<R (Base::*)()>(function));
  }
}

template <class Base, class R, class C>
Filter<Base> to_filter(R (C::*function)() const) {
  if constexpr (is_filter<Base, R, C>()) {
    return make_filter<Base>(static_cast<R (Base::*)() const>(function));
  }
}

template <class Base>
class FilterChain {
 public:
  void add(const Filter<Base>& filter) {
    if (std::find(filters_.begin(), filters_.end(), filter) == filters_.end()) {
      filters_.push_back(filter);
    }
  }

  void remove(const Filter<Base>& filter) { std::erase(filters_, filter); }

  // Calls them in order and returns true; false as soon as one answers false. By index and copy,
  // since a filter may add filters.
  bool run(Base& event) const {
    for (std::size_t i = 0; i < filters_.size(); ++i) {
      const Filter<Base> filter = filters_[i];
      if (!filter.call(event, filter.member)) return false;
    }
    return true;
  }

  // Calls all of them, whatever they answer.
  void run_all(Base& event) const {
    for (std::size_t i = 0; i < filters_.size(); ++i) {
      const Filter<Base> filter = filters_[i];
      filter.call(event, filter.member);
    }
  }

 private:
  std::vector<Filter<Base>> filters_;
};

}  // namespace action::detail

#endif
