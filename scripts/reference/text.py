"""How a page of the reference is written: Markdown made of a title, paragraphs and tables."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

END = re.compile(r"[.!?…]$")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the reference.

    Attributes:
        name: its address, under ``reference/``, without an ending.
        title: its heading.
        parts: Markdown, one block each.
    """

    name: str
    title: str
    parts: Sequence[str]

    @property
    def markdown(self) -> str:
        """The whole page."""
        return "\n\n".join([f"# {self.title}", *filter(None, self.parts)]) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; nothing where it has no row."""
    lines = [f"| {' | '.join(map(cell, row))} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(heads)} |", "|" + "---|" * len(heads), *lines])


def cell(value: object) -> str:
    """Return a value as a cell holds it: on one line, its bars written so that they do not cut it."""
    return re.sub(r"\s*\n\s*", " ", str(value)).replace("|", "\\|").strip() or "–"


def code(text: object) -> str:
    """Return a text as code, nothing where it is empty."""
    return f"`{text}`" if str(text) else ""


def plain(text: str) -> str:
    """Return a text that Markdown or HTML must leave as it is."""
    return re.sub(r"([*_<>\[\]])", lambda found: escape(found[0]) if found[0] in "<>" else f"\\{found[0]}", text)


def sentence(text: str) -> str:
    """Return a text with the stop that a sentence ends with."""
    text = plain(" ".join(text.split()))
    return text if END.search(text) else f"{text}."


def listed(parts: Iterable[str]) -> str:
    """Return texts one after another, separated by commas; « – » where there is none."""
    return ", ".join(parts) or "–"


def block(text: str, language: str = "") -> str:
    """Return a text as it is typed or written."""
    return f"```{language}\n{text}\n```"
