"""Handlers that wait 5 ms, as real ones do: what an event costs then, and what each runner."""
import json
import re
import subprocess
import time

from figures import site as installed
from figures.site import Site, cpu_us, family, pss_kib, with_site
from figures.table import ratio

WAIT_MS = 5


def fill(site, count, warm_up=0, ms=WAIT_MS):
    """So many events, of which the first and the last note when they began; and others before."""
    site.marks.unlink(missing_ok=True)
    each = {"of": count, "file": str(site.marks), "ms": ms}
    lines = "".join(json.dumps({"n": n if n >= 0 else count + 1, **each}) + "\n"
                    for n in range(-warm_up, count))
    site.actiond("enqueue", "bench_wait", "-", input=lines)


def poll(site, runners, *words):
    """Starts it; returns the processes."""
    site.start("--concurrency", str(runners), *words)
    until = time.monotonic() + 30
    wanted = len(site.pids) * (1 + runners)
    while len(pids := [each for pid in site.pids for each in family(pid)]) < wanted:
        if time.monotonic() > until:
            raise SystemExit(f"bench: {wanted} processes were awaited, {len(pids)} are there")
        time.sleep(0.02)
    return pids


def sleepers(broker, directory, table, options):
    """One poller with so many runners, beside a bare loop that waits as often at once."""
    for runners in (1, 10, 50):
        section = f"handlers that wait {WAIT_MS} ms: {runners} at once"
        count = min(400 * runners, 10000)
        for _ in range(options.rounds):
            with_site(broker, directory, "classic", "info",
                      lambda site: with_runners(site, runners, count, table, section))
            with_site(broker, directory, "classic", "info",
                      lambda site: bare(site, runners, count, table, section))
        ratio(table, section, "actiond, CPU µs/event", "bare, CPU µs/event")
        ratio(table, section, "actiond, events/s", "ideal, events/s")


def with_runners(site, runners, count, table, section):
    fill(site, count, warm_up=count // 4)
    pids = poll(site, runners)
    site.mark_lines(1)
    before = cpu_us(pids)
    first, last = site.first_and_last(count)
    table.add(section, "actiond, events/s", count / (last - first) * 1e6)
    table.add(section, "ideal, events/s", runners * 1000 / WAIT_MS)
    table.add(section, "actiond, CPU µs/event", (cpu_us(pids) - before) / count)
    site.stop()


def bare(site, runners, count, table, section):
    fill(site, count)
    result = json.loads(site.bare("wait", count, str(runners)))
    table.add(section, "bare, events/s", count / result["seconds"])
    table.add(section, "bare, CPU µs/event", result["cpu_us"])


def calls(broker, directory, table, options):
    """System calls of the poller alone, of events that waited when it began to count."""
    for runners in (1, 50):
        section = f"system calls an event, handlers of {WAIT_MS} ms, {runners} runners"
        site = Site(broker, directory)
        poll(site, runners)
        count = 6 * 1000 // WAIT_MS * runners // (1 if runners == 1 else 3)
        fill(site, count)
        counted = traced(site, 3)
        for name, value in counted.items():
            table.add(section, name, value)
        site.stop()
        site.bare("combined", site.depth("medium"))


def traced(site, seconds):
    log = site.directory / "run/poller.1.log"
    begun = log.read_text().count("Finished")
    strace = subprocess.Popen(["timeout", str(seconds), "strace", "-c", "-f", "-p", str(site.pids[0])],
                              stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    report = strace.communicate()[1]
    ended = log.read_text().count("Finished") - begun
    rows = re.findall(r"^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?(\w+)$", report, re.MULTILINE)
    if not rows or not ended:
        raise SystemExit(f"bench: strace counted nothing: {report}")
    found = {name: int(number) / ended for number, name in rows if int(number) / ended >= 0.05}
    return {"all": found.pop("total"), **found}


def runners(broker, directory, table, options):
    """What one more runner takes: of 50 beside 1."""
    section = "memory of runners"
    sizes = {}
    for number in (1, 50):
        site = Site(broker, directory)
        pids = poll(site, number)
        time.sleep(1)
        sizes[number] = pss_kib(pids)
        table.add(section, f"a poller with {number}, PSS MiB", sizes[number] / 1024)
        site.stop()
    table.add(section, "a further one, PSS KiB", (sizes[50] - sizes[1]) / 49)


def recycled(broker, directory, table, options):
    """Each event in a runner of its own."""
    section = "recycle: {events: 1}, 1,000 runners"
    for _ in range(options.rounds):
        site = Site(broker, directory, more="recycle: {events: 1}\n")
        poll(site, 4)
        fill(site, 1000, ms=0)
        first, last = site.first_and_last(1000)
        table.add(section, "events/s", 1000 / (last - first) * 1e6)
        site.stop()


