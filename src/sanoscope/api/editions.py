"""The editions: those that are published, all that readers may know of one, what was published since a day."""

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from sanoscope.api import catalogue_shapes as details
from sanoscope.api import shapes
from sanoscope.api.asked import NOTHING, described
from sanoscope.api.asked import given as parameters
from sanoscope.api.replies import REFUSED, cache_control, given, refusals
from sanoscope.edition.manifest import Manifest, ManifestChamp
from sanoscope.edition.publication import Publication, current, publications, served
from sanoscope.errors import CriterionError
from sanoscope.query.service import Service
from sanoscope.query.updates import updates
from sanoscope.sentence import Sentence

SINCE = {"depuis": "AAAA-MM-JJ : les éditions publiées ce jour-là ou après ; toutes par défaut."}

DAY = {"type": "string", "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"}


def edition_routes(service: Service) -> APIRouter:
    """Return these routes on a service."""
    routes, place = APIRouter(responses=REFUSED), service.workspace.editions

    @routes.get(
        "/api/v1/editions",
        summary="Les éditions",
        tags=["catalogue"],
        dependencies=[NOTHING],
        responses=given(list[shapes.Edition]),
    )
    def all_editions() -> JSONResponse:
        now = current(place)
        return JSONResponse(
            [
                {
                    "nom": m.nom,
                    "etat": m.etat,
                    "cree_le": m.cree_le.isoformat(),
                    "annees": m.annees,
                    "publiee": m.nom == now,
                    "source": m.source.model_dump() if m.source else None,
                    "champs": {
                        code: {"annees": c.annees, "rapprochement": [r.model_dump() for r in c.rapprochement]}
                        for code, c in m.champs.items()
                    },
                }
                for m in service.editions()
            ]
        )

    @routes.get(
        "/api/v1/editions/{nom}",
        summary="Une édition : ce qu'elle contient, d'où elle vient, ses empreintes",
        tags=["catalogue"],
        dependencies=[NOTHING],
        responses=given(details.HeldEdition) | refusals("Paramètre refusé", "Édition inconnue"),
    )
    def one_edition(nom: str) -> JSONResponse:
        return JSONResponse(_told(service, service.edition(nom).manifest), headers=cache_control())

    @routes.get(
        "/api/v1/changements",
        summary="Ce qui a été publié depuis un jour",
        tags=["catalogue"],
        openapi_extra={"parameters": described(SINCE, {"depuis": DAY})},
        responses=given(details.Changes) | refusals("Jour refusé", "Rien n'est publié"),
    )
    def changes(request: Request) -> JSONResponse:
        text = parameters(request.query_params.multi_items(), SINCE).get("depuis", "").strip()
        since, events = _day(text), publications(place)
        last = {event.edition: event.instant for event in events if not event.retour}
        news = [(update, last[update.told.edition]) for update in updates(service)]
        kept = sorted((one for one in news if one[1].date() >= since), key=lambda one: one[1], reverse=True)
        body = {
            "depuis": text,
            "changements": [
                {
                    "edition": update.told.edition,
                    "etat": update.told.etat,
                    "cree_le": update.told.when.isoformat(),
                    "publiee_le": instant.isoformat(timespec="seconds"),
                    "empreinte": update.told.print,
                    "source": update.told.manifest.source.source if update.told.manifest.source else "",
                    "restitutions": [r.slug for r in update.restitutions],
                    "renouvelees": [r.slug for r in update.restitutions if update.told.manifest.renouvelle(r)],
                    "details": f"/api/v1/editions/{quote(update.told.edition)}",
                }
                for update, instant in kept
            ],
            "retours": [_event(event) for event in events if event.retour and event.instant.date() >= since],
        }
        return JSONResponse(body, headers=cache_control())

    return routes


def _told(service: Service, manifest: Manifest) -> dict[str, Any]:
    place = service.workspace.editions
    instants = [event.instant for event in publications(place) if event.edition == manifest.nom]
    return {
        "nom": manifest.nom,
        "etat": manifest.etat,
        "cree_le": manifest.cree_le.isoformat(),
        "scelle_le": manifest.scelle_le.isoformat() if manifest.scelle_le else "",
        "sceau": manifest.sceau,
        "publiee": manifest.nom == served(place),
        "publications": [instant.isoformat(timespec="seconds") for instant in instants],
        "logiciel": manifest.logiciel,
        "moteur": manifest.moteur,
        "regles": manifest.regles,
        "annees": manifest.annees,
        "nomenclatures": manifest.nomenclatures,
        "source": manifest.source.model_dump() if manifest.source else None,
        "champs": {code: _field(champ) for code, champ in manifest.champs.items()},
        "restitutions": [r.slug for r in service.catalogue.restitutions.values() if manifest.repond(r)],
    }


def _field(champ: ManifestChamp) -> dict[str, Any]:
    return {
        "annees": champ.annees,
        "empreinte": champ.empreinte,
        "repris": champ.repris,
        "couverture": [_coverage(champ, year) for year in champ.annees],
        "versions": {tree: {str(year): of for year, of in years.items()} for tree, years in champ.versions.items()},
        "codes_inconnus": champ.codes_inconnus,
        "rapprochement": [year.model_dump() for year in champ.rapprochement],
        "protection": [year.model_dump() for year in champ.protection],
    }


def _coverage(champ: ManifestChamp, year: int) -> dict[str, Any]:
    """Return how many establishments sent a year, by the latest month that each sent."""
    latest: dict[str, int] = {}
    for entry in champ.entrees:
        if entry.annee == year and entry.finess:
            latest[entry.finess] = max(entry.mois, latest.get(entry.finess, 0))
    months = Counter(latest.values())
    return {
        "annee": year,
        "mois": champ.mois_de(year),
        "etablissements": len(latest),
        "jusqu_au_mois": {str(month): n for month, n in sorted(months.items())},
    }


def _event(event: Publication) -> dict[str, Any]:
    return {"edition": event.edition, "instant": event.instant.isoformat(timespec="seconds"), "retour": event.retour}


def _day(text: str) -> date:
    """Return a day; the first there is where none is given.

    Raises:
        CriterionError: ``valeur-inconnue``.
    """
    if not text:
        return date.min
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise CriterionError(
            "valeur-inconnue",
            Sentence("%(criterion)s : « %(value)s » n'est pas admis.", criterion="depuis", value=text[:40]),
            allowed=[Sentence("un jour, écrit AAAA-MM-JJ"), datetime.now(UTC).date().isoformat()],
            criterion="depuis",
        ) from error
