"""README.md as data: its fenced blocks, its tables, the commands in its sentences.

The words behind a fence's language say what the test does with a block:
  ```LANG file=NAME      is written to NAME in the directory that the commands are in
  ```sh run              is run; with `repeat`, again and again until it shows what the README says;
                         with `needs=LIBRARY`, only where that library is installed
  ```text shows          what the block before shows, among other lines and in this order
  ```sh elsewhere        is what other scripts and tests run; only looked at
"""
import re
from dataclasses import dataclass


@dataclass
class Block:
    line: int
    language: str
    attributes: dict
    text: str


def blocks(markdown):
    """All fenced blocks, in order."""
    found, block = [], None
    for number, line in enumerate(markdown.splitlines(), 1):
        if not line.startswith("```"):
            if block:
                block.text += line + "\n"
        elif block:
            found.append(block)
            block = None
        else:
            words = line[3:].split()
            pairs = (word.partition("=") for word in words[1:])
            block = Block(number, words[0] if words else "",
                          {key: value for key, _, value in pairs}, "")
    return found


def without_blocks(markdown):
    return re.sub(r"^```.*?^```$", "", markdown, flags=re.MULTILINE | re.DOTALL)


def code_spans(markdown):
    """What stands in single backticks."""
    return re.findall(r"`([^`\n]+)`", without_blocks(markdown))


def chapter(markdown, title):
    """The text below a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", without_blocks(markdown),
                      re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no chapter '{title}'"
    return found.group(1)


def rows(text):
    """The cells of a table's rows, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


VARYING = [
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>"),
    (r"\b[0-9a-f]{12}\b", "<hash>"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?", "<time>"),
    (r"amqps?://[^ ,;)]+", "<broker>"),
    (r"poller \S+/(\d+|console)", "poller <name>"),
    (r"(^|(?<=[ '\"(]))/\S*/", "<path>/"),
    (r"\d+", "<n>"),
    (r"\s+", " "),
]


def normalised(line):
    """A line without what differs from run to run: ids, times, pids, numbers, addresses."""
    for pattern, word in VARYING:
        line = re.sub(pattern, word, line)
    return line.strip()


def pattern_of(line):
    """A line of the README, in which … stands for anything, for normalised lines."""
    return re.compile(".*".join(re.escape(part) for part in normalised(line).split("…")))


def first_missing(expected, actual):
    """The first line of `expected` that does not follow in `actual`; None if all do."""
    lines = iter(normalised(line) for line in actual.splitlines())
    for wanted in expected.splitlines():
        if not any(pattern_of(wanted).fullmatch(line) for line in lines):
            return wanted
    return None
