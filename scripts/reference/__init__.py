"""The reference of the documentation site, made from the catalogue and the code when the site is built."""

from functools import cache

from scripts.reference import catalog, errors, layouts, restitutions, tools
from scripts.reference.text import Page


@cache
def pages() -> tuple[Page, ...]:
    """Return every page of the reference."""
    return (*catalog.pages(), *restitutions.pages(), *layouts.pages(), *tools.pages(), errors.page())
