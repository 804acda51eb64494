#include <doctest/doctest.h>

#include <action/testing.hpp>
#include <string>
#include <vector>

using action::testing::Outcome;
using action::testing::run;
using Steps = std::vector<std::string>;

namespace {

Steps steps;

template <class T>
Steps steps_of(const nlohmann::json& params = {}, Outcome expected = Outcome::Done) {
  steps.clear();
  CHECK(run<T>(params).outcome == expected);
  return steps;
}

class BaseEvent : public action::Event {
 public:
  BaseEvent() {
    before_filter(&BaseEvent::first);
    before_filter(&BaseEvent::second);
    after_filter(&BaseEvent::after);
  }
  void process() override { steps.push_back("process"); }

  void first() { steps.push_back("first"); }
  bool second() const {
    steps.push_back("second");
    return params().value("go_on", true);
  }

 protected:
  void after() noexcept { steps.push_back("after"); }
};

class DerivedEvent : public BaseEvent {
 public:
  DerivedEvent() {
    before_filter(&DerivedEvent::third);
    after_filter(&DerivedEvent::last);
  }

 private:
  void third() { steps.push_back("third"); }
  bool last() {
    steps.push_back("last");
    return false;
  }
};

class SkippingEvent : public DerivedEvent {
 public:
  SkippingEvent() {
    skip_before_filter(&BaseEvent::first);
    skip_after_filter(&SkippingEvent::after);  // protected: named by this class
    skip_before_filter(&SkippingEvent::process);
  }
};

}  // namespace

TEST_CASE("filter: the base class's run first, in the order declared, after filters last") {
  CHECK(steps_of<DerivedEvent>() == Steps{"first", "second", "third", "process", "after", "last"});
}

TEST_CASE("filter: a bool filter that answers false halts the event") {
  CHECK(steps_of<DerivedEvent>({{"go_on", false}}, Outcome::Halted) == Steps{"first", "second"});
}

TEST_CASE("filter: skipping names one of a base class; one that isn't there is no error") {
  CHECK(steps_of<SkippingEvent>() == Steps{"second", "third", "process", "last"});
}

TEST_CASE("filter: one that is declared twice runs once, in its first place") {
  struct TwiceEvent : BaseEvent {
    TwiceEvent() { before_filter(&TwiceEvent::first); }
  };
  CHECK(steps_of<TwiceEvent>() == Steps{"first", "second", "process", "after"});
}

TEST_CASE("filter: one that was skipped and declared again runs last") {
  struct AgainEvent : BaseEvent {
    AgainEvent() {
      skip_before_filter(&AgainEvent::first);
      before_filter(&AgainEvent::first);
    }
  };
  CHECK(steps_of<AgainEvent>() == Steps{"second", "first", "process", "after"});
}

TEST_CASE("filter: a virtual one runs as overridden, and is skipped by either name") {
  struct VirtualEvent : action::Event {
    VirtualEvent() { before_filter(&VirtualEvent::check); }
    virtual void check() { steps.push_back("base"); }
    void process() override {}
  };
  struct OverridingEvent : VirtualEvent {
    void check() override { steps.push_back("derived"); }
  };
  struct SkippedEvent : OverridingEvent {
    SkippedEvent() { skip_before_filter(&OverridingEvent::check); }
  };
  CHECK(steps_of<OverridingEvent>() == Steps{"derived"});
  CHECK(steps_of<SkippedEvent>() == Steps{});
}

TEST_CASE("filter: one of a class that is no event takes part if its type is given") {
  struct Audited {
    long padding = 0;  // so that a base class of an event is not at the event's own address
    bool note() {
      steps.push_back("note");
      return padding == 0;
    }
  };
  struct MixedEvent : action::Event, Audited {
    MixedEvent() { before_filter<bool(), MixedEvent>(&MixedEvent::note); }
    void process() override { steps.push_back("process"); }
  };
  struct UnmixedEvent : MixedEvent {
    UnmixedEvent() { skip_before_filter<bool(), MixedEvent>(&MixedEvent::note); }
  };
  CHECK(steps_of<MixedEvent>() == Steps{"note", "process"});
  CHECK(steps_of<UnmixedEvent>() == Steps{"process"});
}

TEST_CASE("filter: after filters don't run when process() throws") {
  struct FailingEvent : BaseEvent {
    void process() override { throw std::runtime_error("no"); }
  };
  CHECK(steps_of<FailingEvent>({}, Outcome::Failed) == Steps{"first", "second"});
}

TEST_CASE("filter: one that throws fails the event, before and after") {
  struct BeforeEvent : action::Event {
    BeforeEvent() { before_filter(&BeforeEvent::refuse); }
    void refuse() { throw std::runtime_error("refused"); }
    void process() override { steps.push_back("process"); }
  };
  struct AfterEvent : action::Event {
    AfterEvent() { after_filter(&AfterEvent::refuse); }
    void refuse() { throw std::runtime_error("refused"); }
    void process() override { steps.push_back("process"); }
  };
  CHECK(steps_of<BeforeEvent>({}, Outcome::Failed) == Steps{});
  CHECK(steps_of<AfterEvent>({}, Outcome::Failed) == Steps{"process"});
}

TEST_CASE("filter: one of another class fails the event with a sentence, and is not called") {
  struct OtherEvent : action::Event {
    std::string text = "its own";
    void check() { steps.push_back(text); }
    void process() override {}
  };
  struct BeforeEvent : action::Event {
    BeforeEvent() { before_filter(&OtherEvent::check); }
    void process() override { steps.push_back("process"); }
  };
  struct AfterEvent : action::Event {
    AfterEvent() { after_filter(&OtherEvent::check); }
    void process() override { steps.push_back("process"); }
  };
  CHECK(steps_of<BeforeEvent>({}, Outcome::Failed) == Steps{});
  CHECK(steps_of<AfterEvent>({}, Outcome::Failed) == Steps{"process"});
  CHECK(run<BeforeEvent>({}).reason.find("a member of another class than this event") !=
        std::string::npos);
}

TEST_CASE("filter: one that is added by a filter runs as well") {
  struct GrowingEvent : BaseEvent {
    GrowingEvent() { before_filter(&GrowingEvent::grow); }
    void grow() { before_filter(&GrowingEvent::grown); }
    void grown() { steps.push_back("grown"); }
  };
  CHECK(steps_of<GrowingEvent>() == Steps{"first", "second", "grown", "process", "after"});
}
