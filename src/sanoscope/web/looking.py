"""How a result is looked at, in its address: ``tri`` and ``filtre``, after the criteria.

They are not criteria: they change neither the question nor its files, and the API refuses them. A canonical address
keeps them.
"""

from urllib.parse import quote, urlencode

from sanoscope.errors import CriterionError
from sanoscope.present.arrange import Arrangement
from sanoscope.query.criteria import Query
from sanoscope.sentence import Sentence

NAMES = ("tri", "filtre")
LONGEST = 100
"""Characters of a filter."""

Pairs = list[tuple[str, str]]


def arrangement(pairs: Pairs) -> tuple[Pairs, Arrangement]:
    """Return the pairs of an address that are criteria, and how the result is looked at.

    Raises:
        CriterionError: ``tri`` or ``filtre`` is given twice, or the filter is too long.
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
    return [pair for pair in pairs if pair[0] not in NAMES], Arrangement(given.get("tri", ""), text)


def looked_at(how: Arrangement) -> dict[str, str]:
    """Return what an address says of how a result is looked at, in order."""
    return {name: value for name, value in zip(NAMES, (how.sort, how.text), strict=True) if value}


def address(path: str, query: Query, how: Arrangement) -> str:
    """Return the address of a result, looked at in a way."""
    shown = urlencode(looked_at(how), quote_via=quote)
    return f"{path}?{query.canonical}" + (f"&{shown}" if shown else "")
