"""The little Markdown of notices and texts as HTML; everything else in them is text."""

import re
from collections.abc import Callable

from markupsafe import Markup, escape

INLINE = re.compile(
    r"\*\*(?P<bold>.+?)\*\*|`(?P<code>[^`]+)`|\[(?P<text>[^\]]+)\]\((?P<address>(?:/|https://)[^)\s]+)\)"
)
SPACES = re.compile(r"(?<=«) | (?=[;:!?»])")
"""Spaces where a French line does not break."""


def to_html(text: str, *, level: int = 3) -> Markup:
    """Return Markdown as safe HTML.

    Args:
        text: ``##`` and ``###`` headings, paragraphs, ``- `` lists, tables; ``**bold**``, code, links to this site or
            to https.
        level: the level of HTML heading that ``##`` becomes.
    """
    return Markup("\n").join(_block(block, level) for block in paragraphs(text))


def paragraphs(text: str) -> list[str]:
    """Return the blocks of a text: what blank lines part."""
    return re.split(r"\n\s*\n", text.strip())


def with_links(text: str, href: Callable[[str], str]) -> str:
    """Return Markdown whose links inside the site are what ``href`` makes of them."""
    return re.sub(r"\]\((/[^)\s]*)\)", lambda found: f"]({href(found[1])})", text)


def _block(block: str, level: int) -> Markup:
    lines = block.splitlines()
    heading = re.match(r"(##+) (.+)", lines[0])
    if heading:
        rest = "\n".join(lines[1:]).strip()
        tag = Markup(f"h{level + len(heading[1]) - 2}")
        title = Markup("<{}>{}</{}>").format(tag, _inline(heading[2]), tag)
        return title + (_block(rest, level) if rest else Markup(""))
    if lines[0].startswith("- "):
        items = re.split(r"\n- ", block[2:])
        return Markup("<ul>{}</ul>").format(_joined("<li>{}</li>", [" ".join(item.split()) for item in items]))
    if lines[0].startswith("|"):
        return _table([[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines])
    return Markup("<p>{}</p>").format(_inline(" ".join(lines)))


def _table(lines: list[list[str]]) -> Markup:
    """Return a table: headings, the line of rules (``--:`` for a column of figures), rows with their own heading."""
    head, rules, *body = lines
    kinds = [Markup(' class="nombre"') if rule.endswith(":") else Markup("") for rule in rules]

    def row(cells: list[str], tags: list[str]) -> Markup:
        made = [
            Markup("<{}{}>{}</{}>").format(Markup(tag), kind, _inline(cell), Markup(tag.split()[0]))
            for cell, tag, kind in zip(cells, tags, kinds, strict=True)
        ]
        return Markup("<tr>{}</tr>").format(Markup("").join(made))

    top = row(head, ['th scope="col"' if cell else "td" for cell in head])
    rows = Markup("\n").join(row(cells, ['th scope="row"'] + ["td"] * (len(cells) - 1)) for cells in body)
    name = ", ".join(cell for cell in head if cell)
    region = Markup('<div class="defile" tabindex="0" role="region" aria-label="{}">').format(name)
    caption = Markup("\n<table>\n<caption>{}</caption>").format(name)
    return region + caption + Markup("\n<thead>{}</thead>\n<tbody>{}</tbody>\n</table>\n</div>").format(top, rows)


def _joined(pattern: str, texts: list[str]) -> Markup:
    return Markup("").join(Markup(pattern).format(_inline(text)) for text in texts)


def _inline(text: str) -> Markup:
    text = SPACES.sub("\u00a0", text)
    made, end = Markup(""), 0
    for found in INLINE.finditer(text):
        made += escape(text[end : found.start()])
        if found["bold"]:
            made += Markup("<strong>{}</strong>").format(found["bold"])
        elif found["code"]:
            made += Markup("<code>{}</code>").format(found["code"])
        else:
            made += Markup('<a href="{}">{}</a>').format(found["address"], found["text"])
        end = found.end()
    return made + escape(text[end:])
