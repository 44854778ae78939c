"""The little Markdown of notices as HTML: headings, paragraphs, bold; everything else is text."""

import re

from markupsafe import Markup, escape


def to_html(text: str) -> Markup:
    """Return notices' Markdown (``##``, paragraphs, ``**bold**``, ``- `` lists) as safe HTML."""
    return Markup("\n").join(_block(block) for block in re.split(r"\n\s*\n", text.strip()))


def _block(block: str) -> Markup:
    lines = block.splitlines()
    if lines[0].startswith("## "):
        rest = "\n".join(lines[1:]).strip()
        return Markup("<h3>{}</h3>").format(_inline(lines[0][3:])) + (_block(rest) if rest else Markup(""))
    if all(line.startswith("- ") for line in lines):
        return Markup("<ul>{}</ul>").format(
            Markup("").join(Markup("<li>{}</li>").format(_inline(x[2:])) for x in lines)
        )
    return Markup("<p>{}</p>").format(_inline(" ".join(lines)))


def _inline(text: str) -> Markup:
    parts = re.split(r"\*\*(.+?)\*\*", text)
    return Markup("").join(
        Markup("<strong>{}</strong>").format(part) if i % 2 else escape(part) for i, part in enumerate(parts)
    )
