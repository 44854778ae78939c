"""What the figures of a field depend on: two editions with the same recipe of a field have the same figures of it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sanoscope import __version__
from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.load import Catalogue
from sanoscope.edition.manifest import ManifestChamp, Recette
from sanoscope.edition.rollups import shapes
from sanoscope.edition.sent import Sent
from sanoscope.intake.store import StoredFile
from sanoscope.nomenclature.reference import Reference, tables_of_level
from sanoscope.workspace import Settings

COMMON = frozenset({"etablissements", "geographie", "departements", "population", "zonages"})
"""Reference tables that every field reads."""

TARIFFS = frozenset({"tarifs_ghs", "tarifs_supplements", "coefficients_geographiques"})
"""Reference tables that the build of a field whose lines are valued reads."""

PARTS = {"fichiers": "fichiers", "tables": "tables de référence", "regles": "règles", "logiciel": "version du logiciel"}
"""What the parts of a recipe are called."""


def tables_of(champ: Champ) -> frozenset[str]:
    """Return the reference tables that the build of a field reads; it is given no other."""
    dimensions = champ.dimensions.values()
    places = ("etablissements", "geographie")
    levels = {d.arbre for d in dimensions} | {d.nomenclature for d in dimensions if d.nomenclature not in places}
    named = {mean.reference for mean in champ.moyennes.values()} | ({champ.listes.table} if champ.listes else set())
    named |= TARIFFS if champ.valorisation else set()
    return COMMON.union(*map(tables_of_level, levels - {""}), named - {""})


def recipe(sent: Sent, catalogue: Catalogue, reference: Reference, settings: Settings) -> Recette:
    """Return the recipe of a field that has files.

    Args:
        sent: the files that count.
        catalogue: the restitutions decide which tables the field has.
        reference: the tables that the field reads, and no other.
        settings: the threshold.
    """
    counting = sorted(
        json.dumps(_said(file), sort_keys=True) for of in sent.transmissions for file in of.fichiers.values()
    )
    return Recette(
        fichiers=_print(counting),
        tables=_print({name: dict(of) for name, of in reference.prints.items()}),
        regles=_rules(sent.champ, catalogue, settings),
        logiciel=__version__,
    )


def _said(file: StoredFile) -> dict[str, Any]:
    """Return what a recipe says of a file: what a base had not, only where there is such."""
    return {name: value for name, value in asdict(file).items() if value or name != "absentes"}


def composed_recipe(
    champ: Champ, parts: Mapping[str, ManifestChamp], catalogue: Catalogue, settings: Settings
) -> Recette:
    """Return the recipe of a field made of others: those of its parts that are in the edition."""
    told = {code: part.recette.model_dump() if part.recette else None for code, part in parts.items()}
    return Recette(
        fichiers=_print(told), tables=_print({}), regles=_rules(champ, catalogue, settings), logiciel=__version__
    )


def differences(before: Recette | None, now: Recette | None) -> list[str]:
    """Return the parts of a recipe that differ, in French; all of it where one is not known."""
    if before is None or now is None:
        return ["recette inconnue"]
    told = [title for name, title in PARTS.items() if getattr(before, name) != getattr(now, name)]
    return told or ["altéré depuis"]


def _rules(champ: Champ, catalogue: Catalogue, settings: Settings) -> str:
    held = [asdict(shape) for shape in shapes(champ, catalogue.restitutions.values())]
    return _print([champ.model_dump(mode="json"), held, settings.seuil])


def _print(told: Any) -> str:
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()
