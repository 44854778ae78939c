"""The routes of an application, as they are written: those of the routers that it includes among them."""

from collections.abc import Iterable, Iterator

from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import Scope


def flat(routes: Iterable[BaseRoute]) -> Iterator[Route | Mount]:
    """Yield routes, those of the routers among them, in order: no router has a prefix."""
    for route in routes:
        if isinstance(route, Route | Mount):
            yield route
        else:  # a router of FastAPI, whole
            yield from flat(route.original_router.routes)  # type: ignore[attr-defined]


def methods(routes: Iterable[BaseRoute], scope: Scope) -> list[str]:
    """Return the methods that an address takes: two routes may share it."""
    asked = {**scope, "root_path": ""}
    found = (route for route in flat(routes) if isinstance(route, Route) and route.matches(asked)[0] is not Match.NONE)
    return sorted({method for route in found for method in route.methods or ()})
