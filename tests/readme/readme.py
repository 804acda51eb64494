"""The pages as data: their fenced blocks, their tables, the commands in their sentences.

The words behind a fence's language say what the test does with a block:
  ```LANG file=NAME      is written to NAME in the directory that the commands are in
  ```sh run              is run; with `repeat`, again and again until it shows what the page says;
                         with `needs=LIBRARY`, only where that library is installed
  ```text shows          what the block before shows, among other lines and in this order
  ```text errors         sentences that errors.sh provokes; an indented line goes on with the one above
  ```sh elsewhere        is what other scripts and tests run; only looked at
"""
import re
from dataclasses import dataclass

# In the order in which their blocks are run: each page goes on with what those before have left.
PAGES = ["README.md", "sdk/README.md", "config/README.md", "host/README.md", "tests/README.md",
         ".github/CONTRIBUTING.md", ".github/SECURITY.md", ".github/CHANGELOG.md"]
MOST_COLUMNS = 120
MOST_PROSE_COLUMNS = 100


@dataclass
class Block:
    page: str
    line: int
    language: str
    attributes: dict
    text: str

    @property
    def where(self):
        return f"{self.page}:{self.line}"


def blocks(markdown, page):
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
            block = Block(page, number, words[0] if words else "",
                          {key: value for key, _, value in pairs}, "")
    return found


def without_blocks(markdown):
    return re.sub(r"^```.*?^```$", "", markdown, flags=re.MULTILINE | re.DOTALL)


def code_spans(markdown):
    """What stands in single backticks."""
    paragraphs = re.sub(r"\n *(?=[^\s|#-])", " ", without_blocks(markdown))
    return re.findall(r"`([^`\n]+)`", paragraphs)


def too_long(markdown):
    """(line number, its columns) of what is wider than a page may be."""
    in_block, found = False, []
    for number, line in enumerate(markdown.splitlines(), 1):
        in_block ^= line.startswith("```")
        is_prose = not in_block and not line.startswith("|")
        if len(line) > (MOST_PROSE_COLUMNS if is_prose else MOST_COLUMNS):
            found.append((number, len(line)))
    return found


def links(markdown):
    """What the page links to: addresses, files, anchors."""
    return re.findall(r"\]\(([^)\s]+)\)", without_blocks(markdown))


def anchors(markdown):
    """The names by which GitHub links to the headings."""
    titles = re.findall(r"^#+ (.*)$", without_blocks(markdown), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-") for title in titles}


def error_sentences(blocks):
    """The sentences of the blocks that are marked with `errors`."""
    lines = [line for block in blocks if "errors" in block.attributes
             for line in block.text.splitlines()]
    return re.sub(r"\n +", " ", "\n".join(lines)).splitlines()


def chapter(markdown, title):
    """The text below a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", without_blocks(markdown),
                      re.MULTILINE | re.DOTALL)
    assert found, f"no page has a chapter '{title}'"
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
    """A line of a page, in which … stands for anything, for normalised lines."""
    return re.compile(".*".join(re.escape(part) for part in normalised(line).split("…")))


def first_missing(expected, actual):
    """The first line of `expected` that does not follow in `actual`; None if all do."""
    lines = iter(normalised(line) for line in actual.splitlines())
    for wanted in expected.splitlines():
        if not any(pattern_of(wanted).fullmatch(line) for line in lines):
            return wanted
    return None
