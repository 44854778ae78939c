"""Pages of the record layouts: each field of each kind of file, with its positions year by year and its source."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sanoscope.formats.layout import Field, Layout
from sanoscope.formats.registry import kinds, layouts
from sanoscope.intake.champs import FIELD_OF
from scripts.reference.text import Page, code, listed, sentence, table

TYPES = {
    "text": "texte",
    "integer": "entier",
    "month": "mois",
    "date": "date",
    "dated": "date, mois et année",
    "presence": "présence",
}
MEANINGS = {
    "texte": "Ce que portent les caractères, sans les espaces autour.",
    "entier": "Un nombre entier ; des espaces veulent dire qu'il est absent.",
    "mois": "Un entier de 1 à 12 ; des espaces veulent dire qu'il est absent.",
    "date": "Une date, JJMMAAAA.",
    "date, mois et année": "Une date, JJMMAAAA, dont on fait aussi deux colonnes : le mois et l'année.",
    "présence": "Un caractère par jour, 1 ou 0 ; la colonne est le nombre de 1.",
}


@dataclass(slots=True)
class Seen:
    """A field of a kind of file, through the years.

    Attributes:
        one: as the latest layout that has it says.
        at: by (first, last) character, the layouts where it is there, oldest first.
    """

    one: Field
    at: dict[tuple[int, int], list[Layout]] = field(default_factory=dict)


def pages() -> list[Page]:
    """Return the page of each kind of file, after their index."""
    return [_index(), *(_page(kind) for kind in kinds())]


def described(kind: str) -> dict[tuple[str, str], Seen]:
    """The fields of a kind of file by zone ("" is the fixed part) and name, in the order of the latest layout."""
    found: dict[tuple[str, str], Seen] = {}
    for layout in reversed(layouts(kind)):
        for zone, fields in (("", layout.fields), *((zone.name, zone.fields) for zone in layout.zones)):
            for one in fields:
                seen = found.setdefault((zone, one.name), Seen(one))
                seen.at.setdefault((one.start, one.end), []).insert(0, layout)
    return found


def _index() -> Page:
    rows = [
        [f"[{code(kind)}]({kind}.md)", FIELD_OF[kind].upper() if kind in FIELD_OF else "", _years(layouts(kind))]
        for kind in kinds()
    ]
    return Page(
        "enregistrements/index",
        "Les formats d'enregistrement",
        [
            "Les fichiers que lit Sanoscope, champ par champ, tels que ses données (`formats/data/`) les disent. "
            "Quelle année a "
            "quel format, et ce qui le prouve, est sur [la page des formats](../../formats.md).",
            table(["fichier", "champ", "années"], rows),
            "## Les types",
            table(["type", "sens"], MEANINGS.items()),
        ],
    )


def _page(kind: str) -> Page:
    parts = [
        "Une position se compte du premier caractère de la ligne, qui est 1 ; dans une zone, du premier "
        "caractère d'un élément. "
        "Où un champ a changé de place, chacune est donnée avec ses versions. Ce qui n'est pas gardé n'est écrit "
        "nulle part.",
        table(
            ["version", "années", "partie fixe", "zones", "source"],
            (
                [
                    code(one.version),
                    listed(map(str, one.years)),
                    f"{one.width} caractères",
                    listed(f"{code(z.name)} ({z.width} × {code(z.counter) if z.counter else '1'})" for z in one.zones),
                    sentence(one.source),
                ]
                for one in layouts(kind)
            ),
        ),
    ]
    fields = described(kind)
    for zone in dict.fromkeys(zone for zone, _ in fields):
        parts += [
            f"## Zone {code(zone)}" if zone else "## Partie fixe",
            table(["champ", "ce que c'est", "type", "positions", "gardé"], _rows(kind, zone)),
        ]
    return Page(f"enregistrements/{kind}", f"Le fichier {kind}", parts)


def _rows(kind: str, zone: str) -> Iterator[list[str]]:
    for (of, name), seen in described(kind).items():
        if of == zone:
            yield [
                code(name),
                sentence(seen.one.label),
                TYPES[seen.one.type],
                _positions(seen),
                "oui" if seen.one.stored else "non",
            ]


def _positions(seen: Seen) -> str:
    places = [f"{first}" if first == last else f"{first}–{last}" for first, last in seen.at]
    if len(places) == 1:
        return places[0]
    return " ; ".join(f"{place} ({_versions(of)})" for place, of in zip(places, seen.at.values(), strict=True))


def _versions(of: list[Layout]) -> str:
    return of[0].version if len(of) == 1 else f"{of[0].version} à {of[-1].version}"


def _years(of: tuple[Layout, ...]) -> str:
    years = [year for one in of for year in one.years]
    return f"{min(years)}–{max(years)}"
