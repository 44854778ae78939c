"""What two editions were made from, side by side: the first reason why a figure moved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sanoscope.edition.manifest import Entree, Manifest

Nature: TypeAlias = Literal["nouvelle", "disparue", "remplacee"]


@dataclass(frozen=True, slots=True)
class Sending:
    """What an establishment sent of a year, where it is not the same in both editions.

    Attributes:
        champ, annee, finess: of what; ``finess`` is "" for a published table.
        avant, apres: latest month sent; 0 where it is not there.
        fichiers: kinds of files that differ.
    """

    champ: str
    annee: int
    finess: str
    avant: int
    apres: int
    fichiers: tuple[str, ...]

    @property
    def nature(self) -> Nature:
        """Whether it is new, gone, or in the place of another."""
        return "nouvelle" if not self.avant else "disparue" if not self.apres else "remplacee"


@dataclass(frozen=True, slots=True)
class Other:
    """What else an edition is made with, where it differs: ``quoi`` it is, before and after ("" for nothing)."""

    quoi: Literal["nomenclature", "version", "logiciel", "moteur", "regles"]
    nom: str
    avant: str
    apres: str


@dataclass(frozen=True, slots=True)
class Changes:
    """All that differs in what two editions were made from.

    Attributes:
        transmissions: by field, year and establishment.
        pareilles: establishments and years of which the same files count.
        autres: nomenclatures (by the fingerprint of their table), versions used, software, engine.
    """

    transmissions: tuple[Sending, ...]
    pareilles: int
    autres: tuple[Other, ...]


def changes(before: Manifest, after: Manifest) -> Changes:
    """Return what differs in what two editions were made from; manifests of the open side are enough."""
    sent = [_sent(manifest) for manifest in (before, after)]
    every = sorted({*sent[0], *sent[1]})
    moved = [_sending(key, sent[0].get(key, ()), sent[1].get(key, ())) for key in every]
    tools = [
        Other("logiciel", "Sanoscope", before.logiciel, after.logiciel),
        Other("moteur", "", before.moteur, after.moteur),
        _short(Other("regles", "", before.regles, after.regles)),
    ]
    others = [
        *(_short(o) for o in _others("nomenclature", before.nomenclatures, after.nomenclatures)),
        *_others("version", _versions(before), _versions(after)),
        *(tool for tool in tools if tool.avant != tool.apres),
    ]
    told = tuple(one for one in moved if one.fichiers)
    return Changes(told, len(every) - len(told), tuple(others))


def _sent(manifest: Manifest) -> dict[tuple[str, int, str], tuple[Entree, ...]]:
    found: dict[tuple[str, int, str], tuple[Entree, ...]] = {}
    for code, champ in manifest.champs.items():
        for entry in champ.entrees:
            key = code, entry.annee, entry.finess
            found[key] = (*found.get(key, ()), entry)
    return found


def _sending(key: tuple[str, int, str], before: tuple[Entree, ...], after: tuple[Entree, ...]) -> Sending:
    prints = [{(e.genre, e.sha256) for e in side} for side in (before, after)]
    first, last = (max((e.mois for e in side), default=0) for side in (before, after))
    return Sending(*key, first, last, tuple(sorted({kind for kind, _ in prints[0] ^ prints[1]})))


def _others(
    what: Literal["nomenclature", "version"], before: Mapping[str, str], after: Mapping[str, str]
) -> list[Other]:
    names = sorted({*before, *after})
    found = [Other(what, name, before.get(name, ""), after.get(name, "")) for name in names]
    return [one for one in found if one.avant != one.apres]


def _short(other: Other) -> Other:
    return Other(other.quoi, other.nom, other.avant[:12], other.apres[:12])


def _versions(manifest: Manifest) -> dict[str, str]:
    """Return the version of each classification used for each year of each field."""
    return {
        f"{code.upper()} {annee}, {tree.upper()}": str(version)
        for code, champ in manifest.champs.items()
        for tree, years in champ.versions.items()
        for annee, version in years.items()
    }
