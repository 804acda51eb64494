#!/usr/bin/python3
"""readme_test.py SOURCE BUILD: do the pages tell the truth?

Runs their blocks in order, as a reader would type them, each page in a shell of its own in the
clone, all in one home directory, against what is built and the broker of $ACTION_TEST_BROKER and
$ACTION_TEST_RABBITMQ_DIR (77: there is none, or not all is built). Then looks at what the pages say
of options, configuration keys, errors, files and links. readme.py says how blocks are marked.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
import checks  # noqa: E402
import readme  # noqa: E402
from checks import Failure  # noqa: E402

BLOCK_S = 300  # the longest that a block may take
SHOWS_S = 30  # how long a block that is repeated may take to show what it must
SKIPPED = 77


class Shell:
    """Runs blocks one after the other: directory and environment go from one to the next."""

    def __init__(self, directory, environment):
        self.state = Path(directory)
        self.directory = str(environment["PWD"])
        self.environment = environment

    def run(self, script, timeout_s=BLOCK_S):
        """Returns (exit status, standard output and error)."""
        wrapped = (f"set -euo pipefail\n{script}\npwd >'{self.state}/cwd'\n"
                   f"env -0 >'{self.state}/env'\n")
        log = self.state / "output"
        with log.open("w") as output:
            process = subprocess.Popen(
                ["bash", "-c", wrapped], cwd=self.directory, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
            try:
                process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                output.write(f"\n(it took longer than {timeout_s} s)\n")
        if process.returncode == 0:
            self.directory = (self.state / "cwd").read_text().strip()
            pairs = (self.state / "env").read_text().split("\0")
            self.environment = dict(pair.split("=", 1) for pair in pairs if pair)
        return process.returncode, log.read_text(errors="replace")


class Broker:
    """The test's broker, with a virtual host of its own: nothing of other tests is in the way."""

    def __init__(self, source, url, directory):
        self.ctl_words = [f"{source}/scripts/rabbitmq", "--dir", directory, "ctl", "-q"]
        self.vhost = f"readme_{os.getpid()}"
        self.ctl("add_vhost", self.vhost)
        self.ctl("set_permissions", "-p", self.vhost, "guest", ".*", ".*", ".*")
        self.url = url.rsplit("/", 1)[0] + "/" + self.vhost

    def ctl(self, *words):
        subprocess.run([*self.ctl_words, *words], check=True, stdout=subprocess.DEVNULL)

    def close(self):
        self.ctl("delete_vhost", self.vhost)


def is_installed(library, shell):
    probes = {"pika": "python3 -c 'import pika'", "bunny": "ruby -e 'require \"bunny\"'",
              "pymysql": "python3 -c 'import pymysql' && pkg-config libmariadb"}
    return shell.run(f"{probes[library]} 2>/dev/null")[0] == 0


def run_block(block, shown, shell):
    """Runs a block until it has shown what it must; one that is not to be repeated, once."""
    deadline = time.monotonic() + SHOWS_S
    while True:
        status, output = shell.run(block.text)
        missing = readme.first_missing(shown.text, output) if shown else None
        if status == 0 and missing is None:
            return
        if "repeat" not in block.attributes or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    what = f"exit status {status}" if status else f"it does not show: {missing}"
    raise Failure(f"{block.where}: {what}\n{block.text}--- it said:\n{output}")


def run_blocks(blocks, shell, broker):
    """Returns whether all of them were run."""
    is_whole = True
    for block, following in zip(blocks, [*blocks[1:], None]):
        if "file" in block.attributes:
            (Path(shell.directory) / block.attributes["file"]).write_text(block.text)
        if "run" not in block.attributes:
            continue
        library = block.attributes.get("needs")
        if library and not is_installed(library, shell):
            print(f"{block.where}: skipped, {library} is not installed", flush=True)
            is_whole = False
            continue
        shown = following if following and "shows" in following.attributes else None
        began = time.monotonic()
        run_block(block, shown, shell)
        # The pages' own private broker is this test's, but for the virtual host.
        if "ACTION_BROKER" in shell.environment:
            shell.environment["ACTION_BROKER"] = broker.url
        print(f"{block.where}: {time.monotonic() - began:.1f} s", flush=True)
    return is_whole


def prepare(source, build, home, rabbitmq):
    """Installs what is built, as the pages have it, and returns the reader's environment."""
    command = ["cmake", "--install", str(build), "--prefix", str(home / "action")]
    installed = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if installed.returncode:
        print(installed.stdout)
        sys.exit(SKIPPED if "cannot find" in installed.stdout else 1)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ACTION")}
    return {**kept, "HOME": str(home), "PWD": str(source), "LANG": "C.UTF-8",
            "PATH": "/usr/lib/ccache:/usr/bin:/bin:" + kept.get("PATH", ""),
            "CCACHE_DIR": kept.get("CCACHE_DIR", os.path.expanduser("~/.cache/ccache")),
            "ACTION_RABBITMQ_DIR": rabbitmq}  # where scripts/rabbitmq finds the broker running


def main(source, build):
    url = os.environ.get("ACTION_TEST_BROKER")
    directory = os.environ.get("ACTION_TEST_RABBITMQ_DIR")
    if not url or not directory:
        print("skipped: ACTION_TEST_BROKER and ACTION_TEST_RABBITMQ_DIR name no broker")
        return SKIPPED
    pages = {name: (source / name).read_text() for name in readme.PAGES}
    blocks = [block for name in pages for block in readme.blocks(pages[name], name)]
    scratch = Path(tempfile.mkdtemp(prefix="action-readme."))
    home = scratch / "home"
    home.mkdir()
    environment = prepare(source, build, home, directory)
    broker = Broker(source, url, directory)
    try:
        checks.check_marks(blocks, source)
        checks.check_looks(pages, source)
        checks.check_paths(pages, source)
        checks.check_installed(pages, home)
        checks.check_keys(pages["config/README.md"], source)
        is_whole = True
        shells = {name: Shell(scratch, environment) for name in pages}
        for name, shell in shells.items():
            is_whole &= run_blocks([block for block in blocks if block.page == name], shell, broker)
        checks.check_commands(pages, blocks, shells["sdk/README.md"])
        checks.check_errors(blocks, shells["sdk/README.md"])
        return 0 if is_whole else SKIPPED
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    finally:
        if (home / "hello/config").exists():
            Shell(scratch, environment).run(
                "cd ~/hello && PATH=~/action/bin:$PATH actiond stop --all --now; "
                "for c in *.yaml; do PATH=~/action/bin:$PATH actiond stop --all --now -c $c; done; "
                f"[ ! -e ~/mysql ] || {source}/scripts/mysql --dir ~/mysql stop --purge")
        broker.close()
        shutil.rmtree(scratch)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
