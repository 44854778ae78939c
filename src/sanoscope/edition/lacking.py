"""What the lines of a field do not say, because the base they were taken from does not have it.

A file has every column of its layout; a base may not (`intake.bases.receive`). A sum that follows from a column that is
not there would be 0: it is not available instead.
"""

from collections.abc import Iterable, Sequence

from sanoscope.catalogue.field import VALUED, Champ, Conditions
from sanoscope.edition.rules import mentioned
from sanoscope.intake.bases.correspondance import CHAINING
from sanoscope.intake.store import StoredFile

AFTER = ("suite_jours", "suite_finess")


def lacking(champ: Champ, files: Iterable[StoredFile]) -> dict[int, list[str]]:
    """Return, by year, what the files that count have not of what a field reads; years without such are not there."""
    found: dict[int, set[str]] = {}
    listed = champ.listes.natures.values() if champ.listes else ()
    read = mentioned(champ) | {of.de for of in listed if not of.zone}
    chaining = champ.chainage.fichier if champ.chainage else ""
    zones = {
        champ.zone,
        *(of.zone for of in listed),
        champ.valorisation.rayons.zone if champ.valorisation and champ.valorisation.rayons else "",
    }
    for file in files:
        for name in file.absentes:
            zone, dot, column = name.partition(".")
            if file.kind == chaining:
                found.setdefault(file.annee, set()).add(f"{CHAINING}.{name}")
            elif (dot and zone in zones and column in read) or (not dot and (name in read or name in zones)):
                found.setdefault(file.annee, set()).add(column or name)
            elif name == CHAINING and chaining:
                found.setdefault(file.annee, set()).add(name)
    return {year: sorted(names) for year, names in sorted(found.items())}


def follows(names: Iterable[str], champ: Champ) -> set[str]:
    """Return what columns and sums of a field follow from: columns of its files, and of the chaining ``chainage.…``."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name in found:
            continue
        found.add(name)
        left += _next(name, champ)
    return found


def _next(name: str, champ: Champ) -> list[str]:
    """Return what a name follows from, one step on."""
    known: list[str] = [child for child, d in champ.dimensions.items() if name in d.parents]
    if somme := champ.sommes.get(name):
        known += [of.zone or of.de for of in champ.listes.natures.values()] if champ.listes else []
        known += [*somme.egale, *somme.somme, *somme.fois, *_of((somme.quand, somme.sauf, somme.un_si), champ)]
    if column := champ.colonnes.get(name):
        known += column.de
    if mean := champ.moyennes.get(name):
        known += [mean.de, *mean.par, *_of((mean.quand, mean.sauf), champ)]
    if distinct := champ.distincts.get(name):
        known += [distinct.lignes, CHAINING, *_of((distinct.quand,), champ)]
    if champ.suites and name in AFTER:
        of = champ.suites
        known += [CHAINING, f"{CHAINING}.{of.entree}", of.duree, *_of((of.quand, of.sauf), champ)]
    if (valued := champ.valorisation) and name in VALUED:
        known += [valued.ghs, valued.ghm, valued.duree, valued.borne, valued.jours_exb, valued.jours_exh, valued.fois]
        known += [*valued.supplements.values(), CHAINING, *(f"{CHAINING}.{of}" for of in valued.chainage)]
        known += [valued.rayons.zone] if valued.rayons else []
        known += [of for none in valued.non_valorises for of in _of((none.quand, *none.sauf), champ)]
    return known


def _of(conditions: Sequence[Conditions], champ: Champ) -> list[str]:
    """Return the columns that conditions name, those of the flags they ask for included."""
    found: list[str] = []
    for condition in conditions:
        for name, wanted in condition.items():
            if name == "drapeau" and isinstance(wanted, Iterable):
                found += _of([champ.drapeaux[str(flag)] for flag in wanted], champ)
            else:
                found.append(name)
    return found
