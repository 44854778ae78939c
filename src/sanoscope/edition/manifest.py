"""What an edition says of itself."""

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from sanoscope.errors import NotFoundError

FILE = "manifest.json"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Entree(_Model):
    """A received file that the edition is made from."""

    nom: str
    genre: str
    finess: str
    annee: int
    mois: int
    instant: str
    sha256: str
    lignes: int
    tronque: bool = False


class Rapprochement(_Model):
    """Where the lines of a year went: lignes = retenues + the exclusions.

    Attributes:
        lignes: lines of the transmissions that count.
        retenues: lines in the cubes.
        exclusions: lines left out, by named exclusion.
        remplacees: lines of the store that a later transmission replaces.
    """

    annee: int
    lignes: int
    retenues: int
    exclusions: dict[str, int]
    remplacees: int


class TableCube(_Model):
    """A table of the edition."""

    nom: str
    cube: str
    dimensions: list[str]
    colonnes: list[str]
    lignes: int


class Manifest(_Model):
    """An edition: what it was made from, by what, and what it holds."""

    nom: str
    etat: Literal["en cours", "scellée"] = "en cours"
    cree_le: datetime
    logiciel: str
    moteur: str
    annees: list[int]
    entrees: list[Entree]
    rapprochement: list[Rapprochement]
    nomenclatures: dict[str, str]
    versions_ghm: dict[int, int]
    codes_inconnus: dict[str, int]
    tables: list[TableCube]
    empreinte: str

    def mois_de(self, annee: int) -> int:
        """Return the latest month that an establishment sent for a year."""
        return max((e.mois for e in self.entrees if e.annee == annee and e.genre != "ano"), default=0)


def read(directory: Path) -> Manifest:
    """Return the manifest of an edition's directory.

    Raises:
        NotFoundError: ``edition-introuvable``.
    """
    path = directory / FILE
    if not path.is_file():
        raise NotFoundError(
            "edition-introuvable",
            f"Il n'y a pas d'édition « {directory.name} ».",
            allowed=sorted(p.parent.name for p in directory.parent.glob(f"*/{FILE}") if not p.parent.is_symlink()),
            todo="« sanoscope build » en construit une.",
        )
    return Manifest.model_validate_json(path.read_text(encoding="utf-8"))


def write(directory: Path, manifest: Manifest) -> None:
    """Write a manifest, all or nothing."""
    unfinished = directory / f"{FILE}.en-cours"
    unfinished.write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    unfinished.replace(directory / FILE)
