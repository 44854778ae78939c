"""Every French sentence that the pages say, from where it is written: templates, Python, the catalogue, our lists.

`scripts/messages.py` writes them to the English file; a test fails when one has no English.
"""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import yaml
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

from sanoscope import errors
from sanoscope.api.routes import MEANINGS
from sanoscope.catalogue.load import Catalogue
from sanoscope.edition.manifest import ProtectionAnnee
from sanoscope.nomenclature.systems import TITLES
from sanoscope.present import numbers
from sanoscope.present.exports import FORMATS
from sanoscope.search.entries import LEVELS
from sanoscope.web.markdown import paragraphs
from sanoscope.web.method import spaced

METHODS = [("**.py", "python"), ("**.html", "jinja2")]
OPTIONS = {"**.html": {"newstyle_gettext": "true", "trimmed": "false"}}
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "marked": None,
    "Sentence": None,
}
ROOMS = ("access", "api", "catalogue", "edition", "engine", "present", "query", "search", "serve", "state")
"""Rooms whose sentences reach the pages, besides this one."""
Message = str | tuple[str, ...]
"""A sentence, or (singular, plural)."""


def messages(catalogue: Catalogue) -> Iterator[tuple[Message, str]]:
    """Yield each sentence with the place where it is written; a sentence written twice comes twice."""
    yield from _written()
    yield from _of_catalogue(catalogue)
    yield from _of_lists()
    for name in ProtectionAnnee.model_fields:
        yield spaced(name), "manifeste"
    for text in (*MEANINGS.values(), *numbers.SHOWN.values(), *LEVELS.values(), *TITLES.values()):
        yield str(text), "mots des réponses"
    for form in FORMATS.values():
        yield form.title, "formats"


def untranslated(catalogue: Catalogue, english: Catalog) -> list[str]:
    """Return the sentences that have no English, in the order of the pages."""
    missing: dict[str, None] = {}
    for message, _ in messages(catalogue):
        first = message if isinstance(message, str) else message[0]
        known = english.get(first)
        said = () if known is None or known.fuzzy else known.string
        if not all((said,) if isinstance(said, str) else said or ("",)):
            missing[first] = None
    return list(missing)


def _written() -> Iterator[tuple[Message, str]]:
    found = extract_from_dir(Path(str(files("sanoscope.web"))), METHODS, OPTIONS, KEYWORDS)
    for name, _, message, _, _ in sorted(found, key=lambda each: (each[0], each[1])):
        yield message, name
    for room in ROOMS:
        found = extract_from_dir(Path(str(files("sanoscope"))) / room, METHODS, OPTIONS, {"Sentence": None})
        for name, _, message, _, _ in sorted(found, key=lambda each: (each[0], each[1])):
            yield message, f"{room}/{name}"
    yield from ((asked.template, "errors.py") for asked in errors.ASKED)


def _of_catalogue(catalogue: Catalogue) -> Iterator[tuple[Message, str]]:
    for champ in catalogue.champs.values():
        for text in (champ.libelle, *(d.libelle for d in champ.dimensions.values())):
            yield text, champ.champ
        for mesure in champ.mesures.values():
            for text in (mesure.libelle, mesure.definition, mesure.unite):
                if text:
                    yield text, champ.champ
    yield from _of_sources(catalogue)
    for restitution in catalogue.restitutions.values():
        for text in (restitution.titre, restitution.objet, restitution.sous_theme, *restitution.contenu):
            yield text, restitution.slug
        for text in (t for one in restitution.rapports for t in (one.libelle, one.definition, one.unite) if t):
            yield text, restitution.slug
        for text in paragraphs(restitution.notice):
            yield text, f"{restitution.slug}, notice"
    for fiche in catalogue.fiches.values():
        for text in (fiche.titre, fiche.objet, fiche.sous_theme, *fiche.contenu):
            yield text, fiche.slug


def _of_sources(catalogue: Catalogue) -> Iterator[tuple[Message, str]]:
    for source in catalogue.sources.values():
        dimensions = (dimension.libelle for dimension in source.dimensions.values())
        measures = (text for m in source.mesures.values() for text in (m.libelle, m.definition, m.unite) if text)
        for text in (
            source.libelle,
            source.licence,
            *source.remarques,
            *source.domaines.values(),
            *dimensions,
            *measures,
        ):
            yield text, source.source


def _of_lists() -> Iterator[tuple[Message, str]]:
    written = files("sanoscope.web").joinpath("data", "glossaire.yaml").read_text(encoding="utf-8")
    for entry in yaml.safe_load(written):
        for text in (entry["terme"], entry["definition"]):
            yield text, "glossaire"
