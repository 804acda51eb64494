"""A run_dir as pollers would leave it, made by hand: every field holds what the test wants, also what
no poller would let through. Behind it stands the real `actiond web`."""
import json
import re
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
from pathlib import Path

PATIENCE_S = 20


def tables_of(source, header):
    """The SQL of a header's tables."""
    return re.search(r'R"sql\((.*?)\)sql"', (source / header).read_text(), re.DOTALL)[1]


def packed(buckets):
    """As packed_buckets.hpp has it: varints, without the zeros at the end."""
    while buckets and buckets[-1] == 0:
        buckets = buckets[:-1]
    out = bytearray()
    for count in buckets:
        while count >= 0x80:
            out.append(count & 0x7F | 0x80)
            count >>= 7
        out.append(count)
    return bytes(out)


class Poller:
    """Answers at a control socket, as a poller of that id does."""

    def __init__(self, run_dir, number, status):
        self.status = {"id": number, "pid": 100000 + number, "state": "working", "problem": "",
                       "in_hand": [], "done": 100, "failed": 0, "dead": 0, "concurrency": 4,
                       "up_since_ms": int(time.time() * 1000) - 7_200_000,
                       "plugin_set": "a1b2c3d4e5f6", "plugins": [], "failures": [],
                       "runners": [], "queues": ["high", "medium", "low"],
                       "reload": {"is_underway": False, "problem": ""}, **status}
        self.told = []
        path = run_dir / f"poller.{number}.{self.status['pid']}.1a2b3c4d.sock"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(64)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                request = connection.makefile("rb").readline()
                if not request:
                    continue
                command = json.loads(request)
                self.told.append(command)
                answer = self.status if command["command"] == "status" else {"to": "0123456789ab"}
                try:
                    connection.sendall(json.dumps(answer).encode())
                except OSError:
                    pass


