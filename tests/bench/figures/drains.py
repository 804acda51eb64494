"""How fast events go through a poller, and into a queue."""
import json
import time

from figures import site as installed
from figures.site import Site, cpu_us, family, with_site
from figures.table import ratio


def drain_with_actiond(site, count, table, section, name, *words):
    site.fill(count)
    site.start(*words)
    pids = [each for pid in site.pids for each in family(pid)]
    before = cpu_us(pids)
    first, last = site.first_and_last(count)
    site.await_empty()  # what is left to acknowledge belongs to it
    used = cpu_us(pids) - before
    site.stop()
    table.add(section, f"{name}, events/s", count / (last - first) * 1e6)
    table.add(section, f"{name}, CPU µs/event", used / count)


def drain_bare(site, mode, count, table, section):
    site.fill(count)
    result = json.loads(site.bare(mode, count))
    table.add(section, f"bare {mode}, events/s", count / result["seconds"])
    table.add(section, f"bare {mode}, CPU µs/event", result["cpu_us"])


def drain(broker, directory, table, options):
    for queue_type in ("classic", "quorum"):
        section = f"drain, {queue_type}: one poller, one runner, {options.events:,} events"
        for _ in range(options.rounds):
            for level, name in (("info", "actiond"), ("warning", "actiond without event lines")):
                with_site(broker, directory, queue_type, level,
                          lambda site: drain_with_actiond(site, options.events, table, section, name))
            for mode in ("each", "combined"):
                with_site(broker, directory, queue_type, "info",
                          lambda site: drain_bare(site, mode, options.events, table, section))
        if queue_type == "classic":
            with_site(broker, directory, queue_type, "info",
                      lambda site: drain_bare(site, "get", options.events // 10, table, section))
        ratio(table, section, "actiond, events/s", "bare each, events/s")
    section = f"drain, a queue file: {options.events:,} events"
    for _ in range(options.rounds):
        for ids, name in (("1", "one poller"), ("1..4", "four pollers")):
            with_site(broker, directory, "file", "info",
                      lambda site: drain_with_actiond(site, options.events, table, section, name,
                                                      "--id", ids))


def enqueue(broker, directory, table, options):
    section = f"enqueue: {options.events:,} confirmed events"
    body = json.dumps({"n": 1, "of": 0, "file": "/dev/null", "text": "x" * 60})
    for _ in range(options.rounds):
        site = Site(broker, directory)
        table.add(section, "actiond enqueue -, events/s", site.fill(options.events))
        for name, result in (("bare publish", site.bare("publish", options.events, body)),
                             ("client library", site.client("post", options.events, body))):
            table.add(section, f"{name}, events/s", options.events / json.loads(result)["seconds"])
        site.bare("combined", 3 * options.events)
        table.add(section, "a handler that queues 10,000, events/s", flood(site))
        site = Site(broker, directory, "file")
        table.add(section, "a queue file, actiond enqueue -, events/s", site.fill(options.events))
        result = json.loads(site.client("post", options.events, body))
        table.add(section, "a queue file, client library, events/s",
                  options.events / result["seconds"])
    for name in ("actiond enqueue -", "client library"):
        ratio(table, section, f"{name}, events/s", "bare publish, events/s")


def flood(site, count=10000):
    site.start("--queues", "medium")
    site.actiond("enqueue", "flood", f"count={count}")
    until = time.monotonic() + 60
    log = site.directory / "run/poller.1.log"
    while "Finished processing medium:flood" not in log.read_text() and time.monotonic() < until:
        time.sleep(0.02)
    line = [line for line in log.read_text().splitlines() if "Finished processing medium:flood" in line]
    site.stop()
    site.bare("combined", count, queue="low")
    took = line[0].rsplit(" in ", 1)[1]
    seconds = float(took[:-2]) / 1000 if took.endswith("ms") else float(took[:-1])
    return count / seconds
