"""What a request asks beside criteria: parameters by name, a page of a list. Nothing is ignored in silence."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Request

from sanoscope.api.limits import PAGE_LARGEST
from sanoscope.errors import CriterionError, NotFoundError, suggest
from sanoscope.query.criteria import DATE
from sanoscope.sentence import Sentence

AS_OF = "asOf"
"""Another name of ``date``, in the API alone."""

PAGE, SIZE = "page", "limite"
TOTAL = "X-Total-Count"
"""Header that says how many lines all pages have."""

LISTED = 1_000
"""Lines of a page of a list where nothing else is asked for."""

DIGITS = 9
"""Most digits of a number that is asked for."""


def given(items: Iterable[tuple[str, str]], allowed: Collection[str]) -> dict[str, str]:
    """Return parameters by name; what is left empty is not given.

    Raises:
        CriterionError: ``critere-inconnu``: one means nothing; ``critere-double``: it is given twice.
    """
    found: dict[str, str] = {}
    for name, value in items:
        if name not in allowed:
            raise CriterionError(
                "critere-inconnu",
                Sentence("Paramètre inconnu : « %(name)s ».", name=name[:40]),
                allowed=allowed,
                todo=suggest(name[:40], allowed),
                criterion=name[:40],
            )
        if name in found:
            raise CriterionError(
                "critere-double",
                Sentence("« %(name)s » est donné deux fois.", name=name),
                todo=Sentence("Gardez-en un."),
                criterion=name,
            )
        found[name] = value
    return {name: value for name, value in found.items() if value.strip()}


def parted(items: Iterable[tuple[str, str]], own: Collection[str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Return the parameters that a route has of its own, by name, and the criteria.

    Raises:
        CriterionError: ``critere-double``.
    """
    every = list(items)
    return given([pair for pair in every if pair[0] in own], own), [pair for pair in every if pair[0] not in own]


def with_date(items: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return criteria in which ``asOf`` is called ``date``, as everywhere else."""
    return [(DATE if name == AS_OF else name, value) for name, value in items]


def format_of(items: Iterable[tuple[str, str]], known: Collection[str], default: str) -> str:
    """Return the format that is asked for.

    Raises:
        CriterionError: ``format-inconnu``: there is none such, or there are several.
    """
    formats = [value for name, value in items if name == "format"] or [default]
    if len(formats) > 1 or formats[0] not in known:
        raise CriterionError(
            "format-inconnu", Sentence("Format « %(liste)s » inconnu.", liste=", ".join(formats)), allowed=known
        )
    return formats[0]


def _without(request: Request) -> None:
    given(request.query_params.multi_items(), ())


NOTHING = Depends(_without)
"""Dependency of a route that takes no parameter: one that is given is refused."""


def chosen(asked: dict[str, str], name: str, allowed: Collection[str], default: str = "") -> str:
    """Return one of some values.

    Raises:
        CriterionError: ``valeur-inconnue``.
    """
    value = asked.get(name, default)
    if value not in allowed and value != default:
        raise CriterionError(
            "valeur-inconnue",
            Sentence("%(criterion)s : « %(value)s » n'est pas admis.", criterion=name, value=value[:40]),
            allowed=allowed,
            todo=suggest(value[:40], allowed),
            criterion=name,
        )
    return value


def number(asked: dict[str, str], name: str, default: int, most: int) -> int:
    """Return a number from 1 to a largest one.

    Raises:
        CriterionError: ``valeur-inconnue``.
    """
    text = asked.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS and 1 <= int(text) <= most):
        raise CriterionError(
            "valeur-inconnue",
            Sentence("%(criterion)s : « %(value)s » n'est pas admis.", criterion=name, value=text[:40]),
            allowed=[Sentence("1 à %(n)s", n=most)],
            criterion=name,
        )
    return int(text)


@dataclass(frozen=True, slots=True)
class Part:
    """A page of a list: which, from 1, of how many lines."""

    page: int
    size: int

    def of(self, lines: int) -> slice:
        """Return the lines of the page.

        Raises:
            NotFoundError: ``page-au-dela``: there are not so many pages.
        """
        last = self.last(lines)
        if self.page > last:
            raise NotFoundError(
                "page-au-dela",
                Sentence("Il n'y a pas de page %(n)s : le tableau a %(lignes)s lignes.", n=self.page, lignes=lines),
                allowed=[Sentence("1 à %(n)s", n=last)],
                todo=Sentence("L'en-tête Link de chaque page donne les autres."),
            )
        return slice((self.page - 1) * self.size, self.page * self.size)

    def last(self, lines: int) -> int:
        """Return the number of the last page; an empty list has one, which is empty."""
        return max(1, -(-lines // self.size))

    def links(self, path: str, asked: dict[str, str], lines: int) -> str:
        """Return the header ``Link`` (RFC 8288): the pages around, the first and the last one."""
        last = self.last(lines)
        pages = {"first": 1, "prev": self.page - 1, "next": self.page + 1, "last": last}
        kept = {name: value for name, value in asked.items() if name not in (PAGE, SIZE)}

        def address(page: int) -> str:
            return f"{path}?{urlencode({**kept, PAGE: page, SIZE: self.size}, quote_via=quote, safe=':,/')}"

        return ", ".join(f'<{address(n)}>; rel="{rel}"' for rel, n in pages.items() if 1 <= n <= last)


def part(asked: dict[str, str]) -> Part:
    """Return the page that is asked for.

    Raises:
        CriterionError: ``valeur-inconnue``.
    """
    return Part(number(asked, PAGE, 1, 10**DIGITS - 1), number(asked, SIZE, LISTED, PAGE_LARGEST))


def described(meanings: dict[str, str], schemas: dict[str, dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """Return parameters as the description of a route has them: texts, unless told otherwise."""
    text = {"type": "string"}
    known = schemas or {}
    return [
        {"in": "query", "name": name, "required": False, "description": said, "schema": known.get(name, text)}
        for name, said in meanings.items()
    ]


PAGING = {
    PAGE: "Page, à partir de 1.",
    SIZE: f"Lignes par page, {PAGE_LARGEST} au plus ; {LISTED} par défaut.",
}
"""What the parameters of a list in pages mean."""

PAGES: dict[str, dict[str, Any]] = {
    PAGE: {"type": "integer", "minimum": 1, "default": 1},
    SIZE: {"type": "integer", "minimum": 1, "maximum": PAGE_LARGEST, "default": LISTED},
}
"""Their schemas."""
