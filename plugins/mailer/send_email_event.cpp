// Event "send_email": mails params "subject" to params "to", then queues "audit".
#include "application_event.hpp"
#include "smtp.hpp"

class SendEmailEvent : public ApplicationEvent {
 public:
  static constexpr action::Options options{
      .queue = "high", .attempts = 5, .timeout = std::chrono::seconds(30)};

  // A protected filter of the base class is named by the class that one is in.
  SendEmailEvent() {
    skip_before_filter(&SendEmailEvent::require_account);
    before_filter(&SendEmailEvent::require_address);
  }

  void process() override {
    smtp::send(params()["to"], params().value("subject", "(no subject)"));
    queue_action_event("audit", {{"who", params()["to"]}, {"cause", id()}}, {.queue = "low"});
  }

 private:
  // An address that is none today is none tomorrow: trying again is no use.
  void require_address() {
    const std::string to = params().value("to", "");
    if (to.find('@') == to.npos) throw action::Discard("no address: \"" + to + "\"");
  }
};
ACTION_EVENT(SendEmailEvent)
