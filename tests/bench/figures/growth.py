"""What an event costs as the numbers grow, each with the exponent of the line through its points."""
import json
import math
import time

from figures.site import Site, cpu_us, family, pss_kib
from figures.sleepers import fill, poll

CPU = "CPU µs/event"
MEMORY = "PSS MiB"
RATE = "events/s"
READY = "start to ready, ms"


def growth(broker, directory, table, options):
    declare(Site(broker, directory))
    for waiting in powers_of_ten(3, options.waiting):
        beside_waiting(Site(broker, directory, level="warning"), waiting, table)
    for runners in (1, 4, 16, 64, 256):
        with_sleepers(Site(broker, directory, level="warning"), "runners of one poller", runners,
                      runners, table)
    for pollers in (1, 4, 16, 64):
        with_sleepers(Site(broker, directory, level="warning"), "pollers of one runner", pollers, 1,
                      table, "--id", f"1..{pollers}")
    for size in (100, 1_000, 10_000, 100_000, 1_000_000):
        with_params(Site(broker, directory, level="warning"), size, table)
    for section in [name for name in table.rows if name.startswith("growth: ")]:
        add_exponents(table, section)


def powers_of_ten(first, most):
    return [10 ** n for n in range(first, int(math.log10(most)) + 1)]


def add(table, what, x, figures):
    for name, value in figures.items():
        table.add(f"growth: {what}", f"{x:,}: {name}", value)


def declare(site):
    """The first start ever makes the queues."""
    site.start()
    site.stop()


def beside_waiting(site, waiting, table):
    """Handlers of 5 ms, with so many events behind them."""
    fill(site, 400, warm_up=100)
    site.client("post", waiting, json.dumps({"n": 1, "of": 3, "file": "", "text": "x" * 60}))
    took, (used, pids) = measured(site, 400)
    add(table, "events waiting", waiting, {READY: took, CPU: used, MEMORY: pss_kib(pids) / 1024})
    site.stop()
    site.bare("combined", site.depth("medium"))


def measured(site, count, *words, runners=1):
    """Milliseconds from start to ready, and of the events of fill: CPU an event, and by whom."""
    began = time.monotonic()
    pids = poll(site, runners, *words)
    took = (time.monotonic() - began) * 1000
    site.mark_lines(1)
    before = cpu_us(pids)
    site.first_and_last(count)
    return took, ((cpu_us(pids) - before) / count, pids)


def with_sleepers(site, what, x, runners, table, *ids):
    count = 400 * min(x, 50)
    fill(site, count, warm_up=count // 4)
    _, (used, pids) = measured(site, count, *ids, runners=runners)
    first, last = site.first_and_last(count)
    add(table, what, x, {RATE: count / (last - first) * 1e6, CPU: used,
                         MEMORY: pss_kib(pids) / 1024})
    site.stop()


def with_params(site, size, table):
    count = max(50, min(5000, 100_000_000 // size))
    site.marks.unlink(missing_ok=True)
    each = {"of": count, "file": str(site.marks), "text": "x" * (size - 100)}
    site.actiond("enqueue", "bench", "-", input="".join(
        json.dumps({"n": n, **each}) + "\n" for n in range(count)))
    _, (used, _) = measured(site, count)
    add(table, "bytes of params", size, {CPU: used})
    site.stop()


def add_exponents(table, section):
    """Of y = c·x^e, by least squares of the logarithms."""
    lines = {}
    for row, values in table.rows[section].items():
        x, name = row.split(": ")
        lines.setdefault(name, []).append((math.log(int(x.replace(",", ""))), math.log(values[0])))
    for name, points in lines.items():
        table.add(section, f"exponent of {name}", slope(points))


def slope(points):
    mean_x, mean_y = (sum(axis) / len(points) for axis in zip(*points))
    return (sum((x - mean_x) * (y - mean_y) for x, y in points)
            / sum((x - mean_x) ** 2 for x, _ in points))
