"""What an edition is made of: two editions of the same recipe have the same figures."""

from dataclasses import dataclass

from sanoscope import __version__
from sanoscope.catalogue.load import Catalogue
from sanoscope.edition.build import rules_of
from sanoscope.edition.manifest import Entree, Manifest
from sanoscope.edition.sent import counting
from sanoscope.nomenclature.reference import load_reference
from sanoscope.workspace import Workspace

File = tuple[str, str, int, int, str]


@dataclass(frozen=True, slots=True)
class Recipe:
    """The files that count by field, the reference tables, the rules, the version of the software."""

    files: dict[str, frozenset[File]]
    reference: dict[str, str]
    rules: str
    software: str


def recipe_now(workspace: Workspace, catalogue: Catalogue) -> Recipe:
    """Return the recipe of the edition that would be built now; its files are empty where there is nothing to build."""
    sent = counting(workspace, catalogue)
    return Recipe(
        {code: _files(of.entries) for code, of in sent.items()},
        dict(load_reference(workspace.reference).fingerprints),
        rules_of(catalogue, workspace.settings),
        __version__,
    )


def recipe_of(manifest: Manifest, catalogue: Catalogue) -> Recipe:
    """Return the recipe of an edition; fields made of others are not part of it."""
    own = {code: of for code, of in manifest.champs.items() if code in catalogue.champs}
    return Recipe(
        {code: _files(of.entrees) for code, of in own.items() if catalogue.champs[code].fichiers},
        manifest.nomenclatures,
        manifest.regles,
        manifest.logiciel,
    )


def _files(entries: list[Entree]) -> frozenset[File]:
    return frozenset((e.genre, e.finess, e.annee, e.mois, e.sha256) for e in entries)
