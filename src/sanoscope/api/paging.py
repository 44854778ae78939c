"""Pages of a table: which one is asked for, and the addresses of the others (RFC 8288).

They are those of one table: the addresses name the edition, so that another that is published meanwhile mixes with
none of them.
"""

from collections.abc import Sequence
from dataclasses import replace

from sanoscope.api.limits import PAGE_LARGEST
from sanoscope.errors import CriterionError, NotFoundError
from sanoscope.query.criteria import Query
from sanoscope.query.table import Table, paged
from sanoscope.sentence import Sentence

NUMBER, SIZE = "page", "limite"
"""Parameters: the page, from 1, and how many rows it has. Without either, a table is whole."""

USUAL = 100
"""Rows of a page where only its number is given."""

TOTAL = "X-Total-Count"
"""Header that says how many rows the whole table has."""

MEANINGS = {
    NUMBER: "Numéro de la page, à partir de 1. Sans « page » ni « limite », le tableau entier.",
    SIZE: "Lignes d'une page ; 100 si seule « page » est donnée.",
}
"""What each parameter is, in one sentence."""

LARGEST_NUMBER = 999_999_999
"""A page past this one is written wrong."""


def asked(items: Sequence[tuple[str, str]]) -> tuple[int, int] | None:
    """Return the number and the size of the page that parameters ask for, None for the whole table.

    Raises:
        CriterionError: ``critere-double``, ``valeur-inconnue``.
    """
    given = {name: [value for key, value in items if key == name] for name in (NUMBER, SIZE)}
    if not any(given.values()):
        return None
    number = _number(NUMBER, given[NUMBER], LARGEST_NUMBER) if given[NUMBER] else 1
    return number, _number(SIZE, given[SIZE], PAGE_LARGEST) if given[SIZE] else USUAL


def page_of(table: Table, wanted: tuple[int, int]) -> Table:
    """Return a page of a table.

    Raises:
        NotFoundError: ``page-au-dela``: there are fewer.
    """
    found = paged(table, *wanted)
    if found.page and found.page.number > found.page.last:
        raise NotFoundError(
            "page-au-dela",
            Sentence("Il n'y a pas de page %(n)s : le tableau a %(lignes)s lignes.", n=wanted[0], lignes=len(table)),
            allowed=[Sentence("1 à %(n)s", n=found.page.last)],
            todo=Sentence("L'en-tête Link de chaque page donne les autres."),
        )
    return found


def links(table: Table, query: Query, path: str, name: str) -> list[str]:
    """Return the links from a page to the others, none from a whole table; ``name``: the format."""
    page = table.page
    if page is None:
        return []
    fixed = replace(query, edition=query.edition or table.edition).canonical
    numbers = {"first": 1, "prev": page.number - 1, "next": page.number + 1, "last": page.last}
    return [
        f'<{path}?{fixed}&format={name}&{NUMBER}={number}&{SIZE}={page.size}>; rel="{relation}"'
        for relation, number in numbers.items()
        if 1 <= number <= page.last
    ]


def _number(name: str, values: list[str], most: int) -> int:
    if len(values) > 1:
        raise CriterionError(
            "critere-double",
            Sentence("« %(name)s » est donné deux fois.", name=name),
            todo=Sentence("Gardez-en un."),
            criterion=name,
        )
    text = values[0].strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most):
        raise CriterionError(
            "valeur-inconnue",
            Sentence("%(criterion)s : « %(value)s » n'est pas admis.", criterion=name, value=text[:40]),
            allowed=[Sentence("1 à %(n)s", n=most)],
            criterion=name,
        )
    return int(text)
