"""What moved between two editions, written: as text, as a JSON document, as CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from sanoscope.edition.changes import Changes
from sanoscope.present.numbers import SHOWN
from sanoscope.query.moved import Move, Moved, Seen
from sanoscope.query.table import State
from sanoscope.sentence import Number, Sentence

NATURES = {
    "nouvelle": Sentence("nouvelle"),
    "disparue": Sentence("disparue"),
    "remplacee": Sentence("remplacée"),
}
"""What became of a transmission, in words."""

OTHERS = {
    "nomenclature": Sentence("table de référence"),
    "version": Sentence("version de la classification"),
    "logiciel": Sentence("logiciel"),
    "moteur": Sentence("moteur"),
    "regles": Sentence("catalogue et seuil"),
}
"""What else an edition is made with, in words."""

COUNTS = ("chiffres", "nouveaux", "disparus", "changes", "approches", "masques")
COLUMNS = (
    *("quoi", "champ", "restitution", "regroupement", "annee", "objet", "mesure"),
    *("avant", "avant_etat", "apres", "apres_etat", "ecart", "evolution"),
)
"""Columns of the CSV; a count is in ``apres``."""

LISTED = 40
"""Transmissions that the text lists."""


def shown(seen: Seen) -> str:
    """Return a cell as it is shown, as a sentence."""
    if seen.figure is None:
        return Sentence(SHOWN[seen.state])
    figure = Number(seen.figure, seen.digits)
    return Sentence("≈ %(n)s", n=figure) if seen.state is State.APPROXIMATE else figure


def text(before: str, after: str, changed: Changes, found: Sequence[Moved]) -> Iterator[str]:
    """Yield the lines of the comparison in French: what the editions are made from, then the figures."""
    yield f"De « {before} » à « {after} »"
    yield ""
    yield f"Transmissions : {len(changed.transmissions)} changées, {changed.pareilles} pareilles."
    for sent in changed.transmissions[:LISTED]:
        months = " → ".join(f"M{month}" if month else "–" for month in (sent.avant, sent.apres))
        who = f"{sent.champ.upper()} {sent.annee} {sent.finess}".rstrip()
        yield f"  {who} : {NATURES[sent.nature]}, {months} ({', '.join(sent.fichiers)})"
    if len(changed.transmissions) > LISTED:
        yield f"  … et {len(changed.transmissions) - LISTED} autres."
    for other in changed.autres:
        yield f"{OTHERS[other.quoi]} {other.nom} : {other.avant or '–'} → {other.apres or '–'}"
    yield ""
    calm = [one for one in found if one.calme]
    for one in (one for one in found if not one.calme):
        level = f" par {one.regroupement}" if one.regroupement else ""
        yield f"{one.restitution.slug}{level} ({', '.join(map(str, one.annees))})"
        if one.refus:
            yield f"  sans réponse dans {one.refus}"
            continue
        yield (
            f"  {one.chiffres} chiffres communs : {one.changes} changés, {one.approches} approchés autrement, "
            f"{one.masques} masqués ou démasqués ; {one.nouveaux} nouveaux, {one.disparus} disparus."
        )
        yield from (f"    {_line(move)}" for move in one.premiers)
    yield f"{len(calm)} tableaux où rien ne bouge, sur {len(found)}."


def _line(move: Move) -> str:
    gap = f" ({move.evolution:+.1f} %)".replace(".", ",") if move.evolution is not None else ""
    unit = f" {move.unite}" if move.unite else ""
    return f"{move.annee} {' '.join(move.ligne)}, {move.titre} : {shown(move.avant)} → {shown(move.apres)}{unit}{gap}"


def document(before: str, after: str, changed: Changes, found: Iterable[Moved]) -> dict[str, Any]:
    """Return the comparison as a JSON document."""
    return {
        "de": before,
        "a": after,
        "transmissions": [asdict(one) | {"nature": one.nature} for one in changed.transmissions],
        "transmissions_pareilles": changed.pareilles,
        "autres": [asdict(one) for one in changed.autres],
        "restitutions": [
            {
                "restitution": one.restitution.slug,
                "champ": one.restitution.champ,
                "regroupement": one.regroupement,
                "annees": list(one.annees),
                **{name: getattr(one, name) for name in COUNTS},
                "refus": one.refus,
                "premiers": [told(move) for move in one.premiers],
            }
            for one in found
        ],
    }


def told(move: Move) -> dict[str, Any]:
    """Return a change as a JSON object."""
    sides = {"avant": move.avant, "apres": move.apres}
    return {
        "annee": move.annee,
        "ligne": [str(part) for part in move.ligne],
        "mesure": move.mesure,
        **{name: {"valeur": seen.figure, "etat": seen.state.value} for name, seen in sides.items()},
        "ecart": move.ecart,
        "evolution": move.evolution,
    }


def to_csv(changed: Changes, found: Iterable[Moved], mark: str = "") -> bytes:
    """Return the comparison as CSV (RFC 4180, UTF-8): a line a transmission, a count, a figure; each with its mark."""
    file = io.StringIO(newline="")
    lines = csv.DictWriter(file, (*COLUMNS, "filigrane") if mark else COLUMNS, restval=mark)
    lines.writeheader()
    empty = dict.fromkeys(COLUMNS, "")
    for sent in changed.transmissions:
        lines.writerow(
            empty
            | {
                "quoi": f"transmission-{sent.nature}",
                "champ": sent.champ,
                "annee": sent.annee,
                "objet": sent.finess,
                "avant": sent.avant or "",
                "apres": sent.apres or "",
            }
        )
    for other in changed.autres:
        lines.writerow(empty | {"quoi": other.quoi, "objet": other.nom, "avant": other.avant, "apres": other.apres})
    for one in found:
        own = {"champ": one.restitution.champ, "restitution": one.restitution.slug, "regroupement": one.regroupement}
        if one.refus:
            lines.writerow(empty | {"quoi": "refus", **own, "objet": one.refus})
            continue
        for name in COUNTS:
            lines.writerow(empty | {"quoi": f"nombre-{name}", **own, "apres": getattr(one, name)})
        lines.writerows(empty | {"quoi": "chiffre", **own, **_flat(move)} for move in one.premiers)
    return file.getvalue().encode()


def _flat(move: Move) -> dict[str, object]:
    return {
        "annee": move.annee,
        "objet": " ".join(move.ligne),
        "mesure": move.mesure,
        "avant": _plain(move.avant.figure),
        "avant_etat": move.avant.state.value,
        "apres": _plain(move.apres.figure),
        "apres_etat": move.apres.state.value,
        "ecart": _plain(move.ecart),
        "evolution": _plain(move.evolution),
    }


def _plain(figure: float | None) -> str:
    return "" if figure is None else str(figure)
