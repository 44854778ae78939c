"""How a reader wants the pages shown: light, dark, or as his system says. Kept in a cookie, set by a plain link."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from sanoscope.errors import CriterionError, suggest
from sanoscope.sentence import Sentence
from sanoscope.web.language import marked

COOKIE = "affichage"
A_YEAR = 365 * 24 * 3600
"""Seconds that the choice is kept."""

DISPLAYS = {"auto": marked("Automatique"), "clair": marked("Clair"), "sombre": marked("Sombre")}
"""Displays, each with its name; ``auto`` follows the system."""


def display(request: Request) -> str:
    """Return the display that a reader chose; a cookie that says anything else is as none."""
    chosen = request.cookies.get(COOKIE, "auto")
    return chosen if chosen in DISPLAYS else "auto"


def displays() -> APIRouter:
    """Return the address that keeps the choice: ``/affichage?theme=sombre&retour=/plan``."""
    routes = APIRouter()

    @routes.get("/affichage")
    def choose(request: Request, theme: str = "", retour: str = "/") -> RedirectResponse:
        if theme not in DISPLAYS:
            raise CriterionError(
                "affichage-inconnu",
                Sentence("Affichage « %(theme)s » inconnu.", theme=theme),
                allowed=DISPLAYS,
                todo=suggest(theme, DISPLAYS),
            )
        answer = RedirectResponse(local(retour), 303)
        https = request.url.scheme == "https"
        answer.set_cookie(COOKIE, theme, max_age=A_YEAR, httponly=True, samesite="lax", secure=https)
        return answer

    return routes


def local(address: str) -> str:
    """Return an address of this site.

    Raises:
        CriterionError: ``retour-etranger``: it leads elsewhere (``//site``, ``/\\\\site``, ``https:…``).
    """
    if not address.startswith("/") or address[1:2] in ("/", "\\") or any(c in address for c in "\r\n\t"):
        raise CriterionError(
            "retour-etranger",
            Sentence("Le retour « %(address)s » ne mène pas à ce site.", address=address),
            todo=Sentence("Donnez un chemin, par exemple /plan."),
        )
    return address
