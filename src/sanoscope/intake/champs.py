"""Which field a file is of, where its extension is that of several: ``.ano`` is MCO, SMR, HAD or PSY.

What decides, in order: the field in the file's own name or in its archive's; the other files of the same
transmission, in the same archive or folder (a ``.rha`` beside it says SMR); the length of its first line, where only
one field has that length in that year. Nothing else: a file that these do not settle is refused.
"""

from dataclasses import replace

from sanoscope.errors import InputFileError
from sanoscope.formats.registry import layouts
from sanoscope.intake.names import FIELD_OF
from sanoscope.intake.sources import Found, Refusal, Source

LONGEST = 1 << 16
"""Bytes in which the first line must end for its length to be looked at."""


def settle(found: Found) -> tuple[list[Source], list[Refusal]]:
    """Return the files to read, each with its kind, and all refusals, those whose field nothing tells included."""
    settled: list[Source] = []
    refusals = list(found.refusals)
    for source in found.sources:
        if source.name.kind:
            settled.append(source)
            continue
        try:
            told = found.told.get((source.place, source.name.key), set())
            kinds = _kinds(source, told)
        except InputFileError as error:
            refusals.append(Refusal(source.label, error.code, str(error)))
            continue
        if not kinds:
            refusals.append(_undescribed(source, told))
        elif len(kinds) == 1:
            settled.append(replace(source, name=replace(source.name, kind=kinds[0], champ=FIELD_OF[kinds[0]])))
        else:
            refusals.append(_ambiguous(source))
    return settled, refusals


def _kinds(source: Source, told: set[str]) -> list[str]:
    """Return the kinds that a file may be of, after all that may be known of it."""
    choices = source.name.choices
    if len(told) == 1:
        (champ,) = told
        return [kind for kind in choices if FIELD_OF[kind] == champ]
    if source.size == 0:
        return [choices[0]]
    width = _first_line(source)
    year = source.name.key.annee
    alike = [kind for kind in choices if any(year in v.years and v.width == width for v in layouts(kind))]
    return alike or list(choices)


def _first_line(source: Source) -> int:
    """Return the length of the first line, in characters."""
    with source.open() as stream:
        return len(stream.read(LONGEST).splitlines()[0])


def _undescribed(source: Source, told: set[str]) -> Refusal:
    fields = ", ".join(FIELD_OF[kind].upper() for kind in source.name.choices)
    (champ,) = told
    message = (
        f"{source.label} : aucun format connu pour un fichier « {source.name.extension} » du champ {champ.upper()} "
        f"(connus : {fields})."
    )
    return Refusal(source.label, "champ-sans-format", message)


def _ambiguous(source: Source) -> Refusal:
    extension, key = source.name.extension, source.name.key
    fields = ", ".join(FIELD_OF[kind].upper() for kind in source.name.choices)
    message = (
        f"{source.label} : rien ne dit de quel champ est ce fichier « {extension} » ({fields}). Mettez-le dans le "
        "dossier ou l'archive des autres fichiers de sa transmission, ou nommez son champ : "
        f"{key.finess}.{key.annee}.{key.mois}.SMR.{extension}, par exemple."
    )
    return Refusal(source.label, "champ-inconnu", message)
