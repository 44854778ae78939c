"""The report of a reconciliation: the establishments of an edition against the entities of a source, year by year."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.source import Source
from sanoscope.edition.edition import Edition
from sanoscope.edition.reconciliation import RULES, Entity, Match, reconciled
from sanoscope.errors import SanoscopeError

COLUMNS = ("annee", "annee_source", "finess", "raison_sociale", "regle", "entites")
"""Of the report as a file."""

NONE = "aucune"
"""Rule of an establishment that matched nothing, in the file."""


@dataclass(frozen=True, slots=True)
class Matched:
    """The establishments of a year against the entities of a source.

    Attributes:
        annee, annee_source: year of the establishments; of the source, the same or the nearest before it.
        wanted: name of each establishment by FINESS.
        matches: what each is; those that are not there matched nothing.
        figures: how many match an entity of the tables whose figures are published.
        entities: FINESS of the source; ``alone`` those that no establishment is or has.
    """

    annee: int
    annee_source: int
    wanted: Mapping[str, str]
    matches: Mapping[str, Match]
    figures: int
    entities: int
    alone: tuple[str, ...]

    @property
    def unmatched(self) -> dict[str, str]:
        """Name of each establishment that matched nothing, by FINESS."""
        return {code: name for code, name in sorted(self.wanted.items()) if code not in self.matches}

    @property
    def rate(self) -> float:
        """How many of a hundred establishments matched, 100 where there are none."""
        return 100 * len(self.matches) / len(self.wanted) if self.wanted else 100.0


def nearest_year(year: int, source: Edition) -> int:
    """Return the year of a source that goes with a year: the same, or the nearest before it; 0 where it has none."""
    return max((known for known in source.manifest.annees if known <= year), default=0)


def matched(source: Edition, activity: Edition, catalogue: Catalogue) -> tuple[list[Matched], list[int]]:
    """Return the report of each year of an edition, and the years before all those of the source.

    Args:
        source: an edition of a source of indicators.
        activity: the edition whose establishments are looked for.
        catalogue: what the source is.

    Raises:
        SanoscopeError: ``sans-entites``: the first edition is not of a source of indicators.
    """
    told = source.manifest.source
    if told is None or not source.entites:
        raise SanoscopeError(
            "sans-entites",
            f"L'édition « {source.nom} » n'a pas d'établissements d'une source d'indicateurs.",
            todo="Donnez d'abord l'édition de la source, faite par « sanoscope build --source NOM ».",
        )
    declared, found, before = catalogue.source(told.source), [], []
    for year in activity.manifest.annees:
        there = nearest_year(year, source)
        if there:
            found.append(_of_year(year, there, source, activity, declared))
        else:
            before.append(year)
    return found, before


def _of_year(year: int, there: int, source: Edition, activity: Edition, declared: Source) -> Matched:
    wanted = {finess: one.raison_sociale for (of, finess), one in activity.etablissements.items() if of == year}
    named = {declared.tableau(name) for name in declared.mesures}
    every, told = dict[str, Entity](), dict[str, Entity]()
    for (of, table), entities in source.entites.items():
        if of == there:
            every |= entities
            told |= entities if table in named else {}
    matches = reconciled(wanted, every.values(), source.historique)
    its = {code for match in matches.values() for code in match.entities}
    alone = (e.code for e in every.values() if e.code not in its and not {e.legal, e.known_legal} & set(wanted))
    figures = reconciled(wanted, told.values(), source.historique)
    return Matched(year, there, wanted, matches, len(figures), len(every), tuple(sorted(alone)))


def lines(report: Matched) -> Iterator[str]:
    """Yield the lines of a report, in French."""
    yield (
        f"{report.annee} (source : {report.annee_source}) : {len(report.matches)} établissements rapprochés sur "
        f"{len(report.wanted)}, {report.rate:.2f} %, dont {report.figures} avec des chiffres publiés."
    )
    by_rule = Counter(match.rule for match in report.matches.values())
    yield from (f"  {by_rule[rule]} : {said}" for rule, said in RULES.items() if by_rule[rule])
    partial = sum(not match.whole for match in report.matches.values())
    if partial:
        yield f"  {partial} dont les entités sont aussi d'un autre, ou incomplètes : sans chiffres croisés"
    yield from (f"  sans rapprochement : {code} {name}" for code, name in report.unmatched.items())
    yield f"  Entités de la source sans établissement : {len(report.alone)} sur {report.entities}."


def to_csv(reports: list[Matched]) -> bytes:
    """Return every establishment of reports, with its rule and its entities, as CSV (`COLUMNS`)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for report in reports:
        for code, name in sorted(report.wanted.items()):
            match = report.matches.get(code)
            said = (match.rule, " ".join(match.entities)) if match else (NONE, "")
            writer.writerow((report.annee, report.annee_source, code, name, *said))
    return text.getvalue().encode()
