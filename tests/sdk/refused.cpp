// Mistakes that the compiler must refuse, each in the words (an extended regular expression) that
// its comment says. Compiled by refused.sh alone.
#include <action/event.hpp>

// refused: NotDerivedEvent must derive publicly from action::Event
struct NotDerivedEvent {
  void process() {}
};
ACTION_EVENT(NotDerivedEvent)

// refused: PrivateEvent must derive publicly from action::Event
class PrivateEvent : action::Event {
  void process() override {}
};
ACTION_EVENT(PrivateEvent)

// refused: MisspelledEvent is abstract; it lacks 'void process\(\) override'
struct MisspelledEvent : action::Event {
  void procces() {}
};
ACTION_EVENT(MisspelledEvent)

// refused: ArgumentEvent needs a public constructor without arguments
struct ArgumentEvent : action::Event {
  explicit ArgumentEvent(int) {}
  void process() override {}
};
ACTION_EVENT(ArgumentEvent)

// refused: BadlyNamedEvent's event needs a name of
struct BadlyNamedEvent : action::Event {
  void process() override {}
};
ACTION_EVENT(BadlyNamedEvent, "Badly Named")

namespace app {
// refused: app::Event's event needs a name of
struct Event : action::Event {
  void process() override {}
};
}  // namespace app
ACTION_EVENT(app::Event)

struct FilterEvent : action::Event {
  // refused: a filter is a member function without arguments that returns void or bool
  FilterEvent() { before_filter(&FilterEvent::check); }
  bool check(int) { return true; }
  void process() override {}
};
ACTION_EVENT(FilterEvent)

struct Audited {
  bool note() { return true; }
};
struct MixedEvent : action::Event, Audited {
  // refused: write before_filter<bool\(\), MyEvent>
  MixedEvent() { before_filter(&MixedEvent::note); }
  void process() override {}
};
ACTION_EVENT(MixedEvent)

class ApplicationEvent : public action::Event {
 protected:
  bool require_account() { return true; }
};
struct ProtectedEvent : ApplicationEvent {
  // Right is &ProtectedEvent::require_account. C++ itself refuses this.
  // refused: require_account.* (is protected within|is a protected member)
  ProtectedEvent() { before_filter(&ApplicationEvent::require_account); }
  void process() override {}
};
ACTION_EVENT(ProtectedEvent)

// refused: options.attempts is negative
struct NegativeEvent : action::Event {
  static constexpr action::Options options{.attempts = -1};
  void process() override {}
};
ACTION_EVENT(NegativeEvent)

// refused: SilentEvent's on_dead must be public: 'void on_dead\(\) override'
struct SilentEvent : action::Event {
  void process() override {}
  void on_dead(int) {}
};
ACTION_EVENT(SilentEvent)

// refused: HiddenEvent's on_dead must be public: 'void on_dead\(\) override'
class HiddenEvent : public action::Event {
 public:
  void process() override {}

 private:
  void on_dead() override {}
};
ACTION_EVENT(HiddenEvent)

// refused: queue_action_event<Class>: the class must derive from action::Event
struct Unqueueable {};
void queue_what_is_no_event() {
  action::queue_action_event<Unqueueable>();
}

// Params are read, not written.
// refused: (no match for.*operator=|no viable overloaded .=)
struct WritingEvent : action::Event {
  void process() override { params()["to"] = "ada"; }
};
