#!/usr/bin/env python3
"""Met à jour le fichier des messages anglais : ce qui est nouveau y vient, vide ; ce qui ne se dit plus s'en va.

« scripts/messages.py » écrit ; « scripts/messages.py --verifier » dit ce qui n'a pas d'anglais et n'écrit rien.
"""

import io
import sys
from importlib.resources import files
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from sanoscope.catalogue.load import catalogue
from sanoscope.web.messages import messages, untranslated

FILE = Path(str(files("sanoscope.web"))) / "locale" / "en" / "LC_MESSAGES" / "messages.po"


def read() -> Catalog:
    """Return the English file as it is; an empty one where there is none."""
    return read_po(io.BytesIO(FILE.read_bytes()), locale="en") if FILE.exists() else Catalog(locale="en")


def updated(english: Catalog) -> Catalog:
    """Return the English file with the sentences of today, each with its places, and no other."""
    fresh = Catalog(locale="en", project="Sanoscope", fuzzy=False, charset="utf-8")
    fresh.header_comment = "# Les phrases de Sanoscope : msgid en français, msgstr en anglais (docs/portail.md)."
    for message, place in messages(catalogue()):
        first = message if isinstance(message, str) else message[0]
        kept = english.get(first)
        string = kept.string if kept and kept.id == message else ""
        flags = kept.flags - {"python-format"} if kept else ()
        added = fresh.add(message, string, locations=[(place, None)], flags=flags)
        if "%(" not in first:  # Babel takes « 80 % des » for a format
            added.flags.discard("python-format")
    return fresh


def write(english: Catalog) -> None:
    """Write the English file; nothing in it changes unless a sentence does."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    written = io.BytesIO()
    write_po(written, english, width=120, ignore_obsolete=True, include_lineno=False, omit_header=False)
    lines = written.getvalue().decode().splitlines(keepends=True)
    dated = (
        '"POT-Creation-Date',
        '"PO-Revision-Date',
        '"Last-Translator',
        '"Generated-By',
        '"Report-Msgid',
        '"Language-Team',
        '"Project-Id-Version',
    )
    FILE.write_text("".join(line for line in lines if not line.startswith(dated)), encoding="utf-8")


if __name__ == "__main__":
    if "--verifier" not in sys.argv:
        write(updated(read()))
    missing = untranslated(catalogue(), read())
    for sentence in missing:
        print(f"sans anglais : {sentence}")
    print(f"{len(missing)} sans anglais, {FILE.name}")
    sys.exit(bool(missing))
