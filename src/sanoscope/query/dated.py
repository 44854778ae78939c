"""``date=AAAA-MM-JJ``: the edition that answered on a day. The question is then pinned to it, by its name."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.publication import served_on
from sanoscope.errors import CriterionError
from sanoscope.query.criteria import DATE
from sanoscope.sentence import Sentence

Pairs = list[tuple[str, str]]


def pinned(pairs: Iterable[tuple[str, str]], restitution: Restitution, editions: Path) -> Pairs:
    """Return criteria in which ``date``, if it is there, has become the ``edition`` that answered that day.

    Args:
        pairs: (criterion, value).
        restitution: what is asked.
        editions: directory of the editions of a workspace.

    Raises:
        CriterionError: it is no day, or one to come; it is given twice, or beside an edition.
        NotFoundError: nothing that answers was published that day, or it was withdrawn since.
    """
    given = list(pairs)
    days = [value.strip() for name, value in given if name == DATE and value.strip()]
    rest = [(name, value) for name, value in given if name != DATE]
    if not days:
        return rest
    if len(days) > 1 or any(name == "edition" and value.strip() for name, value in rest):
        raise CriterionError(
            "combinaison",
            Sentence("Une édition se demande par son nom ou par une date, une fois."),
            todo=Sentence("Gardez l'un des deux : « edition » ou « date »."),
            criterion=DATE,
        )
    kept = [(name, value) for name, value in rest if name != "edition"]
    return [*kept, ("edition", served_on(editions, _day(days[0]), restitution))]


def _day(text: str) -> date:
    today = datetime.now(UTC).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day > today:
        raise CriterionError(
            "valeur-inconnue",
            Sentence("%(criterion)s : « %(value)s » n'est pas admis.", criterion=DATE, value=text[:40]),
            allowed=[Sentence("un jour passé, écrit AAAA-MM-JJ"), today.isoformat()],
            criterion=DATE,
        )
    return day
