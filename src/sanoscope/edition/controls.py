"""What each kind of control measures of a field of an edition; `edition.check` judges it.

What is said here goes to logs and mails: no count of people from 1 to 10 is, nor what would give one.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from sanoscope.catalogue.control import (
    CodeInconnu,
    Completude,
    Controle,
    Integrite,
    Rupture,
    Seuils,
    TotalNational,
    ValeurImpossible,
)
from sanoscope.catalogue.field import Champ
from sanoscope.edition.activity import Activity, changes, common_months
from sanoscope.edition.dimensions import UNKNOWN_ESTABLISHMENTS, UNKNOWN_LINES, UNKNOWN_RESIDENCES
from sanoscope.edition.edition import Edition
from sanoscope.edition.noised import audit_noised
from sanoscope.edition.opening import audit_year
from sanoscope.edition.rollups import base_shape
from sanoscope.engine.plan import Aggregate, Measure, Scan
from sanoscope.sentence import Number
from sanoscope.workspace import Settings

NAMED = 5
"""Establishments, or years, that a control names; it says how many more there are."""

WHOLE = 12
"""Months of a whole year."""


@dataclass(frozen=True)
class Subject:
    """A field of an edition, and what it is compared with.

    Attributes:
        champ: what the field is.
        edition: the edition, as the field sees it.
        before: the last published edition, likewise; None where it does not have the field.
        place: directory of the edition.
        settings: memory and threads, and the threshold of small counts.
        totals: known national totals (``totaux_controle.csv``).
    """

    champ: Champ
    edition: Edition
    before: Edition | None
    place: Path
    settings: Settings
    totals: pl.DataFrame

    @cached_property
    def activity(self) -> Activity:
        """What the edition counts, by establishment and month."""
        return Activity(self.edition, self.champ)

    @cached_property
    def activity_before(self) -> Activity | None:
        """The same of the last published edition."""
        return Activity(self.before, self.champ) if self.before else None

    def said(self, count: int) -> str:
        """Return a count as it may be said."""
        return "1 à 10" if self.small(count) else Number(count)

    def small(self, count: int) -> bool:
        """Tell whether a count is not to be said: it may be of people, unless its source is published."""
        return 0 < abs(count) < self.settings.seuil and self.edition.manifest.source is None


@dataclass(frozen=True, slots=True)
class Constat:
    """What was measured.

    Attributes:
        valeur: in the unit of the control's thresholds: faults of an integrity, per cent elsewhere.
        detail: what was seen.
        de: of what in particular, where a control looks at several things.
        seuils: thresholds of its own.
    """

    valeur: float
    detail: str
    de: str = ""
    seuils: Seuils | None = field(default=None)


# integrity -----------------------------------------------------------------------------------------------------------


def _fingerprint(control: Integrite, subject: Subject) -> list[Constat]:
    """Say the fingerprint, which was verified before anything was opened."""
    return [Constat(0, f"tables inchangées ({subject.edition.champ.empreinte[:12]}…)")]


def _reconciled(control: Integrite, subject: Subject) -> list[Constat]:
    years = subject.edition.champ.rapprochement
    wrong = [year.annee for year in years if year.lignes != year.retenues + sum(year.exclusions.values())]
    lines, left_out = sum(y.lignes for y in years), sum(sum(y.exclusions.values()) for y in years)
    kept = "retenues" if subject.small(left_out) else f"{Number(lines - left_out)} retenues"
    detail = f"{Number(lines)} lignes = {kept} + {subject.said(left_out)} exclues"
    return [Constat(len(wrong), detail if not wrong else f"années en défaut : {', '.join(map(str, wrong))}")]


def _rollups(control: Integrite, subject: Subject) -> list[Constat]:
    """Every rollup adds up to its base cube, for every sum."""
    found = []
    for cube, declared in subject.champ.cubes.items():
        sums = tuple(Measure(n, "sum", n) for n in declared.sommes)
        totals = {
            table.nom: subject.edition.engine.run(
                Aggregate(Scan(table.nom), (("annee",),), sums, ("annee",))
            ).to_pylist()
            for table in subject.edition.tables(cube)
        }
        base = totals[base_shape(subject.champ, cube).table]
        wrong = [name for name, total in totals.items() if total != base]
        detail = f"{len(totals)} tables égales au cube de base" if not wrong else f"différentes : {', '.join(wrong)}"
        found.append(Constat(len(wrong), detail, cube))
    return found


def _certified(control: Integrite, subject: Subject) -> list[Constat]:
    """Verify each year's certificate on what the open store really holds; say what it proves and its exceptions."""
    found = []
    for annee in subject.edition.champ.annees if subject.champ.publication.feuillets else ():
        proved = audit_year(subject.place, subject.champ, annee, subject.settings)
        void = proved.outside + proved.exposed + proved.astray
        detail = f"{proved.small} petits groupes, {proved.single} sans deuxième valeur, {proved.full} avec toutes"
        if void:
            wrong = f"{proved.outside} pas hors bornes, {proved.exposed} groupes exposés, {proved.astray} écarts"
            detail += f" ; NUL : {wrong} au jumeau"
        found.append(Constat(void, detail, str(annee)))
    return found


