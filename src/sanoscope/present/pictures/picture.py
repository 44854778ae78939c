"""The picture that a restitution declares, of a table: which function draws it."""

from collections.abc import Mapping
from typing import TypeAlias

from sanoscope.catalogue.restitution import Carte, Graphique, Restitution
from sanoscope.edition.edition import Edition, Etablissement, Residence
from sanoscope.errors import CriterionError
from sanoscope.present.pictures.bars import bars
from sanoscope.present.pictures.choropleth import choropleth
from sanoscope.present.pictures.circles import circles
from sanoscope.present.pictures.flows import flows
from sanoscope.present.pictures.frame import Picture
from sanoscope.present.pictures.funnel import funnel
from sanoscope.present.pictures.geometry import Level
from sanoscope.present.pictures.lines import lines
from sanoscope.present.pictures.outlines import Outlines, What
from sanoscope.present.pictures.palette import PALETTES, Theme
from sanoscope.present.pictures.pyramid import pyramid
from sanoscope.present.pictures.radar import radar
from sanoscope.present.pictures.scatter import scatter
from sanoscope.present.pictures.values import NothingToDrawError, years
from sanoscope.query.table import Table
from sanoscope.sentence import Sentence

Places: TypeAlias = Mapping[What, Mapping[str, str]]
"""Territory of each FINESS and geographic code, by level; and its geographic code."""

GENRES_OF: Mapping[What, tuple[str, ...]] = {
    "departements": ("departements",),
    "regions": ("regions",),
    "code_geo": ("points", "codes"),
}
"""Which maps loaded outlines are for, by what they are of."""


def places_of(edition: Edition) -> Places:
    """Return where the establishments and the geographic codes of an edition are."""
    known: list[tuple[str, Residence | Etablissement]] = [*edition.residences.items(), *edition.finess.items()]
    return {
        "departements": {code: one.departement for code, one in known},
        "regions": {code: one.region for code, one in known},
        "code_geo": {code: one.code_geo for code, one in known},
    }


def chart(table: Table, restitution: Restitution, *, genre: str = "", theme: Theme = "clair") -> Picture:
    """Return a chart of a table.

    Args:
        table: the answer.
        restitution: what it answers.
        genre: one of those that the restitution declares; "" for the first.
        theme: colours.

    Raises:
        NothingToDrawError: the restitution declares none, or the table holds nothing that it could show.
        CriterionError: it does not declare this one.
    """
    declared = {one.genre: one for one in restitution.graphiques}
    if not declared:
        raise NothingToDrawError(Sentence("« %(slug)s » n'a pas de graphique.", slug=restitution.slug))
    asked = next((one for name, one in declared.items() if genre in ("", name)), None)
    if asked is None:
        raise CriterionError(
            "genre-inconnu", Sentence("Graphique « %(genre)s » inconnu.", genre=genre), allowed=declared
        )
    return _chart(table, asked, restitution.slug, theme)


def _chart(table: Table, declared: Graphique, slug: str, theme: Theme) -> Picture:
    palette, measure = PALETTES[theme], declared.mesure
    if declared.genre == "pyramide":
        return pyramid(table, measure, palette, slug)
    if declared.genre == "radar":
        return radar(table, palette, slug)
    if declared.genre == "nuage":
        return funnel(table, measure, declared.effectif, palette, slug)
    if declared.genre == "nuage-croise":
        return scatter(table, declared, palette, slug)
    if declared.genre == "lignes" or len(years(table)) > 1:
        return lines(table, measure, declared.premiers, palette, slug)
    return bars(table, measure, declared.premiers, palette, slug)


def carte(
    table: Table,
    restitution: Restitution,
    places: Places,
    *,
    genre: str = "",
    theme: Theme = "clair",
    fond: Outlines | None = None,
) -> Picture:
    """Return the map of a table.

    Args:
        table: the answer.
        restitution: what it answers.
        places: territory of each FINESS, by level.
        genre: one of those that the restitution declares; "" for the first.
        theme: colours.
        fond: outlines that the operator loaded, to be drawn as the genre that they fit; `genre` is then not looked at.

    Raises:
        NothingToDrawError: the restitution declares none, or the table holds nothing that it could show.
        CriterionError: it does not declare this one.
    """
    declared = restitution.carte
    if declared is None:
        raise NothingToDrawError(Sentence("« %(slug)s » n'a pas de carte.", slug=restitution.slug))
    genre = (drawn_as(declared, fond) or GENRES_OF[fond.what][0]) if fond else genre or declared.genres[0]
    if genre not in declared.genres:
        raise CriterionError(
            "genre-inconnu", Sentence("Carte « %(genre)s » inconnue.", genre=genre), allowed=declared.genres
        )
    return _carte(table, declared, genre, restitution.slug, places, theme, fond)


def fits(declared: Carte, fond: Outlines) -> bool:
    """Tell whether a map may be drawn with outlines: it has the genre that they are for."""
    return bool(drawn_as(declared, fond))


def drawn_as(declared: Carte, fond: Outlines) -> str:
    """Return the genre of a map that outlines are for; "" where it has none."""
    return next((genre for genre in GENRES_OF[fond.what] if genre in declared.genres), "")


def _carte(
    table: Table, declared: Carte, genre: str, slug: str, places: Places, theme: Theme, fond: Outlines | None
) -> Picture:
    palette, measure = PALETTES[theme], declared.mesure
    if genre in ("points", "codes"):
        return circles(table, measure, palette, slug, places["departements"], places.get("code_geo"), fond)
    if genre == "flux":
        return flows(table, measure, palette, slug)
    level: Level = "regions" if genre == "regions" else "departements"
    return choropleth(table, measure, level, palette, slug, places[level], fond)
