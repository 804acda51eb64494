#!/usr/bin/python3
"""man_test.py SOURCE ACTIOND: are the man pages sound, and do they say what the program says?

mandoc must have nothing to say of them (77: it is not installed). actiond(1) has every verb with
exactly its options, actiond.yaml(5) every key of config/actiond.yaml with its default.
"""
import re
import shutil
import subprocess
import sys
from pathlib import Path

SKIPPED = 77
PAGES = ["actiond.1", "actiond.yaml.5", "action-event.7"]
COMMON = {"--help", "--config", "--environment", "--verbose"}


class Failure(Exception):
    pass


def check_lint(directory):
    lint = subprocess.run(["mandoc", "-Tlint", *PAGES], cwd=directory, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if lint.returncode or lint.stdout:
        raise Failure(lint.stdout)


def items(page):
    """(head, body) of each `.It` of a page."""
    parts = re.split(r"^\.It ", page, flags=re.MULTILINE)[1:]
    return [part.partition("\n")[::2] for part in parts]


def verbs_of_page(page):
    """Each verb of actiond(1) with its long options."""
    found = {}
    for head, body in items(page):
        verb = re.match(r"Ic ((?:dead |cron )?[a-z]+)", head)
        if verb:
            body = re.split(r"^\.(?:El|Ss|Sh)", body, flags=re.MULTILINE)[0]
            found[verb[1]] = {"-" + option for option in re.findall(r"\bFl (-[a-z-]+)", body)}
    return found


def help_of(actiond, *verb):
    return subprocess.run([actiond, *verb, "--help"], text=True, check=True,
                          stdout=subprocess.PIPE).stdout


def verbs_of_program(actiond):
    """Each verb of the program, "dead" by those below it, with its own long options."""
    found = {}
    names = [[name] for name in re.findall(r"^  ([a-z]+) {3,}", help_of(actiond), re.MULTILINE)]
    while names:
        verb = names.pop()
        text = help_of(actiond, *verb)
        inner = re.findall(r"^  ([a-z]+) {3,}", text.partition("Subcommands:")[2], re.MULTILINE)
        names += [[*verb, name] for name in inner]
        if not inner:
            options = re.findall(r"^  (?:-\w,)?(--[a-z-]+)", text, re.MULTILINE)
            found[" ".join(verb)] = set(options) - COMMON
    return found


def check_verbs(page, actiond):
    said, there = verbs_of_page(page), verbs_of_program(actiond)
    for verb in said.keys() | there.keys():
        if said.get(verb) != there.get(verb):
            raise Failure(f"{verb}: actiond(1) has {said.get(verb)}, "
                          f"actiond --help has {there.get(verb)}")


def keys_of_page(page):
    """Each key of actiond.yaml(5) with its default."""
    heads = [head for head, _ in items(page) if head.startswith("Sy ")]
    found = {}
    for head in heads:
        key, _, default = head[3:].partition(" Pq Li ")
        found[key] = default.strip('"').replace(r"\(dq", '"')
    return found


def keys_of_configuration(text):
    """Each key of the commented configuration with its value, sections with a dot."""
    found, section = {}, None
    for line in text.splitlines():
        match = re.match(r"^(\s*)(\w+):\s*(.*?)\s*(?:\s#.*)?$", line)
        if match:
            indent, key, value = match.groups()
            section = section if indent else key
            found[f"{section}.{key}" if indent else key] = value
    sections = {name.partition(".")[0] for name in found if "." in name}
    return {key: value for key, value in found.items() if key not in sections}


def check_keys(page, configuration):
    said, there = keys_of_page(page), keys_of_configuration(configuration)
    for key in said.keys() | there.keys():
        if said.get(key) != there.get(key):
            raise Failure(f"{key}: actiond.yaml(5) has {said.get(key)}, "
                          f"config/actiond.yaml has {there.get(key)}")


def main(source, actiond):
    if not shutil.which("mandoc"):
        print("skipped: mandoc is not installed")
        return SKIPPED
    pages = {name: (source / "config/man" / name).read_text() for name in PAGES}
    try:
        check_lint(source / "config/man")
        check_verbs(pages["actiond.1"], actiond)
        check_keys(pages["actiond.yaml.5"], (source / "config/actiond.yaml").read_text())
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
