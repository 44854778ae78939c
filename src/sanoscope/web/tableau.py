"""The table of a result as HTML: the same on the page and in the frame of another site."""

from dataclasses import dataclass, replace

from babel.numbers import get_decimal_symbol, get_group_symbol
from markupsafe import Markup

from sanoscope.present.arrange import Page, arranged, paged
from sanoscope.present.html import headings, rows
from sanoscope.present.labels import NAMES
from sanoscope.present.numbers import FRENCH, Style, legend
from sanoscope.query.criteria import Query
from sanoscope.query.table import Table
from sanoscope.sentence import Name, Sentence
from sanoscope.web.language import SOURCE, Language, marked
from sanoscope.web.looking import Look, address
from sanoscope.web.site import environment

ROWS = 500
"""Rows of a page of the table, about: more are slow to lay out on a telephone (docs/mesures.md)."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: its heading, its definition, and where sorting by it leads.

    Attributes:
        name: stable name.
        text: heading; ``definition`` "" for none; ``number`` tells figures from texts.
        sorted: how the rows are sorted by it: ``ascending``, ``descending``, or "".
        next: ``tri`` of the link on it: largest first for figures, then smallest, then as the table is.
        href: address of that link.
    """

    name: str
    text: str
    definition: str
    number: bool
    sorted: str
    next: str
    href: str


def style(spoken: Language) -> Style:
    """Return how a language writes the figures of a table (Babel's separators) and the words of its cells."""
    if spoken.code == SOURCE:
        return FRENCH
    return Style(get_group_symbol(spoken.code), get_decimal_symbol(spoken.code), spoken.say, spoken.code)


def in_language(table: Table, spoken: Language) -> Table:
    """Return a table with the sentences among its texts (« Total ») in a language: what is read is what is filtered."""
    if spoken.code == SOURCE:
        return table

    def said(text: str) -> str:
        return Sentence(spoken.say(text)) if isinstance(text, Sentence) else Name(text)

    return replace(table, labels=tuple(replace(label, values=tuple(map(said, label.values))) for label in table.labels))


def columns(table: Table, path: str, query: Query, look: Look) -> list[Column]:
    """Return the columns of a table at a path."""
    how = look.rows
    found = []
    for heading in headings(table):
        first, second = (f"-{heading.name}", heading.name) if heading.number else (heading.name, f"-{heading.name}")
        following = {first: second, second: ""}.get(how.sort, first)
        sort = "" if how.sort not in (first, second) else "descending" if how.sort.startswith("-") else "ascending"
        href = address(path, query, replace(look, rows=replace(how, sort=following), page=_anew(look))) + "#tableau"
        found.append(Column(heading.name, heading.text, heading.definition, heading.number, sort, following, href))
    return found


def _anew(look: Look) -> int:
    """Return the page to show once the rows are in another order: the first, or all together as before."""
    return min(look.page, 1)


@dataclass(frozen=True, slots=True)
class Turn:
    """A link to another page of the rows: its name, its address."""

    name: str
    href: str


def turns(page: Page, path: str, query: Query, look: Look) -> list[Turn]:
    """Return the links from a page of the rows to others; none where all rows are on one."""
    if page.pages == 1:
        return []
    here = {
        marked("Première"): 1 if page.number > 2 else None,
        marked("Précédente"): page.number - 1 if page.number > 1 else None,
        marked("Suivante"): page.number + 1 if 0 < page.number < page.pages else None,
        marked("Dernière"): page.pages if 0 < page.number < page.pages - 1 else None,
        marked("Toutes les lignes ensemble"): 0 if page.number else None,
        marked("Par pages"): None if page.number else 1,
    }
    return [
        Turn(name, address(path, query, replace(look, page=number)) + "#tableau")
        for name, number in here.items()
        if number is not None
    ]


def table_html(
    spoken: Language, query: Query, table: Table, look: Look, path: str, *, embedded: bool = False
) -> Markup:
    """Return a table as it is looked at, with its legend, its definitions, its sorting links and its filter.

    Args:
        spoken: language of the page.
        query: the question.
        table: its whole answer.
        look: how it is looked at.
        path: of the page, without language.
        embedded: in the frame of another site, whose links open outside of it.

    Raises:
        CriterionError: there is no such column to sort by, or no such page.
    """
    page = paged(arranged(in_language(table, spoken), look.rows), look.page, size=ROWS)
    shown = page.table
    html = (
        environment(spoken.code)
        .get_template("_tableau.html")
        .render(
            table=shown,
            columns=columns(shown, spoken.href(path), query, look),
            rows=rows(shown, style(spoken)),
            legend=legend(table),
            criteria=query.criteria(),
            look=replace(look, page=_anew(look)).items(),
            how=look.rows,
            path=path,
            texts=len(shown.labels),
            named=[label.name.startswith(NAMES) for label in shown.labels],
            page=page,
            turns=turns(page, spoken.href(path), query, look),
            kept=page.rows,
            total=table.kinds.count("detail"),
            embedded=embedded,
        )
    )
    return Markup(html)
