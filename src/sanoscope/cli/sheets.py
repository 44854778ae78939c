"""A fiche written to a file: as PDF, as a page of its own, as JSON."""

from collections.abc import Callable, Iterable
from pathlib import Path

import orjson

from sanoscope.access.scope import IDENTIFIED
from sanoscope.catalogue.load import catalogue
from sanoscope.present.fiche import to_document
from sanoscope.present.pdf import to_pdf
from sanoscope.query.fiches import Sheet, compose
from sanoscope.query.service import Service
from sanoscope.web.fiches import standalone
from sanoscope.workspace import Workspace


def _pdf(service: Service, sheet: Sheet) -> bytes:
    return to_pdf(sheet, service.edition, "")


def _json(service: Service, sheet: Sheet) -> bytes:
    return orjson.dumps(to_document(sheet), option=orjson.OPT_INDENT_2)


WRITERS: dict[str, Callable[[Service, Sheet], bytes]] = {"pdf": _pdf, "html": standalone, "json": _json}
"""How a fiche is written, by the extension of its file."""


def write_sheet(workspace: Workspace, slug: str, pairs: Iterable[tuple[str, str]], output: Path) -> Sheet:
    """Write a fiche in the form that the extension of its file says, and return it.

    Raises:
        NotFoundError: there is no such fiche or edition.
        CriterionError: no subject, an unknown criterion or value.
        KeyError: the extension is none of `WRITERS`.
    """
    service = Service(workspace, catalogue())
    sheet = compose(service, slug, pairs, IDENTIFIED)
    output.write_bytes(WRITERS[output.suffix.removeprefix(".").lower()](service, sheet))
    return sheet