def _noised(control: Integrite, subject: Subject) -> list[Constat]:
    found = []
    made = {table.nom for table in subject.edition.champ.tables_ouvertes}
    for name in (name for name in subject.champ.publication.bruites if name in made):
        groups, small, astray = audit_noised(subject.place, subject.champ, name, subject.settings)
        detail = f"{groups} groupes bruités ou masqués, dont {small} petits"
        if astray:
            detail += f" ; {astray} ne sont pas ce que donne la clé"
        found.append(Constat(astray, detail, name))
    return found


def _tables(control: Integrite, subject: Subject) -> list[Constat]:
    """The rows of a published source are those that were received; that proves nothing of its masks."""
    source = subject.edition.manifest.source
    assert source
    own = subject.edition.champ
    rows = {table.nom: len(subject.edition.engine.run(Scan(table.nom))) for table in own.tables}
    astray = sum(rows[table.nom] != table.lignes for table in own.tables)
    astray += sum(rows.values()) != sum(year.retenues for year in own.rapprochement)
    states = ", ".join(f"{n} {state}" for state, n in source.cellules.items())
    detail = f"{sum(rows.values())} lignes dans {len(rows)} tables ; masques de la source, tels quels ({states})"
    return [Constat(astray, f"{detail} ; rien n'est certifié d'eux")]


# what was sent -------------------------------------------------------------------------------------------------------


def _complete(control: Completude, subject: Subject) -> list[Constat]:
    if not subject.champ.fichiers:
        return []
    activity = subject.activity
    year = max(activity.sent)
    now, before = activity.sent[year], activity.sent.get(year - 1, {})
    match control.manque:
        case "absents":
            weighed, missing = year - 1, {finess for finess in before if finess not in now}
            if not before:
                return [Constat(0, f"{year - 1} n'est pas dans l'édition")]
        case "retards":
            latest = max(now.values())
            weighed, missing = year, {finess for finess, month in now.items() if latest - month >= control.mois}
        case "tronques":
            weighed, missing = 0, {e.finess for e in subject.edition.champ.entrees if e.tronque}
    every = {finess for of in activity.sent.values() for finess in of} if not weighed else {*activity.sent[weighed]}
    stays = activity.of(weighed) if control.part == "sejours" else dict.fromkeys(every, 1)
    lost, whole = (sum(stays.get(finess, 0) for finess in of) for of in (missing, every))
    share = 100 * lost / whole if whole else 0.0
    detail = f"{len(missing)} sur {len(every)}" + (f" en {weighed}" if weighed else "")
    if control.part == "sejours" and missing:
        detail += ", peu de séjours" if subject.small(lost) else f", {Number(share, 1)} % des séjours"
    return [Constat(share, detail + _named(sorted(missing)))]


def _impossible(control: ValeurImpossible, subject: Subject) -> list[Constat]:
    if control.code not in subject.champ.impossibles:
        return []
    counted = [year for year in subject.edition.champ.rapprochement if control.code in year.impossibles]
    if not counted:
        return [Constat(0, "pas compté : l'édition est d'une version antérieure du logiciel")]
    shares = {year.annee: _share(year.impossibles[control.code], year.retenues) for year in counted}
    met = [
        f"{year.annee} : {subject.said(n)} lignes" + ("" if subject.small(n) else f" ({_percent(shares[year.annee])})")
        for year in counted
        if (n := year.impossibles[control.code])
    ]
    return [Constat(max(shares.values()), " ; ".join(met) or "aucune ligne")]


def _unknown(control: CodeInconnu, subject: Subject) -> list[Constat]:
    if not subject.champ.fichiers:
        return []
    own = subject.edition.champ
    match control.de:
        case "lignes":
            whole = sum(year.lignes for year in own.rapprochement)
            found = {what: n for what, n in own.codes_inconnus.items() if what.startswith(UNKNOWN_LINES)}
        case "etablissements":
            whole = len({entry.finess for entry in own.entrees})
            found = {what: n for what, n in own.codes_inconnus.items() if what == UNKNOWN_ESTABLISHMENTS}
        case "residences":
            whole = len(subject.edition.residences)
            found = {what: n for what, n in own.codes_inconnus.items() if what == UNKNOWN_RESIDENCES}
    people = control.de == "lignes"
    told = [
        f"{subject.said(n)} {what}" if people and subject.small(n) else f"{n} {what} ({_percent(_share(n, whole))})"
        for what, n in found.items()
    ]
    return [Constat(max((_share(n, whole) for n in found.values()), default=0.0), " ; ".join(told) or "aucun")]


