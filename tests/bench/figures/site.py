"""What is measured: a private server, and an installation of actiond with the bench's plugin."""
import json
import shutil
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / "build/release"  # scripts/bench sets another one, before it measures

CONFIGURATION = """
broker: {address}
application: {application}
{queue_type}
log: {{level: {level}}}
reload: manual
"""


def run(*words, **options):
    options.setdefault("stdout", subprocess.PIPE)
    return subprocess.run([str(word) for word in words], check=True, text=True, **options).stdout


class Broker:
    """A private server of its own: RabbitMQ, or another one that has a script like it."""

    def __init__(self, directory, name="rabbitmq"):
        self.directory = directory
        self.name = name

    def __enter__(self):
        self.script("start")
        self.url = self.script("url").strip()
        self.port = int(self.url.rsplit(":", 1)[1].split("/")[0])
        return self

    def __exit__(self, *_):
        self.script("stop", "--purge")

    def script(self, *words):
        return run(ROOT / "scripts" / self.name, "--dir", self.directory, *words)


class Site:
    """An installation of actiond with the bench's plugin. `kind`: classic, quorum, file, sql."""

    def __init__(self, broker, directory, kind="classic", level="info", more=""):
        self.directory = Path(directory)
        shutil.rmtree(directory, ignore_errors=True)
        (self.directory / "plugins").mkdir(parents=True)
        shutil.copy(BUILD / "tests/bench/bench_events.so", self.directory / "plugins")
        self.marks = self.directory / "marks"
        self.broker = broker
        # A queue keeps the type that it was made with: each has its own.
        self.kind = kind
        self.application = f"bench_{kind}"
        self.address = f"sqlite:{self.directory}/queue.db" if kind == "file" else broker.url
        text = CONFIGURATION.format(
            address=self.address, application=self.application, level=level,
            queue_type="" if kind in ("file", "sql") else f"queue_type: {kind}")
        (self.directory / "actiond.yaml").write_text(
            text + f"plugins: plugins\nrun_dir: run\n{more}")

    def actiond(self, verb, *words, **options):
        return run(BUILD / "bin/actiond", verb, "-c", self.directory / "actiond.yaml", *words,
                   **options)

    def bare(self, mode, count, body="", queue="medium"):
        return run(BUILD / "bin/bench_bare", mode, "127.0.0.1", self.broker.port,
                   f"{self.application}.{queue}", count, input=body)

    def client(self, mode, count, body):
        return run(BUILD / "bin/bench_client", mode, self.address, self.application, count,
                   input=body)

    def first_and_last(self, count):
        """When they began; with several runners they may be noted in any order, or twice."""
        until = time.monotonic() + 300
        while time.monotonic() < until:
            times = {int(n): int(at) for at, n in map(str.split, self.mark_lines(1))}
            if {0, count - 1} <= times.keys():
                return times[0], times[count - 1]
            time.sleep(0.01)
        raise SystemExit(f"bench: the last of {count} events never ran: see {self.directory}")

    def fill(self, count):
        """Persistent events of about 120 bytes of params, and nothing else."""
        if self.kind not in ("file", "sql") and (left := self.depth("medium")):
            self.bare("combined", left)
        self.marks.unlink(missing_ok=True)
        lines = "".join(
            json.dumps({"n": n, "of": count, "file": str(self.marks), "text": "x" * 60}) + "\n"
            for n in range(count))
        began = time.monotonic()
        self.actiond("enqueue", "bench", "-", input=lines)
        return count / (time.monotonic() - began)

    def start(self, *words):
        began = time.monotonic()
        ids = () if "--id" in words else ("--id", "1")
        self.pids = [int(pid) for pid in self.actiond("start", *ids, *words).split()]
        return time.monotonic() - began

    def depth(self, name):
        queues = json.loads(self.actiond("status", "--json"))["queues"]
        return next(queue["ready"] for queue in queues if queue["name"] == name) or 0

    def await_empty(self, limit_s=10):
        until = time.monotonic() + limit_s
        while time.monotonic() < until:
            queues = json.loads(self.actiond("status", "--json"))["queues"]
            if not any(queue["ready"] or queue.get("in_hand") for queue in queues):
                break
        time.sleep(0.1)

    def stop(self):
        self.actiond("stop", "--all")

    def mark_lines(self, count, limit_s=300):
        until = time.monotonic() + limit_s
        while time.monotonic() < until:
            lines = self.marks.read_text().splitlines() if self.marks.exists() else []
            if len(lines) >= count:
                return lines
            time.sleep(0.01)
        raise SystemExit(f"bench: {count} marks were awaited, {len(lines)} came: see {self.directory}")


def family(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def cpu_us(pids):
    """Of all their threads, as the scheduler counts it."""
    return sum(int(task.read_text().split()[0]) / 1000
               for pid in pids for task in Path(f"/proc/{pid}/task").glob("*/schedstat"))


def pss_kib(pids):
    return sum(int(line.split()[1]) for pid in pids
               for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
               if line.startswith("Pss:"))


def with_site(broker, directory, queue_type, level, action, more=""):
    action(Site(broker, directory, queue_type, level, more))
