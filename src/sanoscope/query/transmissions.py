"""Who has sent what: a table of transmissions, made from the manifest. It is administrative: nothing of it is masked.

No number of lines is told: an establishment may have sent a few.
"""

from datetime import datetime

from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.edition.manifest import Entree
from sanoscope.query import words
from sanoscope.query.criteria import Query
from sanoscope.query.planner import question
from sanoscope.query.table import Label, Measured, State, Table
from sanoscope.sentence import Sentence

YES, NO = Sentence("oui"), Sentence("non")


def sent(query: Query, restitution: Restitution, champ: Champ, edition: Edition) -> Table:
    """Return a row for each establishment and year: up to which month it has sent, when, and with what.

    Args:
        query: years, zone and establishments.
        restitution: what is asked.
        champ: its field.
        edition: the field's view of an edition, open or secure.
    """
    asked = question(query, restitution, champ, edition)
    files: dict[tuple[int, str], list[Entree]] = {}
    for entry in edition.champ.entrees:
        files.setdefault((entry.annee, entry.finess), []).append(entry)
    rows = [
        (one.annee, one.finess)
        for one in sorted(edition.etablissements.values(), key=lambda e: (e.annee, e.finess))
        if one.annee in query.annees and all(getattr(one, column) in values for column, values in asked.conditions)
    ]
    labels = [
        Label("finess", "FINESS", tuple(finess for _, finess in rows)),
        *(
            Label(
                name,
                words.ATTRIBUTES[name],
                tuple(words.attribute(name, finess, year, edition) for year, finess in rows),
                tells=False,
            )
            for name in restitution.attributs
        ),
        *(
            Label(name, title, tuple(said(files.get(row, [])) for row in rows), tells=False)
            for name, title, said in (
                ("transmis_le", Sentence("Transmis le"), _day),
                ("fichiers", Sentence("Fichiers"), _kinds),
                ("chainage", Sentence("Chaînage"), lambda entries: _chained(entries, champ)),
            )
        ),
    ]
    if len(query.annees) > 1:
        labels.insert(0, Label("annee", Sentence("Année"), tuple(str(year) for year, _ in rows)))
    months = Measured(
        name="mois_transmis",
        title=Sentence("Mois transmis"),
        unit="",
        decimals=0,
        definition=Sentence(
            "Dernier mois que la transmission retenue cumule depuis janvier : 12 pour l'année entière."
        ),
        values=tuple(edition.etablissements[row].mois for row in rows),
        states=(State.EXACT,) * len(rows),
    )
    return Table(
        title=words.title(query, restitution, champ, edition),
        query=query.canonical,
        labels=tuple(labels),
        figures=(months,),
        kinds=tuple("detail" for _ in rows),
        edition=edition.nom,
        state=edition.manifest.etat,
        made=edition.manifest.cree_le.date().isoformat(),
        notes=words.notes(query, restitution, champ, edition, ()),
        table_used="manifeste",
    )


def _attributes(name: str, rows: list[tuple[int, str]], edition: Edition) -> tuple[str, ...]:
    return tuple(words.attribute(name, finess, year, edition) for year, finess in rows)


def _day(entries: list[Entree]) -> str:
    return max((datetime.fromisoformat(e.instant).date().isoformat() for e in entries), default="…")


def _kinds(entries: list[Entree]) -> str:
    return ", ".join(sorted({entry.genre.partition("_")[0].upper() for entry in entries}))


def _chained(entries: list[Entree], champ: Champ) -> str:
    return YES if champ.chainage and any(entry.genre == champ.chainage.fichier for entry in entries) else NO
