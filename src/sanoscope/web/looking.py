"""How a result is looked at: ``graphique``, ``carte``, ``tri``, ``filtre`` and ``page``, after the criteria.

They are not criteria: they change neither the question nor its files, and the API refuses them. A canonical address
keeps them.
"""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from sanoscope.errors import CriterionError
from sanoscope.present.arrange import Arrangement
from sanoscope.query.criteria import Query
from sanoscope.sentence import Sentence

NAMES = ("graphique", "carte", "tri", "filtre", "page")
LONGEST = 100
"""Characters of a filter."""

ALL = "toutes"
"""What ``page`` says for all rows together."""

Pairs = list[tuple[str, str]]


AS_IT_IS = Arrangement()


@dataclass(frozen=True, slots=True)
class Look:
    """How a result is looked at.

    Attributes:
        graphique, carte: genres of the chart and of the map shown, "" for the first that the restitution declares.
        rows: the order and the choice of the rows.
        page: of the rows, from 1; 0 for all together.
    """

    graphique: str = ""
    carte: str = ""
    rows: Arrangement = AS_IT_IS
    page: int = 1

    def items(self) -> dict[str, str]:
        """Return what an address says of it, in order."""
        page = {0: ALL, 1: ""}.get(self.page, str(self.page))
        given = (self.graphique, self.carte, self.rows.sort, self.rows.text, page)
        return {name: value for name, value in zip(NAMES, given, strict=True) if value}


PLAIN = Look()


def looking(pairs: Pairs) -> tuple[Pairs, Look]:
    """Return the pairs of an address that are criteria, and how the result is looked at.

    Raises:
        CriterionError: one of `NAMES` is given twice, the filter is too long, or the page is no number.
    """
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in NAMES:
            if name in given:
                raise CriterionError(
                    "critere-double",
                    Sentence("« %(name)s » est donné deux fois.", name=name),
                    todo=Sentence("Gardez-en un."),
                )
            given[name] = value.strip()
    text = " ".join(given.get("filtre", "").split())
    if len(text) > LONGEST:
        raise CriterionError(
            "filtre-long",
            Sentence("Le filtre a plus de %(longest)s caractères.", longest=LONGEST),
            todo=Sentence("Raccourcissez-le."),
        )
    rows = Arrangement(given.get("tri", ""), text)
    look = Look(given.get("graphique", ""), given.get("carte", ""), rows, _page(given.get("page", "")))
    return [pair for pair in pairs if pair[0] not in NAMES], look


def _page(text: str) -> int:
    if text in ("", ALL):
        return 0 if text else 1
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text)):
        raise CriterionError(
            "valeur-inconnue",
            Sentence("page : « %(page)s » n'est pas admis.", page=text[:40]),
            allowed=[Sentence("un numéro, à partir de 1"), ALL],
        )
    return int(text)


def address(path: str, query: Query, look: Look) -> str:
    """Return the address of a result, looked at in a way."""
    shown = urlencode(look.items(), quote_via=quote, safe=":")
    return f"{path}?{query.canonical}" + (f"&{shown}" if shown else "")
