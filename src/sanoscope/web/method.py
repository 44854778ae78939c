"""The method, told twice: to everyone, and to who audits it. The texts are Markdown files of the package."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from markupsafe import Markup
from pydantic import BaseModel

from sanoscope.web.language import SOURCE, Language, marked
from sanoscope.web.markdown import to_html, with_links


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the site: its title, its body, and the language that they are in."""

    title: str
    body: Markup
    language: str


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured of each protected object: objects side by side, a line a measure.

    Attributes:
        headings: what the lines are, then the name of each object.
        rows: the name of a measure, then its value for each object, as texts.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def text(name: str, language: Language) -> Text:
    """Return a text of ``textes/`` by its name, ``textes/en/`` where it is there: its first line is its title."""
    folder = files("sanoscope.web").joinpath("textes")
    translated = folder.joinpath(language.code, f"{name}.md")
    known = translated.is_file()
    written = (translated if known else folder.joinpath(f"{name}.md")).read_text(encoding="utf-8")
    title, _, body = written.partition("\n")
    return Text(
        title.removeprefix("# "), to_html(with_links(body, language.href), level=2), language.code if known else SOURCE
    )


def measures(protection: Sequence[BaseModel | Mapping[str, object]], language: Language) -> Measures | None:
    """Return the measures of an edition's protection as a table; None where there are none.

    Args:
        protection: one object a sheet; the first field of the first is what names it.
        language: of the page.
    """
    sheets = [dict(sheet) for sheet in protection]
    names = list(dict.fromkeys(name for sheet in sheets for name in sheet))
    if not names:
        return None
    first, *others = names

    def line(name: str) -> list[str]:
        return [language.gettext(spaced(name)), *(_said(sheet.get(name), language) for sheet in sheets)]

    head = [language.gettext(spaced(first)), *(str(sheet.get(first, "")) for sheet in sheets)]
    return Measures(head, [line(name) for name in others])


def spaced(name: str) -> str:
    """Return what a field of the manifest is called, in French."""
    return name.replace("_", " ").capitalize()


def _said(value: object, language: Language) -> str:
    """Return a value of a manifest as text: numbers as the language writes them, yes or no, lists joined."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return language.gettext(marked("oui") if value else marked("non"))
    if isinstance(value, int):
        return language.number(value)
    if isinstance(value, float):
        digits = f"{value:.4g}"
        return language.number(float(digits), len(digits.partition(".")[2]))
    if isinstance(value, list | tuple):
        return ", ".join(_said(each, language) for each in value)
    return str(value)
