"""What is new: the editions that were published, and since when each restitution is up to date."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition import manifest as manifests
from sanoscope.edition.manifest import Manifest
from sanoscope.edition.publication import published
from sanoscope.query.service import Service
from sanoscope.sentence import Sentence

DAYS = {"hebdomadaire": 7, "mensuel": 31, "annuel": 366}
"""Days after which an update is due at the latest, by rhythm."""

STATES = (Sentence("en cours"), Sentence("scellée"))
"""What an edition says of its state."""

KEPT_EDITIONS = 500
"""Editions of which what readers are told is kept in memory: a manifest names every file received, this does not."""


@dataclass(frozen=True, slots=True)
class Told:
    """A published edition, as readers are told of it.

    Attributes:
        edition: its name; ``etat``: its state.
        when: when it was built.
        print: fingerprint of its open store: with the name, what makes it itself for ever.
        years: (year, latest month sent), ascending.
        manifest: all that its open side says.
    """

    edition: str
    etat: str
    when: datetime
    print: str
    years: tuple[tuple[int, int], ...]
    manifest: Manifest

    @property
    def partial(self) -> tuple[tuple[int, int], ...]:
        """The years that are not whole yet."""
        return tuple((year, month) for year, month in self.years if month < 12)


@dataclass(frozen=True, slots=True)
class Update:
    """A published edition and what it brought up to date: the restitutions that it answers."""

    told: Told
    restitutions: tuple[Restitution, ...]

    def of(self, theme: str) -> tuple[Restitution, ...]:
        """Return its restitutions of a theme; all for ""."""
        return tuple(r for r in self.restitutions if theme in ("", r.theme))


def updates(service: Service, theme: str = "") -> list[Update]:
    """Return the editions that were published, the latest first; of a theme, those that hold some of it."""
    place = service.workspace.editions
    known = published(place)
    files = [place / name / manifests.PUBLIC / manifests.FILE for name in known]
    told = [_told(path, path.stat().st_mtime_ns) for path in files if path.is_file()]
    catalogue = service.catalogue
    found = [
        Update(t, tuple(r for r in catalogue.restitutions.values() if t.manifest.repond(r)))
        for t in sorted(told, key=lambda t: (t.when, t.edition), reverse=True)
    ]
    return [update for update in found if update.of(theme)]


def last(news: list[Update]) -> dict[str, date]:
    """Return the day of each restitution's last update, by slug."""
    found: dict[str, date] = {}
    for update in news:
        for restitution in update.restitutions:
            found.setdefault(restitution.slug, update.told.when.date())
    return found


def due(rythme: str, since: date) -> date:
    """Return the day by which the next update is due."""
    return since + timedelta(days=DAYS[rythme])


@lru_cache(maxsize=KEPT_EDITIONS)
def _told(path: Path, stamp: int) -> Told:
    """Return what readers are told of a manifest; read again when it is no longer as of its ``stamp`` (sealing)."""
    manifest = manifests.read(path.parent)
    return Told(
        manifest.nom,
        manifest.etat,
        manifest.cree_le,
        "-".join(champ.empreinte[:16] for champ in manifest.champs.values()),
        tuple((year, manifest.mois_de(year)) for year in sorted(manifest.annees)),
        manifest,
    )
