"""How the service is: whether it lives (``/sante``), whether it can answer (``/sante/pret``)."""

from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from sanoscope import __version__
from sanoscope.api import shapes
from sanoscope.api.replies import REFUSED, given
from sanoscope.edition.publication import current, served
from sanoscope.engine.plan import Aggregate, Measure, Scan
from sanoscope.query.service import Service

GOOD, BAD = "bon", "mauvais"
ONE = Aggregate(Scan("etablissements"), ((),), (Measure("n", "count"),))
"""What is asked of a database to see that it answers."""

NEEDED = ("edition", "base")
"""Checks without which nothing is answered. Figures are answered without the state: it is told, and stops nothing."""

UNKEPT = {"Cache-Control": "no-store"}


def health_routes(service: Service) -> APIRouter:
    """Return the two checks of a service; neither waits for a place at work."""
    routes = APIRouter(responses={status: said for status, said in REFUSED.items() if status == "4XX"})

    @routes.get("/sante", summary="Le service vit", tags=["service"], responses=given(shapes.Health))
    async def health() -> JSONResponse:
        edition = served(service.workspace.editions)
        return JSONResponse({"etat": GOOD, "edition": edition, "version": __version__}, headers=UNKEPT)

    @routes.get(
        "/sante/pret",
        summary="Le service peut répondre",
        tags=["service"],
        responses={
            **given(shapes.Ready),
            503: {"model": shapes.Ready, "description": "Il ne peut pas répondre : l'un de ses contrôles est mauvais"},
        },
    )
    def ready() -> JSONResponse:
        checks = {name: _holds(check) for name, check in _checks(service).items()}
        good = all(checks[name] == GOOD for name in NEEDED)
        edition = served(service.workspace.editions)
        body = {"etat": GOOD if good else BAD, "edition": edition, "version": __version__, "controles": checks}
        return JSONResponse(body, 200 if good else 503, headers=UNKEPT)

    return routes


def _checks(service: Service) -> dict[str, Callable[[], object]]:
    """Return by name what must be done without an error."""
    return {
        "edition": lambda: current(service.workspace.editions),
        "base": lambda: [engine.run(ONE) for engine in service.edition().engines.values()],
        "etat": lambda: service.baskets.find("pret"),
    }


def _holds(check: Callable[[], object]) -> str:
    try:
        check()
    except Exception:  # whatever it is, it cannot answer; a request that fails says why in the log
        return BAD
    return GOOD
