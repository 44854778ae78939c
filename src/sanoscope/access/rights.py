"""Rights: what an organisation may see, from a day to another, as a table keeps it and the journal tells it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Connection, RowMapping, insert, select

from sanoscope.access.journal import Journal
from sanoscope.access.scope import Grant, Perimeter
from sanoscope.errors import CriterionError
from sanoscope.sentence import Sentence
from sanoscope.state.tables import grants, written


@dataclass(frozen=True, slots=True)
class Right:
    """A right of an organisation, from a day to another, both among them; ``withdrawn``: when it was, or ""."""

    identifier: str
    organisation: str
    grant: Grant
    start: date
    end: date
    reason: str
    withdrawn: str

    def holds(self, day: date) -> bool:
        """Tell whether it holds on a day."""
        return not self.lacks(day)

    def lacks(self, day: date) -> tuple[str, ...]:
        """Return, in words, why it does not hold on a day; nothing where it holds."""
        lacking: list[str] = []
        if self.withdrawn:
            lacking.append(Sentence("il a été retiré le %(jour)s", jour=datetime.fromisoformat(self.withdrawn).date()))
        if day < self.start:
            lacking.append(Sentence("il ne commence que le %(jour)s", jour=self.start))
        if day > self.end:
            lacking.append(Sentence("il a fini le %(jour)s", jour=self.end))
        return tuple(lacking)


def give_in(state: Connection, journal: Journal, right: Right, by: str) -> None:
    """Give a right in the transaction under way, and tell the journal."""
    values = {"identifiant": right.identifier, "organisation": right.organisation, "accorde_le": now()}
    told = columns(right.grant, right.start, right.end, right.reason)
    state.execute(insert(grants).values(**values, **told))
    journal.add(state, by, "droit-accorde", droit=right.identifier, organisation=right.organisation, **told)


def columns(grant: Grant, start: date, end: date, reason: str) -> dict[str, str]:
    """Return what tables and the journal keep of a right, given or asked for."""
    return {
        "profil": grant.profile,
        "perimetre": grant.perimeter.kind,
        "codes": ",".join(sorted(grant.perimeter.codes)),
        "domaines": ",".join(sorted(grant.domains)),
        "du": start.isoformat(),
        "au": end.isoformat(),
        "motif": reason,
    }


def check_period(start: date, end: date, reason: str) -> None:
    """Do nothing if a right ends after it begins, and has a reason.

    Raises:
        CriterionError: ``droit-invalide``.
    """
    if end < start or not reason.strip():
        raise CriterionError(
            "droit-invalide",
            Sentence("Un droit finit après avoir commencé, et il a un motif."),
            todo=Sentence("Donnez un jour de début, un jour de fin (AAAA-MM-JJ) et un motif."),
            criterion="au" if end < start else "motif",
        )


def held_by(state: Connection, organisation: str) -> frozenset[Grant]:
    """Return what an organisation holds today."""
    return frozenset(right.grant for right in rights_of(state, organisation) if right.holds(today()))


def rights_of(state: Connection, organisation: str) -> list[Right]:
    """Return the rights of an organisation, or of all for "", the first given first."""
    own = select(grants).order_by(grants.c.accorde_le)
    wanted = own.where(grants.c.organisation == organisation) if organisation else own
    return [of_row(row) for row in state.execute(wanted).mappings()]


def of_row(of: RowMapping) -> Right:
    """Return the right of a row of the table."""
    start, end = date.fromisoformat(of["du"]), date.fromisoformat(of["au"])
    named = of["identifiant"], of["organisation"]
    return Right(*named, grant_of_row(of), start, end, of["motif"], of["retire_le"] or "")


def grant_of_row(of: RowMapping) -> Grant:
    """Return what a row of a right, given or asked for, is about."""
    where = Perimeter(of["perimetre"], frozenset(filter(None, of["codes"].split(","))))
    return Grant(of["profil"], where, frozenset(of["domaines"].split(",")))


def today() -> date:
    """Return the day by which rights hold (UTC)."""
    return datetime.now(UTC).date()


def now() -> str:
    """Return the instant as tables keep it (UTC, to the second)."""
    return written(datetime.now(UTC))
