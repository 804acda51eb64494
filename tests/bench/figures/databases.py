"""Databases. The limit is the bare loop of tests/bench/bare_sql.cpp, of the same minutes."""
import contextlib
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from figures import site as installed
from figures.drains import drain_with_actiond
from figures.site import ROOT, Broker, Site, cpu_us, family, run
from figures.table import add_quantiles, ratio


def mysql(broker, directory, table, options):
    database("mysql", directory, table, options)


def postgresql(broker, directory, table, options):
    database("postgresql", directory, table, options)


def database(name, directory, table, options):
    with tempfile.TemporaryDirectory(prefix="action-bench.") as work:
        os.chmod(work, 0o711)  # for the server's user
        with Broker(Path(work) / name, name) as server:
            for _ in range(options.rounds):
                database_drain(server, directory, table, options)
                database_enqueue(server, directory, table, options)
            database_idle(server, directory, table, options)
    section = f"{name}: {options.events:,} events"
    ratio(table, section, "actiond, events/s", "bare drain, events/s")
    ratio(table, section, "actiond beside an old transaction, events/s", "actiond, events/s")
    ratio(table, section, "one by one, events/s", "bare insert, events/s")
    ratio(table, section, "in bulk, events/s", "bare bulk, events/s")


def bare_sql(server, mode, count):
    return count / json.loads(run(installed.BUILD / "bin/bench_sql", mode, server.url, count))["seconds"]


def database_drain(server, directory, table, options):
    section = f"{server.name}: {options.events:,} events"
    table.add(section, "bare drain, events/s", bare_sql(server, "drain", options.events))
    drain_with_actiond(Site(server, directory, "sql"), options.events, table, section, "actiond")
    with old_transaction(server):
        drain_with_actiond(Site(server, directory, "sql"), options.events, table, section,
                           "actiond beside an old transaction")


@contextlib.contextmanager
def old_transaction(server):
    """A reader elsewhere for whose sake no deleted row may go."""
    begin = {"mysql": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION WITH "
                      "CONSISTENT SNAPSHOT; SELECT COUNT(*) FROM bench_sql_events; SELECT SLEEP(900);",
             "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT COUNT(*) FROM bench_sql_events;"
                           " SELECT pg_sleep(900);"}[server.name]
    reader = subprocess.Popen([ROOT / "scripts" / server.name, "--dir", server.directory, "sql", begin],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    try:
        yield
    finally:
        end_sleepers(server)
        reader.wait()


# A server does not notice that the client of one that sleeps has gone.
def end_sleepers(server):
    if server.name == "postgresql":
        server.script("sql", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                             " WHERE query LIKE '%pg_sleep(900)%' AND pid <> pg_backend_pid()")
        return
    for thread in server.script("sql", "SELECT id FROM information_schema.processlist WHERE info LIKE"
                                       " '%SLEEP(900)%' AND id <> CONNECTION_ID()").split():
        if thread.isdigit():
            server.script("sql", f"KILL {thread}")


def database_enqueue(server, directory, table, options):
    section = f"{server.name}: {options.events:,} events"
    count = options.events // 10
    site = Site(server, directory, "sql")
    body = json.dumps({"n": 1, "of": 0, "file": "/dev/null", "text": "x" * 60})
    table.add(section, "bare insert, events/s", bare_sql(server, "insert", count))
    table.add(section, "one by one, events/s",
              count / json.loads(site.client("each", count, body))["seconds"])
    table.add(section, "bare bulk, events/s", bare_sql(server, "bulk", options.events))
    table.add(section, "in bulk, events/s",
              options.events / json.loads(site.client("post", options.events, body))["seconds"])
    server.script("sql", "DELETE FROM bench_sql_events")


# As from another machine: in a mount namespace whose /dev/shm has no bell.
ELSEWHERE = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /dev/shm && exec "$@"', "sh")


def database_idle(server, directory, table, options):
    section = f"{server.name}: an idle poller"
    count = 500
    site = Site(server, directory, "sql")
    site.start()
    time.sleep(2)
    pids = family(site.pids[0])
    before, used, began = statements(server), cpu_us(pids), time.monotonic()
    time.sleep(min(20, options.idle_seconds))
    took = time.monotonic() - began
    table.add(section, "CPU, %", (cpu_us(pids) - used) / took / 1e4)
    table.add(section, "statements/s", (statements(server) - before) / took)
    for name, prefix in (("from this machine", ()), ("from elsewhere", ELSEWHERE)):
        site.marks.unlink(missing_ok=True)
        run(*prefix, installed.BUILD / "bin/bench_client", "ping", site.address, site.application, count,
            input=json.dumps({"file": str(site.marks), "sent_us": 0}))
        add_quantiles(table, section, f"queue to start {name}, ms",
                      map(int, site.mark_lines(count)))
    site.stop()


def statements(server):
    """Of all its clients so far; of PostgreSQL, transactions, which an idle poller has one each."""
    asked = {"mysql": "SHOW GLOBAL STATUS LIKE 'Questions'",
             "postgresql": "SELECT xact_commit FROM pg_stat_database WHERE datname = 'action'"}
    return int(server.script("sql", asked[server.name]).split()[-1])
