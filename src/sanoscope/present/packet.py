"""The package of an answer: a zip of its CSV, of what describes it to machines, and of what a person must know of it.

The same answer is the same bytes: files are dated of the day of the edition.
"""

import io
import zipfile
from collections.abc import Iterator
from datetime import date

import orjson

from sanoscope.present import citation
from sanoscope.present.csvw import SUFFIX, csvw
from sanoscope.present.datapackage import datapackage, stem
from sanoscope.present.licences import licence
from sanoscope.present.numbers import Style, legend
from sanoscope.query.origin import address_of, name_of
from sanoscope.query.table import Table
from sanoscope.sentence import Sentence

FILES, STATES, NOTES, _COLON = Sentence("Les fichiers"), Sentence("Les états"), Sentence("À savoir"), Sentence(" : ")
"""What the parts of the file that is read first are called."""


def packed(table: Table, style: Style, data: bytes) -> bytes:
    """Return the package of an answer.

    Args:
        table: the answer.
        style: how a language says what is read.
        data: its CSV.
    """
    name = f"{stem(table)}.csv"
    day = date.fromisoformat(table.made)
    files = {
        name: data,
        f"{name}{SUFFIX}": _json(csvw(table, name, style)),
        "datapackage.json": _json(datapackage(table, name, style, data=data)),
        "CITATION.bib": f"{citation.bibtex(table, address_of(table), None, style.say)}\n".encode(),
        "LISEZMOI.md": "".join(f"{line}\n" for line in _readme(table, style, name)).encode(),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for path, written in files.items():
            info = zipfile.ZipInfo(path, (max(1980, day.year), day.month, day.day, 0, 0, 0))
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            package.writestr(info, written)
    return out.getvalue()


def _json(document: object) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _readme(table: Table, style: Style, name: str) -> Iterator[str]:
    """Yield the lines of what a person reads first."""
    say, origin = style.say, table.origin
    yield f"# {say(table.title)}"
    if table.mark:
        yield f"\n**{say(table.mark)}**"
    if origin.subject:
        yield f"\n{say(origin.subject)}"
    terms = licence(origin.sources[0].licence if origin.theirs else origin.licence)
    facts = {
        Sentence("Requête"): f"`{table.query}`",
        Sentence("Édition"): f"{table.edition} ({say(table.state)}), {table.made}",
        Sentence("Identifiant"): name_of(table),
        Sentence("Adresse"): address_of(table) if origin.site else "",
        Sentence("Licence"): " ".join(filter(None, [say(terms.title), terms.address])),
    }
    yield ""
    yield from (f"- {say(what)}{say(_COLON)}{told}" for what, told in facts.items() if told)
    yield f"\n## {say(FILES)}\n"
    held = {
        name: Sentence("les données : une colonne NOM de chiffres exacts, NOM_etat l'état de chacun"),
        f"{name}{SUFFIX}": Sentence("le type et le sens de chaque colonne (CSVW)"),
        "datapackage.json": Sentence("les mêmes, avec la licence et les sources (Data Package)"),
        "CITATION.bib": Sentence("comment citer ces données (BibTeX)"),
    }
    yield from (f"- `{file}`{say(_COLON)}{say(what)}" for file, what in held.items())
    if signs := legend(table):
        yield f"\n## {say(STATES)}\n"
        yield from (f"- `{line.state.value}`{say(_COLON)}{say(line.meaning)}" for line in signs)
    if table.notes:
        yield f"\n## {say(NOTES)}\n"
        yield from (f"- {say(note)}" for note in table.notes)
    if origin.notice:
        yield "\n" + "\n\n".join(map(say, origin.notice.strip().split("\n\n")))
