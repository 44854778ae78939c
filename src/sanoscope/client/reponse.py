"""A `Reponse`: the table that answers a question, and all that is said of it, for Polars, pandas or Arrow."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

import pyarrow as pa

from sanoscope.errors import SanoscopeError, suggest
from sanoscope.present import citation
from sanoscope.present.columns import MARK
from sanoscope.present.exports import DOCUMENT
from sanoscope.query.table import Kind, Label, Table

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

KIND = "genre_ligne"
"""Column that tells a total from a detail."""


@dataclass(frozen=True, slots=True)
class Edition:
    """The edition that answered: its name, its state (``scellée``, ``en cours``), its day."""

    nom: str
    etat: str
    date: date


@dataclass(frozen=True, slots=True)
class Colonne:
    """A column: its name, what a person reads, and of a measure its unit, decimals and definition.

    ``decimales_lignes``: the decimals that each row is shown with, where they are not all ``decimales``.
    """

    nom: str
    libelle: str
    genre: Literal["texte", "mesure"]
    unite: str = ""
    decimales: int = 0
    definition: str = ""
    decimales_lignes: tuple[int, ...] = ()


class Reponse:
    """An answer. What it holds is what the page of the same question shows, states included.

    Args:
        slug: the restitution.
        table: typed columns, with what is said of them in the schema's metadata, as the API writes them.
        site: the address that links are made from, "" for none.

    Attributes:
        slug: the restitution.
        titre: repeats the criteria.
        requete: canonical query string.
        edition: who answered.
        notes: what a reader must know.
        legende: what each state that is in it means.
        colonnes: its columns, in order; ``NAME_etat``, ``NAME_estimation`` and ``NAME_marge`` are not told apart.
        filigrane: what all that is made of it must bear, "" for nothing.
        lien: an address that always answers the same; a path where no site is known.

    Raises:
        SanoscopeError: ``reponse-illisible``: the columns do not say what they are.
    """

    def __init__(self, slug: str, table: pa.Table, site: str = "") -> None:
        told = _told(table)
        self.slug = slug
        self.titre: str = told["titre"]
        self.requete: str = told["requete"]
        made = told["edition"]
        self.edition = Edition(made["nom"], made["etat"], date.fromisoformat(made["date"][:10]))
        self.notes: tuple[str, ...] = tuple(told["notes"])
        self.legende: dict[str, str] = {line["etat"]: line["sens"] for line in told["legende"]}
        self.colonnes: tuple[Colonne, ...] = tuple(_column(one) for one in told["colonnes"])
        marks = table.column(MARK).to_pylist() if MARK in table.column_names else []
        self.filigrane: str = marks[0] if marks else ""
        pinned = f"{self.requete}&edition={self.edition.nom}".removeprefix("&")
        self.lien = f"{site}/restitutions/{slug}?{self.requete if _names_edition(self.requete) else pinned}"
        self._table = table

    def __len__(self) -> int:
        """Number of rows, totals included."""
        return int(self._table.num_rows)

    def __repr__(self) -> str:
        """Return what it is, in one line."""
        return f"<Reponse {self.slug}?{self.requete} : {len(self)} lignes, édition {self.edition.nom}>"

    def arrow(self) -> pa.Table:
        """Return typed columns: ``genre_ligne``, labels, then those of each measure.

        They are NAME, NAME_etat, and where there are any NAME_estimation and NAME_marge. NAME holds exact figures
        alone: it is null wherever the state is not ``exact``.
        """
        return self._table

    def polars(self) -> "pl.DataFrame":
        """Return the same columns as Polars has them."""
        import polars as pl

        return cast("pl.DataFrame", pl.from_arrow(self._table))

    def pandas(self) -> "pd.DataFrame":
        """Return the same columns as pandas has them: integers stay integers where some are missing (``Int64``).

        Raises:
            SanoscopeError: ``pandas-absent``.
        """
        try:
            import pandas as pd
        except ImportError as error:
            todo = "Installez-le : pip install pandas ; ou prenez polars() ou arrow()."
            raise SanoscopeError("pandas-absent", "pandas n'est pas installé.", todo=todo) from error
        types = {pa.int64(): pd.Int64Dtype(), pa.float64(): pd.Float64Dtype(), pa.string(): pd.StringDtype()}
        return self._table.to_pandas(types_mapper=types.get)

    @property
    def etats(self) -> "pl.DataFrame":
        """The states: ``genre_ligne`` and labels, then under the name of each measure the word of its state."""
        import polars as pl

        texts = [KIND, *(one.nom for one in self.colonnes if one.genre == "texte")]
        states = [pl.col(f"{one.nom}_etat").alias(one.nom) for one in self.colonnes if one.genre == "mesure"]
        return self.polars().select(*texts, *states)

    def mesure(self, nom: str) -> "pl.DataFrame":
        """Return one measure as it can be reckoned with.

        Columns are ``genre_ligne`` and labels, then ``valeur``, ``marge``, ``etat``. ``valeur`` is the exact figure, or
        the estimate; ``marge`` the half-width of its uncertainty, 0 where it is exact, null where it is unknown. Both
        are null wherever there is neither: such a row is not zero.

        Args:
            nom: the measure, e.g. ``sejours``.

        Raises:
            SanoscopeError: ``mesure-inconnue``.
        """
        import polars as pl

        known = [one.nom for one in self.colonnes if one.genre == "mesure"]
        if nom not in known:
            said = f"« {nom} » n'est pas une mesure de ce tableau."
            raise SanoscopeError("mesure-inconnue", said, allowed=known, todo=suggest(nom, known))
        frame = self.polars()
        texts = [KIND, *(one.nom for one in self.colonnes if one.genre == "texte")]
        near, around = (
            pl.col(f"{nom}_{what}") if f"{nom}_{what}" in frame.columns else pl.lit(None, frame[nom].dtype)
            for what in ("estimation", "marge")
        )
        exact = pl.col(nom).is_not_null()
        return frame.select(
            *texts,
            valeur=pl.coalesce(pl.col(nom), near),
            marge=pl.when(exact).then(pl.lit(0, frame[nom].dtype)).otherwise(around),
            etat=pl.col(f"{nom}_etat"),
        )

    @cached_property
    def etiquettes(self) -> Table:
        """The labels alone, with what is said of the table: what pages read of it beside its figures."""
        labels = tuple(
            Label(one.nom, one.libelle, tuple(self._table.column(one.nom).to_pylist()))
            for one in self.colonnes
            if one.genre == "texte" and one.nom != MARK
        )
        kinds = cast("tuple[Kind, ...]", tuple(self._table.column(KIND).to_pylist()))
        return Table(
            self.titre,
            self.requete,
            labels,
            (),
            kinds,
            self.edition.nom,
            self.edition.etat,
            self.edition.date.isoformat(),
            self.notes,
            mark=self.filigrane,
        )

    @property
    def citation(self) -> str:
        """How it is cited, seen today."""
        return str(citation.sentence(self.etiquettes, self.lien, date.today()))

    def html(self, lignes: int | None = None) -> str:
        """Return the table as HTML: the texts of the page, its legend, its notes, its source.

        Args:
            lignes: rows of detail to show at most, totals beside; all of them by default.
        """
        from sanoscope.client.html import to_html

        return to_html(self, lignes)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from sanoscope.client.html import SHOWN_ROWS

        return self.html(SHOWN_ROWS)


def _told(table: pa.Table) -> dict[str, Any]:
    """Return what is said of typed columns beside their rows (`present.exports.about`)."""
    metadata = table.schema.metadata or {}
    if DOCUMENT.encode() not in metadata:
        raise SanoscopeError(
            "reponse-illisible",
            "Ce service ne dit pas ce que sont les colonnes de ses fichiers.",
            todo="Il est plus ancien que ce client : demandez qu'il soit mis à jour.",
        )
    return cast("dict[str, Any]", json.loads(metadata[DOCUMENT.encode()]))


def _column(told: Mapping[str, Any]) -> Colonne:
    return Colonne(
        told["nom"],
        told["libelle"],
        told["genre"],
        told.get("unite", ""),
        told.get("decimales", 0),
        told.get("definition", ""),
        tuple(told.get("decimales_lignes", ())),
    )


def _names_edition(query: str) -> bool:
    return any(part.startswith("edition=") for part in query.split("&"))
