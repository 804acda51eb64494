"""What others need for the same events, each as its documentation shows, where it is installed
(Debian: python3-pika ruby-bunny celery ruby-sidekiq redis-server)."""
import json
import os
import shutil
import subprocess
import sys
import time

from figures.site import ROOT, Site, run


PEERS = ROOT / "tests/bench/peers"


def has(*command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


def peers(broker, directory, table, options):
    count = options.events // 5
    section = f"peers: {count:,} events, one worker"
    found = {
        "pika, a bare consumer": has("/usr/bin/python3", "-c", "import pika") and consumer_of(
            "/usr/bin/python3", PEERS / "pika_consumer.py"),
        "Bunny, a bare consumer": has("ruby", "-e", "require 'bunny'") and consumer_of(
            "ruby", PEERS / "bunny_consumer.rb"),
        "Celery, RabbitMQ, one process": has("/usr/bin/python3", "-m", "celery", "--version") and celery,
        "Sidekiq, Redis, one thread": shutil.which("redis-server")
        and has("ruby", "-e", "require 'sidekiq'") and sidekiq,
    }
    for _ in range(options.rounds):
        for name, measure in found.items():
            if not measure:
                continue
            try:
                table.add(section, f"{name}, events/s", measure(Site(broker, directory), count))
            except SystemExit as trouble:  # of a peer: no reason to lose the rest
                print(f"{name}: {trouble}", file=sys.stderr)


def consumer_of(*command):
    def measure(site, count):
        site.fill(count)
        result = json.loads(run(*command, site.address, f"{site.application}.medium", count))
        return count / result["seconds"]
    return measure


def with_worker(site, count, environment, producer, worker):
    environment = {**os.environ, **environment, "BENCH_MARKS": str(site.marks)}
    run(*producer, env=environment)
    process = subprocess.Popen(worker, env=environment, cwd=PEERS, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        first, last = (int(line.split()[0]) for line in site.mark_lines(2)[:2])
    finally:
        process.terminate()
        process.wait()
    return count / (last - first) * 1e6


def celery(site, count):
    return with_worker(
        site, count, {"BENCH_BROKER": site.address},
        ("/usr/bin/python3", PEERS / "celery_app.py", count),
        ("/usr/bin/python3", "-m", "celery", "-A", "celery_app", "worker", "-c", "1",
         "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"))


def sidekiq(site, count):
    socket = site.directory / "redis.sock"
    redis = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", socket, "--dir", site.directory,
         "--appendonly", "yes"], stdout=subprocess.DEVNULL)
    try:
        while not socket.exists():
            time.sleep(0.01)
        return with_worker(
            site, count, {"BENCH_REDIS": f"unix://{socket}"},
            ("ruby", PEERS / "sidekiq_job.rb", count),
            ("sidekiq", "-r", PEERS / "sidekiq_job.rb", "-c", "1"))
    finally:
        redis.terminate()
        redis.wait()
