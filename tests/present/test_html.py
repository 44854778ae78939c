"""The cells and the bars of a page."""

from sanoscope.present.html import bars, headings, rows
from sanoscope.query.table import without_estimates
from tests.present.tables import every_state


def test_cells_carry_their_state_and_reason() -> None:
    sejours = [row.cells[2] for row in rows(every_state())]
    words = ["exact", "masque", "approche", "secret", "sans_objet", "indisponible", "exact"]
    assert [cell.state for cell in sejours] == words
    assert [bool(cell.reason) for cell in sejours] == [word != "exact" for word in words]
    assert "± 16" in sejours[2].reason
    assert rows(every_state())[0].cells[1].state == ""
    assert [h.text for h in headings(every_state()) if h.number] == ["Sejours", "Age (ans)", "Seances"]


def test_bars_draw_what_is_exact_or_approached() -> None:
    drawn = bars(every_state(), "sejours", 10)
    assert [(b.label, b.value, b.state) for b in drawn] == [
        ("CH A", "4\u202f321", "exact"),
        ("CH C", "≈ 1\u202f230", "approche"),
    ]
    assert drawn[0].length == 100
    assert drawn[1].length == 100 * 1230 / 4321
    assert [b.label for b in bars(every_state(), "age", 2)] == ["CH C", "CH B"]
    assert [b.label for b in bars(without_estimates(every_state()), "sejours", 10)] == ["CH A"]
