"""How a table is cited: in a sentence, and for a bibliography."""

import re
from datetime import date

from sanoscope.query.table import Table


def sentence(table: Table, address: str, seen: date) -> str:
    """Return a citation as a sentence.

    Args:
        table: what is cited.
        address: a full address that always answers the same: pinned to the edition.
        seen: day it was looked at.
    """
    return (
        f"Sanoscope. {table.title}. Édition {table.edition} ({table.state}) du {_day(table.made)}. "
        f"{address} (consulté le {seen:%d/%m/%Y})."
    )


def bibtex(table: Table, address: str, seen: date) -> str:
    """Return a citation as a BibTeX entry; takes the same as `sentence`."""
    year = table.made[:4]
    key = re.sub(r"[^a-z0-9]+", "-", f"sanoscope-{table.edition}-{year}".lower()).strip("-")
    fields = {
        "author": "{Sanoscope}",
        "title": f"{{{_escaped(table.title)}}}",
        "year": year,
        "note": _escaped(f"Édition {table.edition} ({table.state}) du {_day(table.made)}"),
        "url": address,
        "urldate": seen.isoformat(),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{key},", *lines, "}"])


def _day(made: str) -> str:
    return f"{date.fromisoformat(made):%d/%m/%Y}"


def _escaped(text: str) -> str:
    """Return a text that BibTeX takes as it is."""
    return re.sub(r"([&%$#_{}])", r"\\\1", text.replace("\\", "/"))
