"""Two published editions side by side: what they were made from, and the open figures of a restitution that moved."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from sanoscope.access.scope import OPEN
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.changes import Nature, Sending, changes
from sanoscope.edition.manifest import Manifest
from sanoscope.present.moved import NATURES, OTHERS, shown
from sanoscope.query.moved import Moved, Side, comparable, moved
from sanoscope.query.service import Service
from sanoscope.query.table import Table
from sanoscope.web.kept import Kept
from sanoscope.web.menu import fields
from sanoscope.web.site import page

FIRST = 20
"""Figures that a level lists."""

LISTED = 500
"""Transmissions that the page lists."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many establishments of a field and a year have a transmission that is new, replaced, gone."""

    champ: str
    annee: int
    natures: Counter[Nature]


def earlier(known: list[Manifest]) -> dict[str, str]:
    """Return, by edition, the one before it of the same kind: of transmissions, or of the same published source."""
    found: dict[str, str] = {}
    for number, manifest in enumerate(known):
        before = next((other for other in known[number + 1 :] if _kind(other) == _kind(manifest)), None)
        if before:
            found[manifest.nom] = before.nom
    return found


def address(before: str, after: str, restitution: str = "") -> str:
    """Return the path and query of the comparison of two editions."""
    given = {"de": before, "a": after, **({"restitution": restitution} if restitution else {})}
    return f"/editions/comparer?{urlencode(given)}"


def compared_pages(service: Service) -> APIRouter:
    """Return the page on a service."""
    routes = APIRouter(default_response_class=HTMLResponse)
    kept: Kept[list[Moved]] = Kept(100)

    def moves(restitution: Restitution, de: str, a: str) -> list[Moved]:
        before, after = _side(service, de), _side(service, a)
        if not comparable(restitution, before.manifest, after.manifest):
            return []
        return kept.get((restitution.slug, de, a), lambda: list(moved(restitution, before, after, first=FIRST)))

    @routes.get("/editions/comparer")
    def compare(request: Request, de: str = "", a: str = "", restitution: str = "") -> HTMLResponse:
        known = service.editions()
        before = earlier(known)
        a = a or next(iter(before), "")
        de = de or before.get(a, "")
        if not (de and a):
            return page(request, "comparaison.html", connues=known, de="", a="", slug="", changements=None)
        first, last = service.edition(de).manifest, service.edition(a)
        found = changes(first, last.manifest)
        every = [r for r in service.catalogue.restitutions.values() if OPEN.may_read(r)]
        picked = service.catalogue.restitution(restitution) if restitution else None
        return page(
            request,
            "comparaison.html",
            connues=known,
            de=de,
            a=a,
            slug=restitution,
            changements=found,
            comptes=_counts(found.transmissions),
            montrees=found.transmissions[:LISTED],
            noms={finess: one.raison_sociale for finess, one in last.finess.items()},
            natures=NATURES,
            autres=OTHERS,
            champs=fields(service.catalogue),
            restitutions=[r for r in every if comparable(r, first, last.manifest)],
            choisie=picked,
            niveaux=service.catalogue.champ(picked).dimensions if picked else {},
            bouge=moves(picked, de, a) if picked and OPEN.may_read(picked) else [],
            montre=shown,
            adresse_de=address,
        )

    return routes


def _side(service: Service, name: str) -> Side:
    def ask(slug: str, pairs: list[tuple[str, str]]) -> Table:
        return service.ask(slug, [*pairs, ("edition", name)], OPEN)[1]

    return Side(service.edition(name).manifest, ask)


def _counts(transmissions: Iterable[Sending]) -> list[Count]:
    found: dict[tuple[str, int], Counter[Nature]] = {}
    for one in transmissions:
        found.setdefault((one.champ, one.annee), Counter())[one.nature] += 1
    return [Count(*key, natures) for key, natures in sorted(found.items())]


def _kind(manifest: Manifest) -> str:
    return manifest.source.source if manifest.source else ""
