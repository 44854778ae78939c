"""A citation names the table, its edition and its day; BibTeX reads it whatever the title holds."""

from dataclasses import replace
from datetime import date

from sanoscope.present.citation import bibtex, sentence
from tests.present.tables import every_state

ADDRESS = "https://exemple.fr/restitutions/essai?annee=2023&edition=petite"
DAY = date(2026, 3, 9)


def test_in_a_sentence() -> None:
    assert sentence(every_state(), ADDRESS, DAY) == (
        f"Sanoscope. Essai. Édition petite (en cours) du 02/01/2024. {ADDRESS} (consulté le 09/03/2026)."
    )


def test_in_a_bibliography() -> None:
    entry = bibtex(replace(every_state(), title="Part_s {50 %} & plus"), ADDRESS, DAY)
    assert entry == (
        "@misc{sanoscope-petite-2024,\n"
        "  author = {{Sanoscope}},\n"
        "  title = {{Part\\_s \\{50 \\%\\} \\& plus}},\n"
        "  year = {2024},\n"
        "  note = {Édition petite (en cours) du 02/01/2024},\n"
        f"  url = {{{ADDRESS}}},\n"
        "  urldate = {2026-03-09},\n"
        "}"
    )
