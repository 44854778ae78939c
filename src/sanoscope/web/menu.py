"""Choosing a restitution (step 1): a menu by theme and sub-theme, narrowed by field, zone or establishments."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from sanoscope.catalogue.fiche import Fiche
from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.errors import CriterionError, NotFoundError, suggest
from sanoscope.query.fiches import offered
from sanoscope.query.service import Service
from sanoscope.query.updates import last, updates
from sanoscope.sentence import Sentence
from sanoscope.web.language import marked
from sanoscope.web.site import THEMES, page

FIRST = ("mco", "smr", "had", "psy")
"""The four fields of hospital activity, in the order that they are named in; others come after."""
GEO = {
    "france": marked("France entière"),
    "region": marked("Région"),
    "departement": marked("Département"),
    "territoire": marked("Territoire"),
    "code_geo": marked("Code géographique"),
    "zonage": marked("Zonage libre"),
}
ETAB = {
    "etablissement": marked("Un établissement"),
    "panier": marked("Un panier d'établissements"),
    "secteur": marked("Secteur public ou privé"),
    "categorie": marked("Catégorie"),
    "ght": marked("GHT"),
}
NAMES = ("theme", "champ", "geo", "etab")
"""The filters of the menu."""

TITLES = {
    "theme": marked("Thème"),
    "champ": marked("Champ"),
    "geo": marked("Géographie"),
    "etab": marked("Établissements"),
}
SHOWN_UPDATES = 5


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a filter: where it leads, its name, whether it is chosen, how many restitutions it leaves."""

    address: str
    name: str
    chosen: bool
    left: int


@dataclass(frozen=True, slots=True)
class Group:
    """A sub-theme, its restitutions and its fiches."""

    theme: str
    name: str
    restitutions: list[Restitution] = field(default_factory=list)
    fiches: list[Fiche] = field(default_factory=list)


def menu(service: Service) -> APIRouter:
    """Return the menu pages on a service."""
    routes = APIRouter(default_response_class=HTMLResponse)

    @routes.get("/restitutions")
    def whole(request: Request) -> HTMLResponse:
        return _menu(request, service, "/restitutions", _chosen(request, admitted(service.catalogue)))

    @routes.get("/themes/{theme}")
    def of_theme(theme: str, request: Request) -> HTMLResponse:
        if theme not in THEMES:
            raise NotFoundError(
                "theme-inconnu",
                Sentence("Il n'y a pas de thème « %(theme)s ».", theme=theme),
                allowed=THEMES,
                todo=suggest(theme, THEMES),
            )
        others = {name: allowed for name, allowed in admitted(service.catalogue).items() if name != "theme"}
        return _menu(request, service, f"/themes/{theme}", _chosen(request, others), theme)

    return routes