# what was counted ----------------------------------------------------------------------------------------------------


def _break(control: Rupture, subject: Subject) -> list[Constat]:
    somme = control.somme or subject.champ.principale
    if not subject.activity.counts(somme):
        return []
    if control.face_a == "annee":
        year = max(subject.activity.sent)
        before, lag = subject.activity, 1
        if year - 1 not in before.sent:
            return [Constat(0, f"{year - 1} n'est pas dans l'édition")]
        against, years = str(year - 1), {year}
    else:
        if not subject.activity_before or not subject.activity_before.counts(somme) or not subject.before:
            return [Constat(0, "rien de publié")]
        before, lag = subject.activity_before, 0
        against, years = f"l'édition {subject.before.nom}", {*subject.activity.sent} & {*before.sent}
    limits = common_months(before, subject.activity, years, lag=lag, by=control.par)
    moved = changes(
        before.sums(somme), subject.activity.sums(somme), limits, lag=lag, by=control.par, least=control.minimum
    )
    if moved.is_empty():
        return [Constat(0, f"rien d'assez grand à comparer à {against}")]
    floor = control.seuils.alerte or 0
    worst = moved.filter(pl.col("ecart").abs() > floor) if control.par == "etablissement" else moved
    told = [_move(row, subject) for row in worst.head(NAMED).to_dicts()]
    more = f" … et {len(worst) - NAMED} autres" if len(worst) > NAMED else ""
    detail = f"face à {against} : {' ; '.join(told)}{more}" if told else f"face à {against} : {len(moved)} comparés"
    return [Constat(float(moved["ecart"].abs().max() or 0), detail)]  # type: ignore[arg-type]


def _move(row: Mapping[str, Any], subject: Subject) -> str:
    """Say how much a year, or an establishment in a year, moved: in whole per cent, and not what few people make."""
    of = f"{row['groupe']} {row['annee']}" if row["groupe"] else str(row["annee"])
    few = subject.small(row["apres"] - row["avant"])
    moved = "1 à 10 d'écart" if few else f"{'+' if row['ecart'] > 0 else ''}{Number(row['ecart'], 1)} %"
    return f"{of}, cumul de {row['jusqu_a']} mois : {moved}"


def _national(control: TotalNational, subject: Subject) -> list[Constat]:
    found = []
    for row in subject.totals.filter(pl.col("champ") == subject.champ.champ).to_dicts():
        year, somme = row["annee"], row["somme"]
        if year not in subject.edition.champ.annees:
            continue
        of = f"{somme} {year}"
        if subject.edition.champ.mois_de(year) < WHOLE:
            found.append(Constat(0, "l'année n'est pas entière", of))
            continue
        held = subject.activity.total(somme, year)
        away = _share(abs(held - row["valeur"]), row["valeur"]) if held != row["valeur"] else 0.0
        few = subject.small(held - row["valeur"])
        told = "égal au total attendu" if not away else f"à {_percent(away)} du total attendu"
        own = Seuils(alerte=None, bloque=float(row["tolerance"])) if row["tolerance"] else None
        found.append(Constat(away, "à 1 à 10 près du total attendu" if few else told, of, own))
    return found


# what is said --------------------------------------------------------------------------------------------------------


def _share(part: int, whole: int) -> float:
    """Return a part in per cent of a whole; of nothing, anything is all of it."""
    return 100 * part / whole if whole else 100.0 * bool(part)


def _percent(share: float) -> str:
    return f"{Number(share, 2)} %"


def _named(names: Collection[str]) -> str:
    shown = [*names][:NAMED]
    more = f" … et {len(names) - NAMED} autres" if len(names) > NAMED else ""
    return f" : {', '.join(shown)}{more}" if shown else ""


KINDS: Mapping[str, Callable[[Any, Subject], list[Constat]]] = {
    "empreinte": _fingerprint,
    "rapprochement": _reconciled,
    "agregats": _rollups,
    "certificat": _certified,
    "bruites": _noised,
    "tables": _tables,
    "completude": _complete,
    "rupture": _break,
    "valeur_impossible": _impossible,
    "code_inconnu": _unknown,
    "total_national": _national,
}
"""What measures, by kind of control."""

OF_SOURCE = ("empreinte", "tables", "rapprochement")
"""The kinds that look at the edition of a published source."""


def measure(control: Controle, subject: Subject) -> list[Constat]:
    """Return what a control measures of a field; nothing where it does not look at such a field."""
    of_source = subject.edition.manifest.source is not None
    looks = control.genre in OF_SOURCE if of_source else control.genre != "tables"
    return KINDS[control.genre](control, subject) if looks else []
