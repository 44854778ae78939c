"""The cells of a page."""

from sanoscope.present.html import headings, rows
from sanoscope.present.numbers import Style
from tests.present.tables import every_state


def test_cells_carry_their_state_and_reason() -> None:
    sejours = [row.cells[2] for row in rows(every_state())]
    words = ["exact", "masque", "approche", "secret", "sans_objet", "indisponible", "exact"]
    assert [cell.state for cell in sejours] == words
    assert [bool(cell.reason) for cell in sejours] == [word != "exact" for word in words]
    assert "± 16" in sejours[2].reason
    assert rows(every_state())[0].cells[1].state == ""
    assert [h.text for h in headings(every_state()) if h.number] == ["Sejours", "Age (ans)", "Seances"]


def test_a_total_is_named_where_its_code_would_be() -> None:
    last = rows(every_state())[-1]
    assert [cell.text for cell in last.cells[:2]] == ["Total", ""]
    assert last.span == 2
    assert {row.span for row in rows(every_state())[:-1]} == {1}


def test_another_language_writes_its_own_figures_and_words() -> None:
    words = {"1 à 10": "1 to 10", "Incertitude : ±": "Uncertainty: ±"}
    english = Style(group=",", decimal=".", say=lambda text: words.get(text, text))
    sejours = [row.cells[2] for row in rows(every_state(), english)]
    assert [cell.text for cell in sejours[:3]] == ["4,321", "1 to 10", "≈ 1,230"]
    assert sejours[2].reason.endswith("Uncertainty: ± 16.")
    assert rows(every_state(), english)[1].cells[3].text == "≈ 70.13"
