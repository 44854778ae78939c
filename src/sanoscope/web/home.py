"""The home page: search, the four themes, the entries by filter, what is new, where to find help."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from sanoscope.api.reader import site_of
from sanoscope.query.service import Service
from sanoscope.query.updates import updates
from sanoscope.web import language as languages
from sanoscope.web.language import marked
from sanoscope.web.menu import TITLES, everything, filters
from sanoscope.web.site import page, published_edition
from sanoscope.web.structured import of_site

SHOWN_UPDATES = 3
CARDS = {
    "indicateurs-synthetiques": marked(
        "Le portrait d'un établissement, d'un panier, d'une région ou d'un champ, en quelques indicateurs."
    ),
    "activite": marked(
        "Qui soigne qui, où et pour quoi : production et consommation de soins, casemix, parts de marché, recours."
    ),
    "couts-finances": marked("Ce que coûtent les soins : référentiels de coûts, unités d'œuvre, casemix valorisé."),
    "qualite": marked("Qualité et sécurité des soins, durées de séjour attendues, réhospitalisations."),
}
"""What each theme card says."""


@dataclass(frozen=True, slots=True)
class Card:
    """A theme on the home page: its name in addresses, what it is about, how many restitutions it has."""

    theme: str
    text: str
    restitutions: int


def home(service: Service) -> APIRouter:
    """Return the home page on a service."""
    routes = APIRouter(default_response_class=HTMLResponse)

    @routes.get("/")
    def home_page(request: Request) -> HTMLResponse:
        known = everything(service)
        news, settings = updates(service)[:SHOWN_UPDATES], service.workspace.settings
        return page(
            request,
            "accueil.html",
            cartes=[Card(theme, text, sum(r.theme == theme for r in known)) for theme, text in CARDS.items()],
            filtres=filters(service.catalogue, known, {}, without="theme"),
            titres=TITLES,
            nouveautes=[(update, update.restitutions) for update in news],
            edition=published_edition(service),
            structured=of_site(
                site_of(request, settings), settings.editeur or "Sanoscope", settings.licence, languages.of(request)
            ),
        )

    return routes
