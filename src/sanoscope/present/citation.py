"""How a table is cited: in a sentence, and for a bibliography (BibTeX, CSL)."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from sanoscope.query.origin import name_of
from sanoscope.query.table import Table
from sanoscope.sentence import Sentence


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


def bibtex(table: Table, address: str, seen: date | None, say: Callable[[str], str] = str) -> str:
    """Return a citation as a BibTeX entry; takes the same as `sentence`, and how a language says it.

    ``seen`` is None where what is cited goes with the citation.
    """
    year, key = table.made[:4], _key(table)
    fields = {
        "author": "{Sanoscope}",
        "title": f"{{{_escaped(say(table.title))}}}",
        "year": year,
        "note": _escaped(say(_edition(table))),
        "url": address,
        "urldate": seen.isoformat() if seen else "",
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}"])


def csl(table: Table, address: str, seen: date, say: Callable[[str], str] = str) -> list[dict[str, Any]]:
    """Return a citation as CSL-JSON (Citation Style Language 1.0.2): a list of one item, of type ``dataset``."""
    item = {
        "id": _key(table),
        "type": "dataset",
        "title": say(table.title),
        "author": [{"literal": "Sanoscope"}],
        "publisher": table.origin.publisher,
        "version": table.edition,
        "note": say(_edition(table)),
        "number": name_of(table) if table.origin.slug else "",
        "issued": _parts(date.fromisoformat(table.made)),
        "accessed": _parts(seen),
        "URL": address,
    }
    return [{name: value for name, value in item.items() if value}]


def _parts(day: date) -> dict[str, list[list[int]]]:
    return {"date-parts": [[day.year, day.month, day.day]]}


def _key(table: Table) -> str:
    """Return what a bibliography calls a table."""
    return re.sub(r"[^a-z0-9]+", "-", f"sanoscope-{table.edition}-{table.made[:4]}".lower()).strip("-")


def _edition(table: Table) -> Sentence:
    day = date.fromisoformat(table.made)
    return Sentence("Édition %(nom)s (%(etat)s) du %(jour)s", nom=table.edition, etat=Sentence(table.state), jour=day)


def _escaped(text: str) -> str:
    """Return a text that BibTeX takes as it is."""
    return re.sub(r"([&%$#_{}])", r"\\\1", text.replace("\\", "/"))
