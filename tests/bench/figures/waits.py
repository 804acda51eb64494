"""How a poller waits, and what it does when an event comes."""
import json
import subprocess
import time

from figures import site as installed
from figures.site import Site, cpu_us, family, pss_kib
from figures.table import add_quantiles


def latency(broker, directory, table, options):
    section = "latency: from before the publish to the start of the handler, idle poller, ms"
    count = 1000
    for _ in range(options.rounds):
        site = Site(broker, directory)
        body = json.dumps({"file": str(site.marks), "sent_us": 0}).replace(" 0}", " SENT_US}")
        site.start()
        site.bare("ping", count, body)
        add_quantiles(table, section, "actiond", map(int, site.mark_lines(count)))
        site.stop()
        consumer = subprocess.Popen(
            [installed.BUILD / "bin/bench_bare", "latency", "127.0.0.1", str(broker.port),
             f"{site.application}.medium", str(count)], stdout=subprocess.PIPE, text=True)
        site.bare("ping", count, body)
        add_quantiles(table, section, "bare", map(int, consumer.communicate()[0].split()))
        site = Site(broker, directory, "file")
        site.start()
        site.client("ping", count, json.dumps({"file": str(site.marks), "sent_us": 0}))
        add_quantiles(table, section, "a queue file", map(int, site.mark_lines(count)))
        site.stop()


def idle(broker, directory, table, options):
    section = "idle: one poller, one runner"
    for _ in range(min(3, options.rounds)):
        site = Site(broker, directory)
        table.add(section, "start to ready, ms", site.start() * 1000)
        time.sleep(1)
        pids = family(site.pids[0])
        before = cpu_us(pids)
        time.sleep(options.idle_seconds)
        table.add(section, "CPU, %", (cpu_us(pids) - before) / options.idle_seconds / 1e4)
        table.add(section, "PSS of poller and runner, MiB", pss_kib(pids) / 1024)
        site.stop()


def waiting(broker, directory, table, options):
    section = f"{options.waiting:,} events waiting, poller busy"
    site = Site(broker, directory, level="warning")
    params = json.dumps({"file": str(site.marks), "ms": 5}) + "\n"
    site.actiond("enqueue", "bench_sleep", "-", input=params * options.waiting)
    table.add(section, "start to ready, ms", site.start() * 1000)
    site.mark_lines(500)
    pids = family(site.pids[0])
    before, began = cpu_us(pids), time.monotonic()
    site.mark_lines(1500)
    table.add(section, "CPU, %", (cpu_us(pids) - before) / (time.monotonic() - began) / 1e4)
    table.add(section, "PSS of poller and runner, MiB", pss_kib(pids) / 1024)
    site.stop()
    site.bare("combined", site.depth("medium"))


def priority(broker, directory, table, options):
    """Highs come while slow mediums wait by the thousand: how many mediums begin before each?"""
    section = "priority: mediums of 20 ms begun between a high's confirm and its start"
    site = Site(broker, directory)
    params = {"file": str(site.marks), "ms": 20}
    lines = "".join(json.dumps(params) + "\n" for _ in range(4000))
    site.actiond("enqueue", "bench_sleep", "-", input=lines)
    site.start()
    confirmed = []
    for n in range(options.highs):
        site.actiond("enqueue", "bench_sleep", json.dumps({**params, "ms": 0, "n": n}),
                     "--queue", "high")
        confirmed.append(time.monotonic() * 1e6)
    worst = worst_inversion(site, confirmed)
    table.add(section, f"the worst of {options.highs:,}", worst)
    site.stop()
    site.bare("combined", site.depth("medium"))


def worst_inversion(site, confirmed):
    started = {}
    mediums = []
    while len(started) < len(confirmed):
        for line in site.mark_lines(1):
            at, queue, n = line.split()
            if queue == "high":
                started[int(n)] = int(at)
            else:
                mediums.append(int(at))
    mediums = sorted(set(mediums))
    return max(sum(confirmed[n] < at < started[n] for at in mediums) for n in started)
