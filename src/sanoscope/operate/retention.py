"""Which editions are kept, and why; the others go."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sanoscope.edition import manifest as manifests
from sanoscope.edition import publication
from sanoscope.edition.manifest import Manifest
from sanoscope.errors import SanoscopeError
from sanoscope.workspace import Workspace, alone


@dataclass(frozen=True, slots=True)
class Sort:
    """What becomes of an edition: ``raison`` says why it is kept, "" where it goes."""

    edition: str
    raison: str


def sort(workspace: Workspace, now: datetime | None = None) -> list[Sort]:
    """Return what becomes of each edition, by name.

    Kept: the one that is served, the last one that protects, the last of each published source, those sealed, the last
    ones published before (``garder``), those published or built in the last days (``jours``), and what cannot be read.
    """
    directory, settings = workspace.editions, workspace.settings
    moments = {event.edition: event.instant for event in publication.publications(directory)}
    standing = publication.published(directory)
    last = dict.fromkeys(event.edition for event in reversed(publication.publications(directory)))
    order = [name for name in last if name in standing and (directory / name).is_dir()]
    served, protecting = publication.served(directory), publication.last_protected(directory)
    earlier = [name for name in order if name != served][: settings.garder]
    since = (now or datetime.now(UTC)) - timedelta(days=settings.jours)
    sources: set[str] = set()
    reasons: dict[str, str] = {}
    for name, manifest in sorted(_editions(directory), key=lambda e: (*order, e[0]).index(e[0])):
        source = manifest.source.source if manifest and manifest.source else ""
        answers = bool(source) and name in order and source not in sources
        sources |= {source} if answers else set()
        recent = manifest is not None and moments.get(name, manifest.cree_le) > since
        told = {
            "servie": name == served,
            "la prochaine en garde la protection": name == protecting,
            "illisible : à vous de voir": manifest is None,
            "scellée": manifest is not None and manifest.etat == "scellée",
            f"répond de la source {source}": answers,
            f"l'une des {settings.garder} dernières publiées avant": name in earlier,
            f"de moins de {settings.jours} jours": recent,
        }
        reasons[name] = next((why for why, holds in told.items() if holds), "")
    return [Sort(name, why) for name, why in sorted(reasons.items())]


def purge(workspace: Workspace) -> list[Sort]:
    """Remove the editions that go, and return what became of each; one that is being removed is no longer there."""
    with alone(workspace.editions, "construction"):
        sorted_ = sort(workspace)
        for name in (one.edition for one in sorted_ if not one.raison):
            publication.remove(workspace.editions, name)
    return sorted_


def _editions(directory: Path) -> Iterator[tuple[str, Manifest | None]]:
    """Yield each edition with its manifest, None where it cannot be read."""
    for place in directory.glob("[!.]*/"):
        if place.is_symlink() or not place.is_dir():
            continue
        try:
            yield place.name, manifests.read(place)
        except SanoscopeError:
            yield place.name, None
