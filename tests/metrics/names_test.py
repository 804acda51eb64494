#!/usr/bin/python3
"""names_test.py SOURCE ACTIOND PLUGIN: the metrics that a poller gives are those of the page, and
alerts and dashboard use no others."""
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def base_of(name):
    """The family of a sample: histograms have three kinds."""
    return re.sub(r"_(bucket|sum|count)$", "", name)


def names_in(text):
    return {base_of(name) for name in re.findall(r"\bactiond_[a-z_]+", text)}


def names_of_page(source):
    page = (source / "config/README.md").read_text()
    table = page[page.index("| metric |"):]
    return names_in(table[:table.index("\n\n")])


def names_of_dashboard(source):
    board = json.loads((source / "config/grafana/actiond.json").read_text())
    expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    expressions += [note["expr"] for note in board["annotations"]["list"]]
    expressions += [each["query"] for each in board["templating"]["list"]]
    return names_in(" ".join(expressions))


def metrics_of_poller(actiond, plugin):
    """Of a poller that has run one event, by a queue in a file."""
    with tempfile.TemporaryDirectory(prefix="action-metrics.") as directory:
        config = Path(directory) / "actiond.yaml"
        config.write_text("broker: sqlite:queue.db\nplugins: plugins.d\nrun_dir: run\n")
        (Path(directory) / "plugins.d").mkdir()
        shutil.copy(plugin, Path(directory) / "plugins.d")

        def run(*words):
            return subprocess.run([actiond, *words, "-c", str(config)], check=True, text=True,
                                  stdout=subprocess.PIPE).stdout
        run("start", "--id", "1")
        try:
            run("enqueue", "hello_world", "name=Ada")
            log = Path(directory) / "run/poller.1.log"
            deadline = time.monotonic() + 30
            while "Finished processing" not in log.read_text():
                if time.monotonic() > deadline:
                    sys.exit("the event was not run:\n" + log.read_text())
                time.sleep(0.05)
            during = run("metrics")
        finally:
            run("stop", "--all")
        return during, run("metrics")


def samples(text):
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


def check(is_right, complaint):
    if not is_right:
        sys.exit(complaint)


def main(source, actiond, plugin):
    page = names_of_page(source)
    rules = (source / "config/prometheus/actiond.rules.yml").read_text()
    used = names_of_dashboard(source) | names_in(" ".join(re.findall(r"expr: (.*)", rules)))
    check(used <= page, f"alerts or dashboard use {used - page}, which the page lacks")
    during, after = metrics_of_poller(actiond, plugin)
    given = names_in(" ".join(samples(during)) + " " + " ".join(samples(after)))
    check(given <= page, f"the page lacks {given - page}")
    headed = {line.split()[2] for line in during.splitlines() if line.startswith("# TYPE ")}
    check(headed == page, f"without a sample as well, each has a head: {headed ^ page}")
    # What nothing has happened to give.
    absent = {"actiond_runner_crashes_total", "actiond_running_longest_seconds"}
    check(page - given <= absent, f"nothing gives {page - given - absent}")
    done = 'actiond_events_total{event="hello_world",queue="medium",outcome="done"}'
    check(samples(after).get(done) == "1", f"one event was done, but: {samples(after).get(done)}")
    waited = 'actiond_event_wait_seconds_count{event="hello_world"}'
    check(samples(after).get(waited) == "1", "its waiting time was not counted")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
