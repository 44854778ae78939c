"""The help: how to use the site with examples that answer, the glossary, the calendar."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.errors import NotFoundError
from sanoscope.query.service import Service
from sanoscope.query.updates import due, last, updates
from sanoscope.web import language as languages
from sanoscope.web.agenda import icalendar
from sanoscope.web.feeds import announced, chosen_theme, planned_subject, today
from sanoscope.web.following import of_any
from sanoscope.web.language import Language, marked
from sanoscope.web.menu import fields
from sanoscope.web.site import page, root

AIMS = {
    "positionner": (marked("Positionner"), marked("Quelle place tient un établissement sur son territoire ?")),
    "caracteriser": (marked("Caractériser"), marked("Que fait un établissement, et pour quels patients ?")),
    "suivre": (marked("Suivre"), marked("Comment l'activité évolue-t-elle, au fil de l'année ?")),
}
"""What readers want to do (name, question), as the field sorts it."""

RHYTHMS = {
    "hebdomadaire": marked("chaque semaine"),
    "mensuel": marked("chaque mois"),
    "annuel": marked("chaque année"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What examples are made from: what an edition holds.

    Attributes:
        whole: latest whole year; the latest of all where none is.
        running: latest year, and ``month`` its latest month.
        before: the year before ``running`` where the edition has it, else ``running``.
        region: code of the region with the most establishments.
    """

    whole: int
    running: int
    month: int
    before: int
    region: str


@dataclass(frozen=True, slots=True)
class Example:
    """An example of use: its aim, its question, the restitution that answers, the criteria to give."""

    aim: str
    question: str
    slug: str
    criteria: Callable[[Facts], Mapping[str, object]]


