"""A fiche as a PDF: A4 pages with their numbers, the same bytes each time, the fonts within.

Every figure is text, in the state that its answer gives it; a picture is followed by its description in words. The
document says its language and its title and has bookmarks; it is not tagged: the page of the fiche is its accessible
version.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files
from io import BytesIO
from typing import TypeAlias

from fpdf import FPDF, FontFace
from fpdf.enums import Align, TableBordersLayout, TableHeadingsDisplay, XPos, YPos

from sanoscope.edition.edition import Edition
from sanoscope.errors import SanoscopeError
from sanoscope.present.fiche import Key, excerpt, keys, left_out, meanings, notes, picture
from sanoscope.present.html import headings, rows
from sanoscope.present.numbers import Style
from sanoscope.present.pictures.frame import Picture, said
from sanoscope.present.pictures.render import to_png
from sanoscope.present.pictures.values import NothingToDrawError
from sanoscope.query.fiches import Part, Sheet
from sanoscope.query.table import Table
from sanoscope.sentence import Sentence, Value

Say: TypeAlias = Callable[[Value], str]
Colour: TypeAlias = tuple[int, int, int]

INK: Colour = (26, 34, 37)
QUIET: Colour = (75, 89, 94)
ACCENT: Colour = (11, 85, 99)
LINE: Colour = (213, 220, 219)
PALE: Colour = (239, 244, 243)
WHITE: Colour = (255, 255, 255)

MARGIN = 16.0
"""Around the page (mm)."""
CARD = 5
"""Key figures on a line."""
FIGURES = 25.0
"""Width of a column of figures (mm)."""
ROW = 6.0
"""About the height of a row (mm)."""
PICTURE = 150.0
"""Largest width of a picture (mm)."""
TALLEST = 84.0
"""Its largest height (mm)."""
SHORT = 45.0
"""Room that a heading wants under it (mm)."""

SOURCE = Sentence("Une fiche n'a pas de chiffre à elle : chacun est celui de la restitution nommée sous le bloc.")
NO_ANSWER = Sentence("Pas de réponse ici :")
NO_COMPARISON = Sentence("Sans comparaison :")
NO_ROW = Sentence("Aucune ligne ne répond à ces critères.")


def to_pdf(
    sheet: Sheet,
    edition: Callable[[str], Edition],
    link: str,
    say: Say = str,
    style: Style | None = None,
    lang: str = "fr",
) -> bytes:
    """Return a fiche as a PDF.

    Args:
        sheet: the fiche.
        edition: gives an edition by its name: maps need to know where its establishments are.
        link: full address of its page, pinned to its edition; "" where nobody serves it.
        say: from French to the language of the document.
        style: how that language writes figures.
        lang: its code (BCP 47).
    """
    return _Document(sheet, edition, link, say, style or Style(), lang).bytes()


class _Pages(FPDF):
    """A4 pages whose foot says what they are of, and their number."""

    def __init__(self, foot: str) -> None:
        super().__init__("portrait", "mm", "A4")
        self.foot = foot
        self.set_margin(MARGIN)
        self.set_auto_page_break(auto=True, margin=MARGIN + 4)
        fonts = files("sanoscope.present").joinpath("polices")
        for face, name in (("", "Regular"), ("B", "Bold")):
            self.add_font("Roboto", face, str(fonts.joinpath(f"Roboto-{name}.ttf")))
        self.set_font("Roboto")
        self.c_margin = 0.0

    def footer(self) -> None:
        """Write the foot of a page."""
        self.set_y(-MARGIN)
        self.set_draw_color(LINE)
        self.line(MARGIN, self.get_y(), self.w - MARGIN, self.get_y())
        self.set_font("Roboto", "", 7.5)
        self.set_text_color(QUIET)
        self.set_y(-MARGIN + 1.5)
        self.cell(self.epw - 20, 4, self.foot)
        self.cell(20, 4, f"{self.page_no()} / {{nb}}", align=Align.R)


class _Document:
    def __init__(
        self, sheet: Sheet, edition: Callable[[str], Edition], link: str, say: Say, style: Style, lang: str
    ) -> None:
        self.sheet, self.edition, self.link, self.say, self.style = sheet, edition, link, say, style
        made = [table.made for table in sheet.tables]
        self.pdf = _Pages(f"Sanoscope — {say(sheet.title)}")
        self.pdf.set_lang(lang)
        self.pdf.set_title(say(sheet.title))
        self.pdf.set_subject(say(sheet.fiche.objet))
        self.pdf.set_author("Sanoscope")
        self.pdf.set_creator("Sanoscope")
        self.pdf.set_creation_date(datetime.fromisoformat(max(made, default="2000-01-01")).replace(tzinfo=UTC))

    def bytes(self) -> bytes:
        """Return the document."""
        self.pdf.add_page()
        self._head()
        for part in self.sheet.parts:
            self._block(part)
        self._foot()
        return bytes(self.pdf.output())

    # what is written ------------------------------------------------------------------------------------------------

    def _write(self, text: str, size: float, *, bold: bool = False, colour: Colour = INK, link: str = "") -> None:
        self.pdf.set_font("Roboto", "B" if bold else "", size)
        self.pdf.set_text_color(colour)
        height = size * 0.47
        self.pdf.multi_cell(0, height, text, align=Align.L, link=link, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _head(self) -> None:
        say, sheet = self.say, self.sheet
        self._write(f"{say(sheet.fiche.titre)} · {sheet.annee}", 10, bold=True, colour=ACCENT)
        self._write(say(sheet.subject.name), 20, bold=True)
        self.pdf.ln(1)
        self._write(say(sheet.fiche.objet), 9, colour=QUIET)
        self._write(" ".join(say(_edition(table)) for table in sheet.editions.values()), 8, colour=QUIET)
        if self.link:
            self._write(self.link, 8, colour=ACCENT, link=self.link)

    def _title(self, text: str, room: float) -> None:
        if self.pdf.will_page_break(room):
            self.pdf.add_page()
        else:
            self.pdf.ln(5)
        self.pdf.start_section(text)
        self._write(text, 12, bold=True, colour=ACCENT)
        self.pdf.ln(1.2)

    def _block(self, part: Part) -> None:
        try:
            drawn = self._picture(part)
        except (NothingToDrawError, SanoscopeError) as error:
            self._title(self.say(part.bloc.titre), SHORT)
            self._write(f"{self.say(NO_ANSWER)} {self.say(error.message)}", 9, colour=QUIET)
            self._source(part)
            return
        room = _size(drawn)[1] + 25 if drawn else SHORT
        if part.table is not None and part.bloc.affichage == "table":
            room = min(len(excerpt(part)) * ROW + 20, self.pdf.eph)  # a table that a page holds is not cut
        self._title(self.say(part.bloc.titre), room)
        if part.refused:
            self._write(f"{self.say(NO_ANSWER)} {self.say(part.refused.message)}", 9, colour=QUIET)
        elif drawn is not None:
            self._draw(drawn)
        elif part.table is None or not part.table.kinds.count("detail"):
            self._write(self.say(NO_ROW), 9, colour=QUIET)
        elif part.bloc.affichage == "cles":
            self._keys(keys(part, self.style))
            for each in (c for c in part.comparisons if c.refused):
                why = self.say(each.refused.message) if each.refused else ""
                self._write(f"{self.say(NO_COMPARISON)} {why}", 8, colour=QUIET)
        else:
            self._table(excerpt(part))
        self._source(part)

    def _source(self, part: Part) -> None:
        said = self.say(part.restitution.titre)
        if left := left_out(part):
            total = left + part.bloc.premiers
            first = Sentence("%(n)s premières lignes sur %(total)s", n=part.bloc.premiers, total=total)
            said = f"{said} — {self.say(first)}"
        self.pdf.ln(0.8)
        self._write(said, 7.5, colour=QUIET)

    # key figures ----------------------------------------------------------------------------------------------------

    def _keys(self, found: list[Key]) -> None:
        width = (self.pdf.epw - (CARD - 1) * 3) / CARD
        for start in range(0, len(found), CARD):
            line = found[start : start + CARD]
            height = 15.5 + 7.4 * max(len(key.beside) for key in line)
            if self.pdf.will_page_break(height):
                self.pdf.add_page()
            top = self.pdf.get_y()
            for place, key in enumerate(line):
                self._card(key, self.pdf.l_margin + place * (width + 3), top, width, height)
            self.pdf.set_xy(self.pdf.l_margin, top + height + 2)

    def _card(self, key: Key, left: float, top: float, width: float, height: float) -> None:
        pdf, say = self.pdf, self.say
        pdf.set_fill_color(PALE)
        pdf.rect(left, top, width, height, style="F", round_corners=True, corner_radius=1.5)
        inside = width - 5
        unit = f" ({say(key.unit)})" if key.unit and key.unit != "%" else ""
        percent = " %" if key.unit == "%" and key.figure.state in ("exact", "approche") else ""
        self._at(left + 2.5, top + 1.8, inside, say(key.title) + unit, 8, colour=QUIET)
        self._at(left + 2.5, top + 6.2, inside, key.figure.text + percent, 16, bold=True)
        for number, other in enumerate(key.beside):
            y = top + 14.6 + 7.4 * number
            self._at(left + 2.5, y, inside, f"{say(other.name)} : {other.figure.text}", 8)
            self._at(left + 2.5, y + 3.4, inside, f"{say(other.gap)} {other.difference.text}", 7.5, colour=QUIET)

    def _at(
        self, x: float, y: float, width: float, text: str, size: float, *, bold: bool = False, colour: Colour = INK
    ) -> None:
        """Write one line at a place, smaller where it is wider than its room."""
        self.pdf.set_font("Roboto", "B" if bold else "", size)
        wide = self.pdf.get_string_width(text)
        if wide > width:
            self.pdf.set_font_size(size * width / wide)
        self.pdf.set_text_color(colour)
        self.pdf.set_xy(x, y)
        self.pdf.cell(width, size * 0.42, text)

    # tables ---------------------------------------------------------------------------------------------------------

    def _table(self, table: Table) -> None:
        pdf, texts = self.pdf, len(table.labels)
        pdf.set_font("Roboto", "", 8.5)
        pdf.set_text_color(INK)
        pdf.set_draw_color(LINE)
        pdf.set_fill_color(WHITE)
        bold, quiet = FontFace(emphasis="BOLD"), FontFace(color=QUIET)
        widths = _widths(table, pdf)
        with pdf.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            col_widths=widths,
            width=sum(widths),
            align=Align.L,
            text_align=tuple(Align.L if place < texts else Align.R for place in range(len(widths))),
            headings_style=FontFace(emphasis="BOLD", color=ACCENT, size_pt=8),
            repeat_headings=TableHeadingsDisplay.ON_TOP_OF_EVERY_PAGE,
            line_height=4.1,
            padding=(0.6, 1),
        ) as drawn:
            head = drawn.row()
            for heading in headings(table):
                head.cell(self.say(heading.text))
            for row in rows(table, self.style):
                line = drawn.row()
                for place, cell in enumerate(row.cells):
                    face = (
                        bold if row.kind == "total" else quiet if cell.state not in ("", "exact", "approche") else None
                    )
                    line.cell(cell.text if place >= texts else self.say_text(cell.text), style=face)

    def say_text(self, text: str) -> str:
        """Return a label: a sentence (« Total ») in the language of the document, a name as it is."""
        return self.say(text) if isinstance(text, Sentence) else text

    # pictures -------------------------------------------------------------------------------------------------------

    def _picture(self, part: Part) -> Picture | None:
        """Return the picture of a block; None where it has none.

        Raises:
            NothingToDrawError: there is nothing to draw.
        """
        drawn = picture(part, self.edition)
        return said(drawn, self.say, decimal=self.style.decimal, group=self.style.group) if drawn else None

    def _draw(self, drawn: Picture) -> None:
        width, height = _size(drawn)
        self.pdf.image(BytesIO(to_png(drawn)), x=self.pdf.l_margin, w=width, h=height)
        self.pdf.ln(1)
        self._write(drawn.description, 7.5, colour=QUIET)

    # the end --------------------------------------------------------------------------------------------------------

    def _foot(self) -> None:
        say = self.say
        self._title(say(Sentence("Légende et sources")), SHORT)
        for line in meanings(self.sheet):
            self._write(f"{say(line.shown)} : {say(line.meaning)}", 8.5)
        self.pdf.ln(1.5)
        for note in (SOURCE, *notes(self.sheet)):
            self._write(f"– {say(note)}", 8.5, colour=QUIET)
        if self.link:
            self.pdf.ln(1.5)
            self._write(say(Sentence("Cette fiche, toujours la même :")), 8.5)
            self._write(self.link, 8.5, colour=ACCENT, link=self.link)


def _edition(table: Table) -> Sentence:
    day = datetime.fromisoformat(table.made).date()
    return Sentence("Édition %(nom)s (%(etat)s) du %(jour)s.", nom=table.edition, etat=Sentence(table.state), jour=day)


def _size(drawn: Picture) -> tuple[float, float]:
    """Return the width and the height of a picture on the page (mm), as large as it may be."""
    across, high = drawn.size
    width = min(PICTURE, TALLEST * across / high)
    return width, width * high / across


def _widths(table: Table, pdf: FPDF) -> list[float]:
    """Return the widths of a table's columns (mm): of texts as long as the longest, the last takes what is left."""
    figures = len(table.figures)
    room = pdf.epw - FIGURES * figures
    longest = [max(map(pdf.get_string_width, (label.title, *label.values))) + 4 for label in table.labels]
    short = min(1.0, room / sum(longest))
    spare = max(0.0, room - sum(longest))
    texts = [width * short for width in longest]
    return [*texts[:-1], texts[-1] + spare, *([FIGURES] * figures)]
