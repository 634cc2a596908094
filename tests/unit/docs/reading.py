"""Reading the pages: which there are, what they show, where they point."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
#: Pages that follow the same rules though they lie elsewhere.
BESIDE = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "playbooks/README.md")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!`)\[[^\]\n]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Something a page shows in a fence."""

    page: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def own_pages() -> list[Path]:
    """Every page that speaks in our words; a connector's page speaks in its vendor's as well."""
    return [*sorted(DOCS.rglob("*.md")), *(ROOT / name for name in BESIDE)]


def pages() -> list[Path]:
    """Every page of ours, wherever it lies."""
    return [*own_pages(), *sorted((ROOT / "connectors").glob("*/README.md"))]


def name(page: Path) -> str:
    """As it is called in a message."""
    return page.relative_to(ROOT).as_posix()


def text(page: str) -> str:
    """A page by its name."""
    return (ROOT / page).read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """What a page says, without what it shows."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", page.read_text(encoding="utf-8")))


def examples(*languages: str) -> Iterator[Example]:
    """Everything shown in one of the languages."""
    for page in pages():
        whole = page.read_text(encoding="utf-8")
        for found in FENCE.finditer(whole):
            if found[1] in languages:
                line = whole[: found.start()].count("\n") + 2
                yield Example(page=name(page), line=line, text=found[2])


def links(page: Path) -> list[str]:
    """Where a page points within the project."""
    return [to for to in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))) if "://" not in to]


def anchors(page: Path) -> set[str]:
    """The names that a page's headings have in a link."""
    shown = FENCE.sub("", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in HEADING.findall(shown)}


def section(page: str, title: str) -> str:
    """One section of a page."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text(page), re.MULTILINE | re.DOTALL)
    assert found, f"{page} has no section {title}"
    return found[1]


def first_column(shown: str) -> dict[str, str]:
    """The words in code that begin the rows of a table, with the rest of their row."""
    return dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", shown, re.MULTILINE))
