"""pika_consumer.py URL QUEUE COUNT: consumes as its documentation shows, acknowledging each."""
import json
import sys
import time

import pika

url, queue, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
channel = pika.BlockingConnection(pika.URLParameters(url)).channel()
channel.basic_qos(prefetch_count=50)
done, began = 0, None
for method, _, body in channel.consume(queue):
    began = began or time.monotonic()
    json.loads(body)
    channel.basic_ack(method.delivery_tag)
    done += 1
    if done == count:
        break
print(json.dumps({"events": count, "seconds": time.monotonic() - began}))
channel.cancel()
