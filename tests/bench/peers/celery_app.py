"""The Celery worker and producer of scripts/bench: celery_app.py COUNT queues so many events."""
import os
import sys
import time

from celery import Celery

app = Celery(broker=os.environ["BENCH_BROKER"].replace("/%2f", "//"))
app.conf.update(task_acks_late=True, task_ignore_result=True, worker_prefetch_multiplier=50,
                task_default_queue="celery_bench", broker_pool_limit=1)


@app.task(name="bench")
def bench(n, of, file, text):
    if n in (0, of - 1):
        with open(file, "a") as marks:
            marks.write(f"{time.monotonic_ns() // 1000}\n")


if __name__ == "__main__":
    count = int(sys.argv[1])
    with app.producer_pool.acquire(block=True) as producer:
        for number in range(count):
            bench.apply_async((number, count, os.environ["BENCH_MARKS"], "x" * 60),
                              producer=producer)
