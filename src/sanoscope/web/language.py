"""The language of a page: French at the plain address, English beside it under ``/en``.

French sentences are the keys; ``locale/en/LC_MESSAGES/messages.po`` gives the English ones. What it lacks stays French.
"""

import io
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from urllib.parse import quote

from babel.dates import format_date, format_datetime, get_timezone
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from fastapi import Request
from markupsafe import Markup, escape
from starlette.types import ASGIApp, Receive, Scope, Send

from sanoscope.sentence import Inner, Name, Number, Sentence, Value, small

SOURCE = "fr"
NAMES = {"fr": "Français", "en": "English"}
"""Languages of the site, each by its own name."""

LOCALES = {"fr": "fr", "en": "en_GB"}
"""How each writes numbers and days (Babel)."""

PARIS = get_timezone("Europe/Paris")

FRENCH = Markup('<span lang="fr">{}</span>')

SHARED = (
    "/api/v1",
    "/static",
    "/sante",
    "/metrics",
    "/catalogue",
    "/catalogue.ttl",
    "/catalogue.jsonld",
    "/catalogue.rdf",
    "/id",
    "/oembed",
    "/sitemap.xml",
    "/affichage",
    "/.well-known",
)
"""Addresses that have no language."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language that pages are written in.

    Attributes:
        code: ``fr`` or ``en`` (BCP 47).
        translations: from French sentences to its own.
    """

    code: str
    translations: NullTranslations

    @property
    def prefix(self) -> str:
        """What its addresses begin with: "" for French."""
        return "" if self.code == SOURCE else f"/{self.code}"

    def gettext(self, text: str, /, **values: object) -> str:
        """Return a French sentence in this language, with ``%(name)s`` replaced where values are given."""
        said = self.translations.gettext(text) if text else ""
        return said % values if values else said

    def say(self, text: Value) -> str:
        """Return in this language what was written in French: a sentence, a figure, a day, a text of the catalogue."""
        match text:
            case Inner():
                return small(self._said(text))
            case Sentence():
                return self._said(text)
            case Number():
                return self.number(text.value, text.decimals)
            case Name():
                return text
            case str():
                return self.gettext(text)
            case _:
                return self._value(text)

    def html(self, text: str) -> Markup:
        """Return the same as HTML, in which what stays in French says so (``lang="fr"``)."""
        if isinstance(text, Sentence):
            return self._template(text)
        said = self.say(text)
        stays = self.code != SOURCE and said == text and not isinstance(text, Number)
        return FRENCH.format(said) if stays and text else escape(said)

    def _template(self, text: Sentence) -> Markup:
        written = self.gettext(text.template)
        template = escape(small(written) if isinstance(text, Inner) else written)
        if not text.values:
            return template
        said = {
            name: self.html(v) if isinstance(v, Sentence | Name) else self._value(v) for name, v in text.values.items()
        }
        return template % said

    def _said(self, text: Sentence) -> str:
        return self.gettext(text.template, **{name: self._value(value) for name, value in text.values.items()})

    def _value(self, value: Value) -> str:
        """Return a value of a sentence: a text that is no sentence stays as it is."""
        match value:
            case Sentence() | Number():
                return self.say(value)
            case str():
                return str(value)
            case date():
                return self.date(value)
            case _:
                return self.number(value)

    def ngettext(self, one: str, several: str, n: int, **values: object) -> str:
        """Return the sentence that goes with a number; it may name ``%(n)s``."""
        return self.translations.ngettext(one, several, n) % {"n": self.number(n), **values}

    def href(self, path: str) -> str:
        """Return an address of this site in this language: ``/plan`` is ``/en/plan`` in English.

        What is not a path of the site (another site, an anchor) and what has no language is left as it is.
        """
        if not path.startswith("/") or path.startswith("//") or _shared(path):
            return path
        return (self.prefix + path) if path != "/" else (self.prefix or "/")

    def number(self, value: float, decimals: int = 0) -> str:
        """Return a figure with this language's separators."""
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        unsigned = Decimal(f"{value:z.{decimals}f}")  # « -0,00 » says nothing
        return format_decimal(unsigned, format=pattern, locale=LOCALES[self.code])

    def date(self, day: date | datetime) -> str:
        """Return a day in full, e.g. « 4 septembre 2020 », « 4 September 2020 »."""
        return format_date(day, format="long", locale=LOCALES[self.code])

    def instant(self, at: datetime | str) -> str:
        """Return an instant, or one written in ISO 8601, at the clock of Paris, e.g. « 4 sept. 2020, 14:05 »."""
        known = datetime.fromisoformat(at) if isinstance(at, str) else at
        return format_datetime(known, "d MMM y, HH:mm", tzinfo=PARIS, locale=LOCALES[self.code])

    def month(self, number: int) -> str:
        """Return the name of a month, 1 to 12."""
        return format_date(date(2000, number, 1), format="LLLL", locale=LOCALES[self.code])


@cache
def language(code: str) -> Language:
    """Return a language of `NAMES`, its translations read once."""
    return Language(code, NullTranslations() if code == SOURCE else _translations(code))


def of(request: Request) -> Language:
    """Return the language that the address of a request asks for."""
    return language(request.scope.get("state", {}).get("langue", SOURCE))


def marked(text: str) -> str:
    """Return a text as it is, and mark it for `messages`: it will be translated where it is shown."""
    return text


class ByAddress:
    """ASGI middleware: ``/en/plan`` is answered by the page ``/plan``, told that its language is English."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its language taken from its address and kept in ``scope["state"]["langue"]``."""
        if scope["type"] == "http":
            code, path = _split(scope["path"])
            scope = {
                **scope,
                "path": path,
                "raw_path": quote(path).encode(),
                "state": {**scope.get("state", {}), "langue": code},
            }
        await self.app(scope, receive, send)


def without_language(path: str) -> str:
    """Return a path as the routes know it: ``/en/plan`` is ``/plan``."""
    return _split(path)[1]


def _split(path: str) -> tuple[str, str]:
    """Return the language and the rest of a path; what has no language has none to take off."""
    first, _, rest = path.removeprefix("/").partition("/")
    if first in NAMES and first != SOURCE and not _shared(f"/{rest}"):
        return first, f"/{rest}"
    return SOURCE, path


def _shared(path: str) -> bool:
    return any(path == start or path.startswith((f"{start}/", f"{start}?")) for start in SHARED)


def _translations(code: str) -> GNUTranslations:
    written = files("sanoscope.web").joinpath("locale", code, "LC_MESSAGES", "messages.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(written), locale=code))
    compiled.seek(0)
    return GNUTranslations(compiled)
