"""What a restitution of establishments shows of sources of indicators beside its own measures, and ratios of both."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from sanoscope.catalogue.field import Frozen

NAME = r"[a-z][a-z0-9_]*"


class Indicateur(Frozen):
    """A column taken from a source of indicators, for each establishment of the rows.

    Attributes:
        source, mesure: which measure of which source.
        nom: name of the column; that of the measure where it has none.
    """

    source: str
    mesure: str
    nom: str = Field("", pattern=f"({NAME})?")

    @property
    def colonne(self) -> str:
        """The name of its column."""
        return self.nom or self.mesure


def _several(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


class Rapport(Frozen):
    """A ratio of columns of a restitution, shown where all that it is made of is exact.

    Attributes:
        nom: name of its column.
        libelle, definition: label, and one sentence.
        numerateur: columns, multiplied by each other; in the file, one or a list.
        denominateur: a column.
        par_jour: the denominator counts for each day of the year (365 or 366): beds, for days that they could serve.
        facteur: what the ratio is multiplied by: 100 for per cent.
        unite, decimales: unit, digits after the point.
    """

    nom: str = Field(pattern=NAME)
    libelle: str
    numerateur: Annotated[
        tuple[str, ...], BeforeValidator(_several, json_schema_input_type=str | tuple[str, ...]), Field(min_length=1)
    ]
    denominateur: str
    par_jour: bool = False
    facteur: float = Field(1, gt=0)
    unite: str = ""
    decimales: int = Field(0, ge=0)
    definition: str

    @property
    def de(self) -> tuple[str, ...]:
        """The columns that it is made of."""
        return (*self.numerateur, self.denominateur)
