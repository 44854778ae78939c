"""The criteria of a restitution, each with its values or where they are listed, and what an open reader is answered."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from sanoscope.api import catalogue_shapes as shapes
from sanoscope.api.asked import described
from sanoscope.api.asked import given as parameters
from sanoscope.api.replies import REFUSED, cache_control, given, refusals
from sanoscope.api.routes import MEANINGS
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.query.criteria import BESIDE, COMPARISONS, DATE, taken
from sanoscope.query.openness import Openness, openness
from sanoscope.query.permission import COMPLETE
from sanoscope.query.service import Service
from sanoscope.query.words import CATEGORIES, SECTEURS
from sanoscope.search.codes import TITLES, zone_levels

ASKED = {"edition": MEANINGS["edition"]}

SEVERAL = ("panier", "seuil")
"""Criteria that take several values, beside ``annee`` where the restitution says so."""


def criteria_routes(service: Service) -> APIRouter:
    """Return this route on a service."""
    routes = APIRouter(responses=REFUSED)

    @routes.get(
        "/api/v1/restitutions/{slug}/criteres",
        summary="Les critères d'une restitution et leurs valeurs admises",
        tags=["catalogue"],
        openapi_extra={"parameters": described(ASKED)},
        responses=given(shapes.Criteria) | refusals("Paramètre refusé", "Restitution ou édition inconnue"),
    )
    def criteria(slug: str, request: Request) -> JSONResponse:
        named = parameters(request.query_params.multi_items(), ASKED).get("edition", "").strip()
        restitution = service.catalogue.restitution(slug)
        edition = service.answering(restitution, named)
        body = {
            "restitution": slug,
            "edition": edition.nom,
            "donnees": f"/api/v1/restitutions/{slug}/donnees",
            "criteres": list(_Told(service, restitution, edition).criteria()),
        }
        return JSONResponse(body, headers=cache_control(named))

    return routes


class _Told:
    """The criteria of a restitution in an edition, told one by one."""

    def __init__(self, service: Service, restitution: Restitution, edition: Edition) -> None:
        self.service, self.restitution, self.edition = service, restitution, edition
        self.champ = service.catalogue.champ(restitution)
        self.open: Openness = openness(service, restitution, edition)

    def criteria(self) -> Iterator[dict[str, Any]]:
        """Yield what is said of each criterion, in canonical order."""
        for name in (*taken(self.restitution), *BESIDE, DATE):
            told = getattr(self, f"_{name.replace('-', '_')}", None)
            said: Mapping[str, Any] = told() if told else {}
            several = name in SEVERAL or (name == "annee" and self.restitution.criteres.annee == "plusieurs")
            plain = {"nom": name, "sens": MEANINGS[name], "plusieurs": several, "defaut": ""}
            yield {**plain, "valeurs": [], "niveaux": [], **said}

    def _annee(self) -> dict[str, Any]:
        years = [str(year) for year in self.edition.manifest.annees]
        return {"valeurs": [_value(year) for year in years], "defaut": years[-1] if years else ""}

    def _mois(self) -> dict[str, Any]:
        return {"valeurs": [_value(str(month)) for month in range(1, 13)], "defaut": "12"}

    def _zone(self) -> dict[str, Any]:
        residence = self.restitution.criteres.zone == "residence"
        found = [
            self._level(kind, f"{kind}:{'NOM:' if kind == 'zonage' else ''}CODE", kind, open=self._zone_open(kind))
            for kind in zone_levels(self.edition)
        ]
        if residence:
            answered = "recrutement" in self.open.zones
            found.append(self._level("recrutement", "recrutement:FINESS", "etablissement", open=answered))
        return {"defaut": "france", "valeurs": [_value("france")], "niveaux": found}

    def _zone_open(self, kind: str) -> bool | None:
        """Tell whether an open reader is answered at a kind of zones; None where it is not tried."""
        if kind == "code_geo":
            return None
        if kind == "zonage":
            return any(name.startswith("zonage:") for name in self.open.zones)
        return kind in self.open.zones

    def _etablissement(self) -> dict[str, Any]:
        return {"niveaux": [self._level("etablissement", "FINESS", "etablissement")]}

    def _panier(self) -> dict[str, Any]:
        return {"niveaux": [self._level("etablissement", "FINESS,FINESS…", "etablissement")]}

    def _secteur(self) -> dict[str, Any]:
        return {"valeurs": self._of_establishments("secteur", SECTEURS)}

    def _categorie(self) -> dict[str, Any]:
        return {"valeurs": self._of_establishments("categorie", CATEGORIES)}

    def _ght(self) -> dict[str, Any]:
        return {"niveaux": [self._level("ght", "CODE", "ght")]}

    def _regroupement(self) -> dict[str, Any]:
        levels, mois = self.restitution.criteres.regroupement, self.restitution.criteres.mois
        values = [
            _value(
                level,
                self.champ.dimensions[level].libelle,
                ouvert=level in self.open.groupings,
                mois=level in self.open.monthly if mois else None,
            )
            for level in levels
            if level
        ]
        return {"valeurs": values, "defaut": levels[0]}

    def _activite(self) -> dict[str, Any]:
        return {
            "niveaux": [
                self._level(level, f"{level}:CODE", level, open=level in self.open.activities)
                for level in self.restitution.criteres.activite
            ]
        }

    def _seuil(self) -> dict[str, Any]:
        classes, known = self.service.catalogue.classes(self.restitution), self.restitution.croisees
        titles = self.service.catalogue.mesures(self.restitution)
        forms = [(f"{name}:{'|'.join(classes[name])}" if name in classes else f"{name}:MIN-MAX") for name in known]
        return {"valeurs": [_value(form, titles[name].libelle) for form, name in zip(forms, known, strict=True)]}

    def _comparer(self) -> dict[str, Any]:
        return {"valeurs": [_value(one) for one in COMPARISONS]}

    def _version(self) -> dict[str, Any]:
        return {"valeurs": [_value(COMPLETE, ouvert=False)]}

    def _edition(self) -> dict[str, Any]:
        known = [m.nom for m in self.service.editions() if m.repond(self.restitution)]
        return {"valeurs": [_value(name) for name in known], "defaut": self.edition.nom}

    def _level(self, name: str, form: str, codes: str, *, open: bool | None = None) -> dict[str, Any]:
        declared = self.champ.dimensions.get(name)
        title = TITLES.get(name) or (declared.libelle if declared else MEANINGS.get(name, name))
        if name == "recrutement":
            title = "Zone de recrutement d'un établissement"
        address = f"/api/v1/codes/{quote(codes)}?edition={quote(self.edition.nom)}"
        return {"niveau": name, "libelle": title, "forme": form, "codes": address, "ouvert": open}

    def _of_establishments(self, name: str, labels: Mapping[str, str]) -> list[dict[str, Any]]:
        found = sorted({str(getattr(one, name)) for one in self.edition.etablissements.values()})
        return [_value(value, str(labels.get(value, value))) for value in found]


def _value(value: str, title: str = "", *, ouvert: bool | None = None, mois: bool | None = None) -> dict[str, Any]:
    return {"valeur": value, "libelle": title or value, "ouvert": ouvert, "mois": mois}