def fields(catalogue: Catalogue) -> dict[str, str]:
    """Return the fields that some restitution is of, by name: what each is called, its meaning left out."""
    held = {r.champ for r in catalogue.restitutions.values()}
    ordered = sorted(held, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
    return {name: field_name(name, catalogue) for name in ordered}


def field_name(champ: str, catalogue: Catalogue) -> str:
    """Return what a field is called, its meaning left out."""
    return catalogue.champs[champ].libelle.partition(" (")[0]


def admitted(catalogue: Catalogue) -> dict[str, Mapping[str, str]]:
    """Return what each filter admits, with its name."""
    return {"theme": THEMES, "champ": fields(catalogue), "geo": GEO, "etab": ETAB}


def suits(asked: Restitution | Fiche, chosen: Mapping[str, str]) -> bool:
    """Tell whether a restitution or a fiche answers to filters: its theme, fields, zones and establishments."""
    if isinstance(asked, Fiche):
        takes: dict[str, tuple[str, ...]] = {
            "theme": (asked.theme,),
            "champ": asked.champs,
            "geo": (asked.sujet if asked.sujet in GEO else "france",),
            "etab": (asked.sujet,) if asked.sujet in ETAB else (),
        }
    else:
        takes = {
            "theme": (asked.theme,),
            "champ": (asked.champ,),
            "geo": tuple(GEO) if asked.criteres.zone else ("france",),
            "etab": tuple(ETAB) if asked.criteres.etablissements else (),
        }
    return all(value in takes[name] for name, value in chosen.items())


def filters(
    catalogue: Catalogue,
    restitutions: Iterable[Restitution | Fiche],
    chosen: Mapping[str, str],
    *,
    path: str = "/restitutions",
    without: str = "",
) -> dict[str, list[Choice]]:
    """Return the filters of the menu: what each value leads to beside what is chosen already, and what it leaves.

    Args:
        catalogue: what gives the fields.
        restitutions: what there is to choose from.
        chosen: filter → value.
        path: the page that is filtered.
        without: a filter that the page has no use for.
    """
    known = list(restitutions)
    found: dict[str, list[Choice]] = {}
    for name, values in admitted(catalogue).items():
        if name == without:
            continue
        found[name] = []
        for value, title in values.items():
            others = {other: kept for other, kept in chosen.items() if other != name}
            then = others if chosen.get(name) == value else {**others, name: value}
            left = sum(suits(r, {**others, name: value}) for r in known)
            query = "&".join(f"{other}={then[other]}" for other in NAMES if other in then)
            address = f"{path}?{query}" if query else path
            found[name].append(Choice(address, title, chosen.get(name) == value, left))
    return found


def grouped(every: Iterable[Restitution | Fiche]) -> dict[str, list[Group]]:
    """Return restitutions and fiches by theme, in the order of themes, then by sub-theme."""
    found: dict[str, dict[str, Group]] = {theme: {} for theme in THEMES}
    for one in every:
        group = found[one.theme].setdefault(one.sous_theme, Group(one.theme, one.sous_theme))
        if isinstance(one, Fiche):
            group.fiches.append(one)
        else:
            group.restitutions.append(one)
    return {theme: list(groups.values()) for theme, groups in found.items() if groups}


def everything(service: Service) -> tuple[Restitution | Fiche, ...]:
    """Return all that is offered to choose from: restitutions, then fiches."""
    return (*service.offered(), *offered(service))


def _chosen(request: Request, admitted: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the filters of an address.

    Raises:
        CriterionError: an unknown filter or value.
    """
    chosen: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in admitted:
            raise CriterionError(
                "filtre-inconnu",
                Sentence("Filtre « %(name)s » inconnu.", name=name),
                allowed=admitted,
                todo=suggest(name, admitted),
            )
        if value not in ("", *admitted[name]):
            raise CriterionError(
                "valeur-inconnue",
                Sentence("%(name)s : « %(value)s » n'est pas admis.", name=name, value=value),
                allowed=admitted[name],
                todo=suggest(value, admitted[name]),
            )
        if name in chosen:
            raise CriterionError(
                "filtre-double",
                Sentence("Le filtre « %(name)s » est donné deux fois.", name=name),
                todo=Sentence("Gardez-en un."),
            )
        if value:
            chosen[name] = value
    return chosen


def _menu(request: Request, service: Service, path: str, chosen: dict[str, str], theme: str = "") -> HTMLResponse:
    of_theme = {"theme": theme} if theme else {}
    known = [r for r in everything(service) if suits(r, of_theme)]
    kept = [r for r in known if suits(r, chosen)]
    news = updates(service)
    return page(
        request,
        "menu.html",
        theme=theme,
        filtres=filters(service.catalogue, known, chosen, path=path, without="theme" if theme else ""),
        titres=TITLES,
        champs=fields(service.catalogue),
        chemin=path,
        filtre=bool(chosen),
        by_theme=grouped(kept),
        nombre=len(kept),
        maj=last(news),
        nouveautes=[(u, u.of(theme)) for u in news if u.of(theme)][:SHOWN_UPDATES],
    )
