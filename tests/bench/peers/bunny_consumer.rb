# bunny_consumer.rb URL QUEUE COUNT: consumes as its documentation shows, acknowledging each.
require "bunny"
require "json"

url, queue, count = ARGV[0], ARGV[1], ARGV[2].to_i
now = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC) }
connection = Bunny.new(url).start
channel = connection.create_channel
channel.prefetch(50)
done, began, over = 0, nil, Queue.new
channel.queue(queue, passive: true).subscribe(manual_ack: true) do |delivery, _, body|
  began ||= now.call
  JSON.parse(body)
  channel.ack(delivery.delivery_tag)
  done += 1
  over << now.call if done == count
end
puts JSON.generate(events: count, seconds: over.pop - began)
connection.close
