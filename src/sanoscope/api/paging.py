"""Pages of a table: which one is asked for, and the addresses of the others (RFC 8288).

They are those of one table: the addresses name the edition, so that another that is published meanwhile mixes with
none of them.
"""

from collections.abc import Sequence
from dataclasses import replace

from sanoscope.api.asked import DIGITS, PAGE, SIZE, given, number
from sanoscope.api.limits import PAGE_LARGEST
from sanoscope.errors import NotFoundError
from sanoscope.query.criteria import Query
from sanoscope.query.table import Table, paged
from sanoscope.sentence import Sentence

USUAL = 100
"""Rows of a page where only its number is given."""

TOTAL = "X-Total-Count"
"""Header that says how many rows the whole table has."""

MEANINGS = {
    PAGE: "Numéro de la page, à partir de 1. Sans « page » ni « limite », le tableau entier.",
    SIZE: "Lignes d'une page ; 100 si seule « page » est donnée.",
}
"""What each parameter is, in one sentence."""

LARGEST_NUMBER = 10**DIGITS - 1
"""A page past this one is written wrong."""


def asked(items: Sequence[tuple[str, str]]) -> tuple[int, int] | None:
    """Return the number and the size of the page that parameters ask for, None for the whole table.

    Raises:
        CriterionError: ``critere-double``, ``valeur-inconnue``.
    """
    found = given([pair for pair in items if pair[0] in MEANINGS], MEANINGS)
    if not found:
        return None
    return number(found, PAGE, 1, LARGEST_NUMBER), number(found, SIZE, USUAL, PAGE_LARGEST)


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
    around = {"first": 1, "prev": page.number - 1, "next": page.number + 1, "last": page.last}
    return [
        f'<{path}?{fixed}&format={name}&{PAGE}={place}&{SIZE}={page.size}>; rel="{relation}"'
        for relation, place in around.items()
        if 1 <= place <= page.last
    ]
