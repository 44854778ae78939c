"""What became of a base, and how it is said."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class BaseReport:
    """What became of a base, beside what each establishment's year says of itself.

    Attributes:
        nom: what it is and by which mapping it was read.
        hors: lines refused that are of no establishment or no year, by reason; `place` where they are kept.
        laissees: lines of years that were not asked for.
        inutiles: columns that the mapping does not use, by table of the base; a table of which none is used has all.
        absentes: what the base has not, by name, with the years.
        orphelins: items of stays that are not there (of no stay, or of a refused one), by table.
        ecarts: stays that do not have as many items as they say, by zone.
    """

    nom: str
    hors: Counter[str] = field(default_factory=Counter)
    place: str = ""
    laissees: int = 0
    inutiles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    absentes: dict[str, list[int]] = field(default_factory=dict)
    orphelins: Counter[str] = field(default_factory=Counter)
    ecarts: Counter[str] = field(default_factory=Counter)


def said_of_base(report: BaseReport, quarantine: Path) -> Iterator[str]:
    """Yield what an operator must know of a base, beside the counts of lines, in French."""
    yield f"{report.nom} :"
    for code, n in report.hors.items():
        yield f"  {n} lignes refusées ({code}), gardées dans {quarantine / report.place}"
    if report.laissees:
        yield f"  {report.laissees} lignes d'années non demandées, laissées."
    lacking: dict[str, list[str]] = {}
    for what, years in report.absentes.items():
        lacking.setdefault(", ".join(map(str, years)), []).append(what)
    for of, names in lacking.items():
        yield f"  {of} : la base n'a pas {', '.join(names)} ; ce qui en dépend est indisponible."
    for zone, n in report.orphelins.items():
        yield f"  {zone} : {n} lignes laissées, d'aucun séjour de la base."
    for zone, n in report.ecarts.items():
        yield f"  {zone} : {n} séjours n'en ont pas autant que leur compteur l'annonce."
    for table, columns in report.inutiles.items():
        yield f"  table {table}, colonnes laissées : {', '.join(columns)}."
