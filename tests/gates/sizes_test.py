#!/usr/bin/python3
"""sizes_test.py SOURCE_DIRECTORY: nothing has grown too large to be read at one go.

No file of host, sdk, plugins and tests has more than 300 lines. No class of host/poller has more
than 25 methods, constructors, destructors and operators not counted, or more than 25 members.
Exits with 77 without universal-ctags (scripts/install-packages test).
"""
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

MOST_LINES = 300
MOST_IN_CLASS = 25
SUFFIXES = {".hpp", ".cpp", ".h", ".c", ".py", ".sh", ".js"}


def long_files(source):
    for folder in ("host", "sdk", "plugins", "tests"):
        for path in sorted((source / folder).rglob("*")):
            if path.suffix in SUFFIXES:
                lines = path.read_text().count("\n")
                if lines > MOST_LINES:
                    yield f"{path.relative_to(source)} has {lines} lines, {MOST_LINES} are the most: split it"


def is_named(scope, name):
    """A method that is called by its name."""
    return not name.startswith(("~", "operator")) and name != scope.rsplit("::", 1)[-1]


def tags_of(path):
    """What ctags finds in classes. In a source only what is declared there, not what a header declares."""
    output = subprocess.run(
        ["ctags", "--languages=C++", "--map-C++=+.hpp", "--kinds-C++=csfpm", "--fields=+sKn", "--sort=no",
         "--output-format=json", "-f", "-", str(path)], text=True, stdout=subprocess.PIPE, check=True).stdout
    tags = [json.loads(line) for line in output.splitlines()]
    here = {"::".join(filter(None, (tag.get("scope"), tag["name"])))
            for tag in tags if tag["kind"] in ("class", "struct")}
    return [tag for tag in tags if tag.get("scope") in here and tag["kind"] in ("function", "prototype", "member")]


def large_classes(source):
    counts = Counter()
    for path in sorted((source / "host/poller").rglob("*.?pp")):
        # A method of a class in a source is there twice, where it is declared and where it is defined.
        found = {(tag["scope"], tag["name"], tag["kind"], tag["line"] if path.suffix == ".hpp" else 0)
                 for tag in tags_of(path)}
        for scope, name, kind, _ in found:
            if kind == "member":
                counts[path, scope, "members"] += 1
            elif is_named(scope, name) and (path.suffix == ".hpp" or kind == "function"):
                counts[path, scope, "methods"] += 1
    if not counts:
        yield "ctags finds no class in host/poller"
    for (path, scope, what), count in sorted(counts.items(), key=str):
        if count > MOST_IN_CLASS:
            yield f"{path.relative_to(source)}: {scope} has {count} {what}, {MOST_IN_CLASS} are the most: split it"


def main(source):
    if not shutil.which("ctags") or "JSON" not in subprocess.run(
            ["ctags", "--output-format=json", "--list-features"], text=True, stdout=subprocess.PIPE).stdout.upper():
        print("skipped: universal-ctags is not installed (scripts/install-packages test)")
        return 77
    problems = [*long_files(source), *large_classes(source)]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
