"""The table of a result as HTML: the same on the page and in the frame of another site."""

from dataclasses import dataclass, replace

from babel.numbers import get_decimal_symbol, get_group_symbol
from markupsafe import Markup

from sanoscope.present.arrange import arranged
from sanoscope.present.html import headings, rows
from sanoscope.present.numbers import FRENCH, Style, legend
from sanoscope.query.criteria import Query
from sanoscope.query.table import Table
from sanoscope.sentence import Name, Sentence
from sanoscope.web.language import SOURCE, Language
from sanoscope.web.looking import Look, address
from sanoscope.web.site import environment


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
    return Style(get_group_symbol(spoken.code), get_decimal_symbol(spoken.code), spoken.say)


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
        href = address(path, query, replace(look, rows=replace(how, sort=following))) + "#tableau"
        found.append(Column(heading.name, heading.text, heading.definition, heading.number, sort, following, href))
    return found


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
        CriterionError: there is no such column to sort by.
    """
    shown = arranged(in_language(table, spoken), look.rows)
    html = (
        environment(spoken.code)
        .get_template("_tableau.html")
        .render(
            table=shown,
            columns=columns(shown, spoken.href(path), query, look),
            rows=rows(shown, style(spoken)),
            legend=legend(table),
            criteria=query.criteria(),
            look=look.items(),
            how=look.rows,
            path=path,
            texts=len(shown.labels),
            kept=shown.kinds.count("detail"),
            total=table.kinds.count("detail"),
            embedded=embedded,
        )
    )
    return Markup(html)
