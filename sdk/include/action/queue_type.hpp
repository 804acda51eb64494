// The type of the queues that a client or a poller declares where none exist yet.
#ifndef ACTION_QUEUE_TYPE_HPP
#define ACTION_QUEUE_TYPE_HPP

namespace action {

// On one of the broker's nodes, or copied to several of them.
enum class QueueType { Classic, Quorum };

}  // namespace action

#endif
