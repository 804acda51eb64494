// Event "send_newsletter": queues a "send_email" for each of params "to". Its options and filters
// are ApplicationEvent's.
#include "application_event.hpp"

class SendNewsletterEvent : public ApplicationEvent {
 public:
  void process() override {
    const std::string subject = params().at("subject");
    for (const auto& to : params().at("to")) {
      if (cancelled()) throw std::runtime_error("out of time");
      queue_action_event("send_email", {{"to", to}, {"subject", subject}});
    }
  }
};
ACTION_EVENT(SendNewsletterEvent)
