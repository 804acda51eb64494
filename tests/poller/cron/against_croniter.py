#!/usr/bin/env python3
"""Compares the next ticks of random cron expressions with those of croniter (Debian:
python3-croniter). Usage: against_croniter.py CRON_NEXT [CASES]; the seed is printed."""
import calendar
import datetime
import random
import subprocess
import sys

try:
    from croniter import croniter
except ImportError:
    print("croniter is not installed: scripts/install-packages test")
    sys.exit(77)

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
DAYS = "sun mon tue wed thu fri sat".split()


def word(value, names, least):
    return names[value - least] if names and random.random() < 0.3 else str(value)


def part(least, most, names):
    kind = random.random()
    if kind < 0.45:
        return word(random.randint(least, most), names, least)
    first = random.randint(least, most)
    last = random.randint(first, most)
    span = f"{word(first, names, least)}-{word(last, names, least)}"
    if kind < 0.7:
        return span
    step = random.randint(1, max(1, (most - least) // 2))
    return f"{'*' if random.random() < 0.5 else span}/{step}"


def field(least, most, names=None, star=0.4):
    if random.random() < star:
        return "*"
    return ",".join(part(least, most, names) for _ in range(random.choice([1, 1, 1, 2, 3])))


def expression():
    """Whether a day "*/2", or one of all that there are ("0-6"), is a restriction, its versions
    disagree on: both are left out where that matters, beside another restriction of the day."""
    fields = [field(0, 59), field(0, 23), field(1, 31, star=0.6), field(1, 12, MONTHS, 0.6),
              field(0, 6, DAYS, 0.6)]
    days = fields[2], fields[4]
    are_clear = "*" not in "".join(days) and "-" not in days[1] and days[0].count("-") <= 1
    return " ".join(fields) if "*" in days or are_clear and "1-31" not in days[0] else expression()


def cases(count):
    begin = calendar.timegm((2020, 1, 1, 0, 0, 0))
    while count > 0:
        text, after = expression(), begin + random.randrange(20 * 365 * 86400)
        try:
            ticks = croniter(text, datetime.datetime.utcfromtimestamp(after))
            expected = [calendar.timegm(ticks.get_next(datetime.datetime).timetuple())
                        for _ in range(3)]
        except Exception:  # a day that no month has; more than croniter looks ahead
            continue
        count -= 1
        yield text, after, expected


def is_skipped_by_croniter(text, expected, ours):
    """Some of its versions miss 1 March after a list of days with 30 or 31 in it: all of ours match
    in its own words, and each that differs is one before it."""
    return len(ours) == 3 and ours < expected and all(
        croniter.match(text, datetime.datetime.utcfromtimestamp(tick)) for tick in ours)


def main():
    seed = random.randrange(2**32)
    random.seed(seed)
    wanted = list(cases(int(sys.argv[2]) if len(sys.argv) > 2 else 10000))
    lines = "".join(f"{after} {text}\n" for text, after, _ in wanted)
    printed = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, check=True)
    bad = skipped = 0
    for (text, after, expected), line in zip(wanted, printed.stdout.splitlines(), strict=True):
        if line == " ".join(map(str, expected)):
            continue
        words = line.split()
        ours = [int(word) for word in words] if all(word.isdigit() for word in words) else []
        if is_skipped_by_croniter(text, expected, ours):
            skipped += 1
        else:
            bad += 1
            print(f"after {after}: '{text}': croniter {expected}, here {line}")
    print(f"{len(wanted)} cases, {bad} differ, croniter skips its own in {skipped}, seed {seed}")
    sys.exit(bad > 0)


main()
