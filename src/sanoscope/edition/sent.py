"""What the store has of a field, and which of it counts."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.load import Catalogue
from sanoscope.edition.lacking import lacking
from sanoscope.edition.manifest import Entree
from sanoscope.intake.names import FIELD_OF
from sanoscope.intake.store import StoredFile, Transmission, last_transmissions, stored_files
from sanoscope.workspace import Workspace


def lines_of(file: StoredFile, champ: Champ) -> int:
    """Return how many lines of a field a file has: those accepted, or the items of the field's zone in them."""
    return file.tables.get(champ.zone, 0) if champ.zone else file.acceptees


@dataclass(frozen=True)
class Sent:
    """A field, all the files that the store has of it, and the transmissions that count."""

    champ: Champ
    files: dict[StoredFile, Path]
    transmissions: list[Transmission]

    @cached_property
    def counting(self) -> frozenset[StoredFile]:
        """The files whose lines count."""
        every = (file for sent in self.transmissions for file in sent.fichiers.values())
        return frozenset(file for file in every if file.kind in self.champ.fichiers)

    @property
    def years(self) -> list[int]:
        """The years of the transmissions that count."""
        return sorted({sent.annee for sent in self.transmissions})

    @property
    def entries(self) -> list[Entree]:
        """The files that count, their chaining with them, as a manifest says them."""
        return [_entry(file) for sent in self.transmissions for file in sent.fichiers.values()]

    @property
    def absent(self) -> dict[int, list[str]]:
        """By year, what the files that count have not of what the field reads."""
        return lacking(self.champ, (file for sent in self.transmissions for file in sent.fichiers.values()))

    def lines(self, annee: int) -> int:
        """Return how many lines the files of a year that count have."""
        return sum(lines_of(file, self.champ) for file in self.counting if file.annee == annee)

    def replaced(self, annee: int) -> int:
        """Return how many lines of a year the store has that a later transmission replaces."""
        others = (file for file in self.files if file.kind in self.champ.fichiers and file not in self.counting)
        return sum(lines_of(file, self.champ) for file in others if file.annee == annee)


def counting(workspace: Workspace, catalogue: Catalogue, years: Collection[int] = ()) -> dict[str, Sent]:
    """Return by field what the store has that counts; a field of which nothing does is not there.

    Args:
        workspace: where the store is.
        catalogue: the fields.
        years: years to take; none is all that the store has.
    """
    stored = {place: dict(stored_files(workspace.store, place)) for place in dict.fromkeys(FIELD_OF.values())}
    sent: dict[str, Sent] = {}
    for code, champ in ((code, champ) for code, champ in catalogue.champs.items() if champ.fichiers):
        places = dict.fromkeys(FIELD_OF[kind] for kind in champ.fichiers)
        files = {file: path for place in places for file, path in stored[place].items()}
        transmissions = last_transmissions(
            list(files), champ.fichiers, (champ.chainage.fichier,) if champ.chainage else (), years or None
        )
        transmissions = [t for t in transmissions if any(lines_of(f, champ) for f in t.fichiers.values())]
        if transmissions:
            sent[code] = Sent(champ, files, transmissions)
    return sent


def _entry(file: StoredFile) -> Entree:
    return Entree(
        nom=file.nom,
        genre=file.kind,
        finess=file.finess,
        annee=file.annee,
        mois=file.mois,
        instant=file.instant,
        sha256=file.sha256,
        lignes=file.acceptees,
        tronque=file.tronque,
    )