class Scene:
    def __init__(self, source, actiond, yaml=""):
        self.source, self.actiond = Path(source), actiond
        self.temporary = tempfile.TemporaryDirectory(prefix="actiond-page-")
        self.directory = Path(self.temporary.name)
        self.run_dir = self.directory / "run"
        for name in ("config", "plugins.d", "run"):
            (self.directory / name).mkdir()
        self.run_dir.chmod(0o750)
        self.configuration = self.directory / "config/actiond.yaml"
        self.configuration.write_text(f"application: shop\nbroker: sqlite:../queue.db\n{yaml}\n")
        self.pollers, self.page, self.statistics = [], None, None
        self.stops = []

    def run(self, *words):
        subprocess.run([self.actiond, *words, "-c", self.configuration], check=True,
                       stdout=subprocess.DEVNULL)

    def add_poller(self, **status):
        self.pollers.append(Poller(self.run_dir, len(self.pollers) + 1, status))
        return self.pollers[-1]

    # The queue file.

    def queues(self):
        if not (self.directory / "queue.db").exists():
            self.run("enqueue", "first", "--queue", "low")
            self.run("dead", "list")
        return sqlite3.connect(self.directory / "queue.db")

    def add_events(self, queue, count, **columns):
        """As many events, alike but for their ids."""
        now_ms = int(time.time() * 1000)
        row = {"is_later": 0, "due_ms": now_ms - 60000, "event": "send_email", "enqueued_at_s": now_ms // 1000 - 90,
               "attempt": 20, "origin": "medium", "error": None, "poller": "box1/1",
               "plugin": "mailer.so 1a2b3c4d5e6f", "backtrace": None,
               "first_failed_at_ms": now_ms - 80000, "failed_at_ms": now_ms - 60000,
               "unknown_since_ms": 0, "body": b"{}", **columns}
        with self.queues() as database:
            database.execute("INSERT OR IGNORE INTO queues (name) VALUES (?)", [f"shop.{queue}"])
            row["queue"] = database.execute("SELECT id FROM queues WHERE name = ?",
                                            [f"shop.{queue}"]).fetchone()[0]
            given = row.pop("id", None)
            names = ", ".join(row)
            marks = ", ".join("?" * len(row))
            database.executemany(
                f"INSERT INTO events ({names}, id) VALUES ({marks}, ?)",
                ((*row.values(), given or f"00000000-0000-4000-8000-{number:012d}")
                 for number in range(count)))

    # The statistics.

    def open_statistics(self):
        if not self.statistics:
            self.statistics = sqlite3.connect(self.run_dir / "statistics.db")
            self.statistics.executescript(tables_of(self.source, "host/statistics/tables.hpp"))
        return self.statistics

    def name_id(self, kind, name):
        database = self.open_statistics()
        database.execute("INSERT OR IGNORE INTO names (kind, name) VALUES (?, ?)", [kind, name])
        return database.execute("SELECT id FROM names WHERE kind = ? AND name = ?",
                                [kind, name]).fetchone()[0]

    def count(self, event, minutes_ago, count, outcome=0, plugin_set="a1b2c3d4e5f6", queue="medium",
              bucket=6):
        """So many of one outcome, in that minute, each in that bucket of run times."""
        at_s = (int(time.time()) // 60 - minutes_ago) * 60
        ids = (self.name_id(1, event), self.name_id(2, queue), self.name_id(3, plugin_set))
        for step_s, begin in ((60, at_s), (3600, at_s // 3600 * 3600)):
            self.statistics.execute(
                "INSERT INTO counts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "count = count + excluded.count",
                [step_s, begin, *ids, outcome, count, count * 15.0, count * 4.0,
                 packed([0] * bucket + [count]), packed([0, 0, count])])
        self.statistics.commit()

    def mark(self, kind, minutes_ago, before, after, text="", event="", plugin="", poller="box1/1"):
        self.open_statistics().execute(
            "INSERT INTO marks (at_ms, kind, poller, set_before, set_after, event, plugin, text, count)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
            [int(time.time() * 1000) - minutes_ago * 60000, kind, poller, before, after, event, plugin,
             text])
        self.statistics.commit()

    # The page.

    def serve(self, *words):
        self.log = open(self.directory / "web.log", "w+b")
        self.page = subprocess.Popen(
            [self.actiond, "web", "-c", self.configuration, "--listen", "127.0.0.1:0", *words],
            stdout=subprocess.PIPE, stderr=self.log)
        line = self.page.stdout.readline().decode()
        self.link = line.split(" at ")[1].strip()
        self.address = self.link.partition("login#")[0]
        self.token = self.link.partition("#")[2]

    def log_text(self):
        return (self.directory / "web.log").read_text()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.page:
            self.page.send_signal(signal.SIGTERM)
            self.page.wait(PATIENCE_S)
        for number in self.stops:
            self.run("stop", "--id", number)
        for poller in self.pollers:
            poller.listener.close()
        if self.statistics:
            self.statistics.close()
        self.temporary.cleanup()


def busy_shop(scene):
    """A shop on a bad evening: what the screenshots show."""
    now_ms = int(time.time() * 1000)
    runs = [("resize_image", 552_000), ("send_email", 1_200), ("audit", 300)]
    plugins = [{"name": "mailer", "version": "2.4.0", "file": "/srv/shop/plugins.d/mailer.so",
                "hash": "1a2b3c4d5e6f7788"},
               {"name": "images", "version": "1.9.2", "file": "/srv/shop/plugins.d/images.so",
                "hash": "99aabbccddeeff00"}]
    for number in range(24):
        in_hand = [{"event": event, "id": f"8ad2b53d-5b0c-4b7e-9a6f-0a4b8de1f{number:03d}", "queue": "medium",
                    "attempt": 1 + number % 3, "for_ms": for_ms + number * 1000,
                    "trace_id": f"0af7651916cd43dd8448eb211c80{number:04x}",
                    "params": f'{{"order": {4711 + number}, "to": "ada@example.com"}}'}
                   for event, for_ms in runs[:(number * 7) % 4]]
        scene.add_poller(in_hand=in_hand, done=5000 + 37 * number, failed=number % 5, plugins=plugins,
                         state="working" if in_hand else "idle", memory_kb=14_000 + 700 * number,
                         failures=[{"event": "send_email", "id": "8ad2b53d", "queue": "medium",
                                    "attempt": 20, "error": "connection refused: smtp.internal:25",
                                    "at_ms": now_ms - 20000 * (number + 1)}] if number < 5 else [])
    scene.pollers[17].status.update(state="waiting for the broker", problem="the broker does not answer")
    for event, queue, rate, bucket in (("send_email", "medium", 900, 7), ("audit", "low", 1100, 1),
                                       ("resize_image", "medium", 130, 14), ("charge_card", "high", 60, 10)):
        for minute in range(60):
            wave = 1 + 0.25 * ((minute * 7919) % 13 - 6) / 6
            after = minute < 17
            plugin_set = "a1b2c3d4e5f6" if after else "0f9e8d7c6b5a"
            slow = 2 if after and event == "send_email" else 0
            scene.count(event, minute, int(rate * wave), 0, plugin_set, queue, bucket + slow)
            if after and event == "send_email":
                scene.count(event, minute, 24 + minute % 3, 3, plugin_set, queue, bucket)
            elif minute % 9 == 0:
                scene.count(event, minute, 2, 2, plugin_set, queue, bucket)
    scene.mark("swap", 18, "0f9e8d7c6b5a", "a1b2c3d4e5f6")
    scene.add_events("medium", 2911, attempt=1)
    scene.add_events("low", 107, attempt=1)
    scene.add_events("medium", 3, attempt=2, is_later=1, due_ms=now_ms + 90_000,
                     body=b'{"to": "ada@example.com", "subject": "Your order 4711"}')
    scene.add_events("low", 1, event="audit", attempt=1, is_later=1, due_ms=now_ms + 7_260_000)
    scene.add_events("dead", 400, error="connection refused: smtp.internal:25",
                     body=b'{"to": "ada@example.com", "subject": "Your order 4711", "items": [1, 2, 3]}')
    scene.add_events("dead", 12, event="resize_image", error="crashed: SIGSEGV in resize_image",
                     backtrace="images.so: resize()+0x1c\nimages.so: process()+0x40")
    scene.run("start", "--id", "99", "--queues", "high")  # so that somebody takes from the queues
    scene.stops.append("99")
