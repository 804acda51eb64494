"""What is asked of the pages beside their blocks: options, keys, errors, paths, links, and their looks."""
import os
import re
from pathlib import Path

import readme

MOST_FRONT_LINES = 150


class Failure(Exception):
    pass


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
