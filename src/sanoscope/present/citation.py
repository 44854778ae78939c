"""How a table is cited: in a sentence, and for a bibliography."""

import re
from collections.abc import Callable
from datetime import date

from sanoscope.query.table import Table
from sanoscope.sentence import Sentence, Value


def sentence(table: Table, address: str, seen: date) -> str:
    """Return a citation as a sentence.

    Args:
        table: what is cited.
        address: a full address that always answers the same: pinned to the edition.
        seen: day it was looked at.
    """
    return Sentence(
        "Sanoscope. %(titre)s. %(edition)s. %(adresse)s (consulté le %(jour)s).",
        titre=table.title,
        edition=_edition(table),
        adresse=address,
        jour=seen,
    )


def bibtex(table: Table, address: str, seen: date, say: Callable[[Value], str] = str) -> str:
    """Return a citation as a BibTeX entry; takes the same as `sentence`, and how a language says it."""
    year = table.made[:4]
    key = re.sub(r"[^a-z0-9]+", "-", f"sanoscope-{table.edition}-{year}".lower()).strip("-")
    fields = {
        "author": "{Sanoscope}",
        "title": f"{{{_escaped(say(table.title))}}}",
        "year": year,
        "note": _escaped(say(_edition(table))),
        "url": address,
        "urldate": seen.isoformat(),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{key},", *lines, "}"])


def _edition(table: Table) -> Sentence:
    day = date.fromisoformat(table.made)
    return Sentence("Édition %(nom)s (%(etat)s) du %(jour)s", nom=table.edition, etat=Sentence(table.state), jour=day)


def _escaped(text: str) -> str:
    """Return a text that BibTeX takes as it is."""
    return re.sub(r"([&%$#_{}])", r"\\\1", text.replace("\\", "/"))
