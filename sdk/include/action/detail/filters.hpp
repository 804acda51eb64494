// Filters of any class in an event's hierarchy in one comparable form. Its types are visible,
// unlike the rest of detail/, since the classes of an event's author contain them.
#ifndef ACTION_DETAIL_FILTERS_HPP
#define ACTION_DETAIL_FILTERS_HPP

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <stdexcept>
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

// The sanitizer takes a filter of a second base class, found beyond Base, for a call on no Base.
// C's own members are not there in an event of another class, which nothing tells at compile time.
template <class Base, class Function, class C>
__attribute__((no_sanitize("vptr"))) bool call_filter(Base& event,
                                                      const typename Filter<Base>::Member& member) {
#if defined(__cpp_rtti)
  if (dynamic_cast<C*>(&event) == nullptr)
    throw std::logic_error(
        "a filter is a member of another class than this event: name the event's own, as in "
        "before_filter(&MyEvent::check)");
#endif
  const auto function = std::bit_cast<Function>(member);
  if constexpr (std::is_void_v<decltype((event.*function)())>) {
    (event.*function)();
    return true;
  } else {
    return (event.*function)();
  }
}

// Whether `event.*function` can be called without arguments and returns void or bool.
template <class Base, class Function>
constexpr bool is_filter() {
  if constexpr (std::is_invocable_v<Function Base::*, Base&>) {
    using Answer = std::invoke_result_t<Function Base::*, Base&>;
    return std::is_void_v<Answer> || std::is_same_v<Answer, bool>;
  }
  return false;
}

// Function is its type as in `bool() const`, C the class that declares it.
template <class Base, class Function, class C>
Filter<Base> to_filter(Function C::*filter) {
  constexpr bool is_member = std::is_base_of_v<Base, C>;
  static_assert(is_member,
                "a filter is a member of a class derived from action::Event; for one of another "
                "base class write before_filter<bool(), MyEvent>(&MyEvent::filter)");
  static_assert(is_filter<Base, Function>(),
                "a filter is a member function without arguments that returns void or bool");
  if constexpr (is_member && is_filter<Base, Function>()) {
    using Member = Function Base::*;
    return {std::bit_cast<typename Filter<Base>::Member>(static_cast<Member>(filter)),
            &call_filter<Base, Member, C>};
  } else {
    return {};
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