EXAMPLES = (
    Example(
        "positionner",
        marked("Où les habitants de la région se font-ils hospitaliser ?"),
        "parts-de-marche-mco",
        lambda f: {"annee": f.whole, "zone": f"region:{f.region}"},
    ),
    Example(
        "positionner",
        marked("Quels établissements de la région font le plus de séjours ?"),
        "cartographie-activite-mco",
        lambda f: {"annee": f.whole, "zone": f"region:{f.region}"},
    ),
    Example(
        "positionner",
        marked("Où les habitants de la région suivent-ils leurs soins de réadaptation ?"),
        "parts-de-marche-smr",
        lambda f: {"annee": f.whole, "zone": f"region:{f.region}"},
    ),
    Example(
        "caracteriser",
        marked("De quoi se compose l'activité des établissements de la région ?"),
        "casemix-mco",
        lambda f: {"annee": f.whole, "zone": f"region:{f.region}", "regroupement": "doac"},
    ),
    Example(
        "caracteriser",
        marked("Quelles sont les durées de séjour par catégorie d'activité, en France ?"),
        "casemix-mco",
        lambda f: {"annee": f.whole, "regroupement": "cas"},
    ),
    Example(
        "caracteriser",
        marked("Pour quels modes de prise en charge hospitalise-t-on à domicile ?"),
        "casemix-had",
        lambda f: {"annee": f.whole},
    ),
    Example(
        "caracteriser",
        marked("Sous quelles formes prend-on en charge en psychiatrie ?"),
        "casemix-psy",
        lambda f: {"annee": f.whole},
    ),
    Example(
        "suivre",
        marked("Quels établissements de MCO ont transmis, et jusqu'à quel mois ?"),
        "suivi-des-transmissions-mco",
        lambda f: {"annee": f.running},
    ),
    Example(
        "suivre",
        marked("Où en est-on cette année, par rapport aux mêmes mois de l'année d'avant ?"),
        "cartographie-activite-mco",
        lambda f: {"annee": ",".join(map(str, sorted({f.before, f.running}))), "mois": f.month},
    ),
    Example(
        "suivre",
        marked("Quelles activités progressent, sur les mêmes mois ?"),
        "casemix-mco",
        lambda f: {
            "annee": ",".join(map(str, sorted({f.before, f.running}))),
            "mois": f.month,
            "regroupement": "cas",
        },
    ),
)


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the field and what it means."""

    name: str
    definition: str

    @property
    def anchor(self) -> str:
        """Its anchor on the page: the same in every language."""
        return "".join(c if c.isalnum() else "-" for c in self.name.lower())


@dataclass(frozen=True, slots=True)
class Due:
    """A line of the calendar: a restitution, its last update and the day by which the next is due (None: no data)."""

    restitution: Restitution
    last: date | None
    next: date | None


def help_pages(service: Service) -> APIRouter:
    """Return the help pages on a service."""
    routes = APIRouter(default_response_class=HTMLResponse)

    @routes.get("/aide")
    def how_to(request: Request) -> HTMLResponse:
        return page(request, "aide.html", buts=AIMS, exemples=examples(service))

    @routes.get("/glossaire")
    def glossary(request: Request) -> HTMLResponse:
        return page(request, "glossaire.html", termes=sorted_terms(languages.of(request)))

    @routes.get("/calendrier")
    def calendar(request: Request) -> HTMLResponse:
        news, coming = updates(service), announced(service)
        restitutions = service.offered()
        return page(
            request,
            "calendrier.html",
            lignes=calendar_lines(restitutions=list(restitutions), known=last(news)),
            champs=fields(service.catalogue),
            rythmes=RHYTHMS,
            nouveautes=news,
            aujourd_hui=today(),
            annonces=[
                (one, planned_subject(one, service.catalogue, languages.of(request))) for one in coming.since(today())
            ],
            illisibles=len(coming.faults),
            offre=of_any(service),
        )

    @routes.get("/calendrier.ics")
    def agenda(request: Request, theme: str = "", restitution: str = "") -> Response:
        wanted = service.catalogue.restitution(restitution).slug if restitution else ""
        theme = chosen_theme(theme)
        kept = [r for r in service.offered() if theme in ("", r.theme) and wanted in ("", r.slug)]
        news = [u for u in updates(service, theme) if any(r in u.restitutions for r in kept)]
        told, spoken = announced(service, theme, wanted), languages.of(request)
        body = icalendar(news, kept, told, service.catalogue, theme=theme, site=root(request), language=spoken)
        return Response(body, media_type="text/calendar; charset=utf-8")

    return routes


def facts(edition: Edition) -> Facts:
    """Return what examples need of an edition."""
    manifest = edition.manifest
    years = sorted(manifest.annees)
    whole = [year for year in years if manifest.mois_de(year) == 12]
    regions = Counter(e.region for e in edition.finess.values() if e.region in edition.libelles.get("region", {}))
    regions.pop("?", None)
    return Facts(
        whole=(whole or years)[-1],
        running=years[-1],
        month=manifest.mois_de(years[-1]),
        before=years[-2] if len(years) > 1 else years[-1],
        region=min(regions, key=lambda code: (-regions[code], code)) if regions else "",
    )


def examples(service: Service) -> dict[str, list[tuple[Example, str]]]:
    """Return the examples by aim, each with its address; one that no published edition can answer is left."""
    known = service.catalogue.restitutions
    found: dict[str, list[tuple[Example, str]]] = {}
    for example in EXAMPLES:
        if example.slug not in known:
            continue
        try:
            edition = service.answering(known[example.slug])
        except NotFoundError:
            continue
        given = {name: str(value) for name, value in example.criteria(facts(edition)).items()}
        if given.get("zone") != "region:":
            query = "&".join(f"{name}={value}" for name, value in given.items())
            found.setdefault(example.aim, []).append((example, f"/restitutions/{example.slug}?{query}"))
    return found


@cache
def terms() -> Mapping[str, Term]:
    """Return the glossary, by word, from ``data/glossaire.yaml``."""
    written = files("sanoscope.web").joinpath("data", "glossaire.yaml").read_text(encoding="utf-8")
    found = [Term(entry["terme"], entry["definition"]) for entry in yaml.safe_load(written)]
    return MappingProxyType({term.name: term for term in found})


def sorted_terms(language: Language) -> list[Term]:
    """Return the glossary in the alphabetical order of a language."""
    return sorted(terms().values(), key=lambda term: _plain(language.gettext(term.name)))


def calendar_lines(*, restitutions: list[Restitution], known: Mapping[str, date]) -> list[Due]:
    """Return a line a restitution, the soonest due first; those without data come last."""
    lines = [Due(r, known.get(r.slug), due(r.rythme, known[r.slug]) if r.slug in known else None) for r in restitutions]
    return sorted(lines, key=lambda line: (line.next is None, line.next or date.max, line.restitution.titre))


def _plain(text: str) -> str:
    """Return a text as it is sorted: without accents or capitals."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
