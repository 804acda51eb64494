#!/usr/bin/python3
"""readme_test.py SOURCE BUILD: do the pages tell the truth?

Runs their blocks in order, as a reader would type them, each page in a shell of its own in the
clone, all in one home directory, against what is built and the broker of $ACTION_TEST_BROKER and
$ACTION_TEST_RABBITMQ_DIR (77: there is none, or not all is built). Then looks at what the pages say
of options, configuration keys, errors, files and links. readme.py says how blocks are marked.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
import readme  # noqa: E402

BLOCK_S = 300  # the longest that a block may take
SHOWS_S = 30  # how long a block that is repeated may take to show what it must
SKIPPED = 77
MOST_FRONT_LINES = 150


class Failure(Exception):
    pass


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


def check_marks(blocks, source):
    """No command without a test, and what is run elsewhere is there."""
    demo = (source / "scripts/demo").read_text()
    for block in blocks:
        where = f"{block.where}: "
        marks = {"run", "file", "elsewhere"} & set(block.attributes)
        if block.language in {"sh", "cpp", "python", "ruby", "cmake"} and len(marks) != 1:
            raise Failure(where + "mark the block with run, file=NAME or elsewhere")
        if "elsewhere" not in block.attributes:
            continue
        for line in block.text.splitlines():
            words = line.split("#")[0].split()
            if words[0].startswith("scripts/"):
                if not os.access(source / words[0], os.X_OK):
                    raise Failure(f"{where}{words[0]} can't be run")
            elif " ".join(words[:3]) not in demo:
                raise Failure(f"{where}scripts/demo does not run: {line}")


def check_looks(pages, source):
    """No page is wider than it may be, the front page is short, and every link leads somewhere."""
    anchors = {name: readme.anchors(text) for name, text in pages.items()}
    for name, text in pages.items():
        for number, columns in readme.too_long(text):
            raise Failure(f"{name}:{number}: {columns} columns are too many")
        for link in readme.links(text):
            path, _, anchor = link.partition("#")
            if "://" in path:
                continue
            target = os.path.normpath(Path(name).parent / path) if path else name
            if not (source / target).exists() or (anchor and anchor not in anchors[target]):
                raise Failure(f"{name} links to {link}, which is not there")
    if len(pages["README.md"].splitlines()) > MOST_FRONT_LINES:
        raise Failure(f"README.md has more than {MOST_FRONT_LINES} lines")


def check_paths(pages, source):
    """Every file and folder of the tree that a page names is there."""
    tree = r"(?:host|sdk|plugins|config|scripts|tests|\.ci)(?:/[\w.]+)*/?"
    for name, text in pages.items():
        for span in readme.code_spans(text):
            path = span.split()[0] if span.strip() else ""
            if "/" in path and re.fullmatch(tree, path) and not (source / path).exists():
                raise Failure(f"{name} names {path}, which is not there")


def check_installed(pages, home):
    """The pages are installed, with their folders, so that their links lead to each other."""
    for name in pages:
        if not name.startswith(".") and not (home / "action/share/doc/actiond" / name).exists():
            raise Failure(f"{name} is not installed")


def commands(texts, blocks):
    """All calls of actiond that the pages mention, as lists of words."""
    lines = [span for text in texts for span in readme.code_spans(text)]
    for block in blocks:
        if block.language == "sh":
            lines += re.split(r"\n|\|\|?|&&", block.text)
    words = (re.split(r"\s#", line)[0].split() for line in lines)
    return [call for call in words if len(call) > 1 and call[0] == "actiond"]


def helps_of(shell):
    """What --help says of each verb, and of verbs of verbs: "dead", "dead list"."""
    def verbs(text):
        return re.findall(r"^  ([a-z]+) {3,}", text, re.MULTILINE)
    helps = {}
    names = verbs(shell.run("actiond --help")[1])
    while names:
        name = names.pop()
        helps[name] = shell.run(f"actiond {name} --help")[1]
        names += [f"{name} {inner}" for inner in verbs(helps[name])]
    return helps


def verb_of(call, helps):
    """The verb of a call, two words if the first has verbs of its own."""
    verb = call[1]
    if verb not in helps:
        raise Failure(f"actiond has no verb {verb}, which the pages name")
    if not any(name.startswith(verb + " ") for name in helps):
        return verb
    verb = " ".join(call[1:3])
    if verb not in helps:
        raise Failure(f"actiond has no verb {verb}, which the pages name")
    return verb


def check_commands(pages, blocks, shell):
    """Every verb and option that the pages name is there, and every verb is in the table."""
    helps = helps_of(shell)
    for call in commands(pages.values(), blocks):
        if call[1].startswith("-") or call[1] == "VERB":
            continue
        verb = verb_of(call, helps)
        for option in (word.split("=")[0] for word in call if word.startswith("-") and word != "-"):
            if not re.search(rf"(^|[\s,]){re.escape(option)}\b", helps[verb]):
                raise Failure(f"actiond {verb} has no {option}, which the pages name")
    table = " ".join(row[0] for row in readme.rows(readme.chapter(pages["config/README.md"], "Commands")))
    missing = [verb for verb in helps if f"`{verb}" not in table]
    if missing:
        raise Failure(f"the table of commands lacks {', '.join(missing)}")


def check_keys(text, source):
    """The table of keys and the commented configuration name the same keys, with the same values."""
    table = {}
    for key, default, *_ in readme.rows(readme.chapter(text, "Configuration")):
        names = re.findall(r"`([^`]+)`", key)
        values = re.findall(r"`([^`]+)`", default) or [""]
        stem = names[0].rsplit(".", 1)[0]
        for name, value in zip(names, values * len(names) if len(values) == 1 else values):
            table[stem + name if name.startswith(".") else name] = value
    section = None
    for line in (source / "config/actiond.yaml").read_text().splitlines():
        found = re.match(r"^(\s*)(\w+):\s*(.*?)\s*(?:\s#.*)?$", line)
        if not found:
            continue
        indent, key, value = found.groups()
        name = f"{section}.{key}" if indent else key
        if not indent:
            section = key
        if not value:
            if not any(known == name or known.startswith(name + ".") for known in table):
                raise Failure(f"the table of keys lacks {name}")
        elif name not in table:
            raise Failure(f"the table of keys lacks {name}")
        elif table[name] != value and not (value == '""' and table[name] == ""):
            raise Failure(f"the table of keys has {name}: {table[name]}, the configuration has {value}")


def check_errors(blocks, shell):
    """Each sentence of the errors is one that errors.sh can provoke, and the reverse."""
    _, output = shell.run((Path(__file__).parent / "errors.sh").read_text())
    lines = {readme.normalised(line) for line in output.splitlines() if line}
    sentences = readme.error_sentences(blocks)
    patterns = {sentence: readme.pattern_of(sentence) for sentence in sentences}
    for sentence, pattern in patterns.items():
        if not any(pattern.fullmatch(line) for line in lines):
            raise Failure(f"nothing says: {sentence}\n--- errors.sh said:\n{output}")
    for line in lines:
        if not any(pattern.fullmatch(line) for pattern in patterns.values()):
            raise Failure(f"the pages' errors lack: {line}")


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
        check_marks(blocks, source)
        check_looks(pages, source)
        check_paths(pages, source)
        check_installed(pages, home)
        check_keys(pages["config/README.md"], source)
        is_whole = True
        shells = {name: Shell(scratch, environment) for name in pages}
        for name, shell in shells.items():
            is_whole &= run_blocks([block for block in blocks if block.page == name], shell, broker)
        check_commands(pages, blocks, shells["sdk/README.md"])
        check_errors(blocks, shells["sdk/README.md"])
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
