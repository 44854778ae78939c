"""How an existing base of stays is said in our words: a mapping file (YAML), checked before anything is read.

Two are shipped beside this module (``correspondances/*.yaml``); docs/import.md is their reference. A column of ours is
taken from columns of the base as they are: no expression is written in a mapping file.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from sanoscope.errors import SanoscopeError, suggest
from sanoscope.formats.layout import Field as LayoutField
from sanoscope.formats.layout import Layout
from sanoscope.formats.registry import layout_of, layouts

SHIPPED = Path(__file__).parent / "correspondances"

STAYS, CHAINING = "sejours", "chainage"
KINDS = {STAYS: "rsa", CHAINING: "ano"}
"""The kind of file that a table of a base stands for; the other tables are zones of the stays."""

REQUIRED: Mapping[str, tuple[str, ...]] = {
    STAYS: ("ghm", "mois_sortie", "sexe", "age_ans", "duree", "mode_sortie", "code_geo"),
    CHAINING: ("numero_anonyme", "codes_retour"),
    "unites": (),
    "diagnostics": ("code",),
    "actes": ("code_ccam",),
    "radiotherapie": ("code_supplement", "nb_supplements"),
    "autorisations": ("type_autorisation",),
}
"""The columns that a mapping must give, by table, where it gives the table."""

OWNER = "rang_unite"
"""Of an item: the rank, from 1, of the unit that it belongs to, in its stay."""

FROM_KEY = ("finess", "cle_rsa")
"""Columns of ours that ``cle`` gives: a mapping does not give them twice."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _listed(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


def _column(given: Any) -> Any:
    return {"de": given} if isinstance(given, str | list) else given


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Colonne(_Frozen):
    """Where a column of ours comes from. A name alone, or a list of names, stands for ``de``.

    Attributes:
        de: the column of the base; several are put one after the other, as they follow in the file.
        constante: what every line has, instead.
        valeurs: what the codes of the base become; a code that is not there refuses its line, a blank stays blank.
        sinon: what other codes become, instead of a refusal.
        date: how a date is written (``%d/%m/%Y``), where the base has it as a text.
        partie: what is taken of a date: ``mois`` or ``annee``.
        decimale: mark before decimals of a number that the base has as a text.
        source: what says that this column is that one, where it is not what the table's ``source`` says.
    """

    de: Names = ()
    constante: str | None = None
    valeurs: dict[str, str] = {}
    sinon: str | None = None
    date: str = ""
    partie: Literal["", "mois", "annee"] = ""
    decimale: Literal[".", ","] = "."
    source: str = ""

    @model_validator(mode="after")
    def _one_origin(self) -> "Colonne":
        if bool(self.de) == (self.constante is not None):
            raise ValueError("dites soit « de » (une ou plusieurs colonnes de la base), soit « constante »")
        if self.sinon is not None and not self.valeurs:
            raise ValueError("« sinon » ne vaut qu'avec « valeurs »")
        return self


class Cle(_Frozen):
    """What tells a stay: columns of the base.

    Attributes:
        sejour: the number of the stay in its transmission (the RSA's index).
        etablissement: the FINESS; without it, the table is of the only establishment of the stays.
        annee: the year of discharge; not needed where the table's name says it.
    """

    sejour: str = ""
    etablissement: str = ""
    annee: str = ""


class TableDeBase(_Frozen):
    """A table of the base.

    Attributes:
        table: its name; ``{aa}`` stands for the last two digits of the year, ``{annee}`` for all four.
        morceaux: instead, of a zone, the column of the stays where its items follow one another as in the file.
        cle: what tells a stay in it.
        colonnes: the columns of ours that it gives.
        source: what says that these are those.
    """

    table: str = ""
    morceaux: str = ""
    cle: Cle = Cle()
    colonnes: dict[str, Annotated[Colonne, BeforeValidator(_column)]] = {}
    source: str = ""

    @property
    def by_year(self) -> bool:
        """Whether there is a table a year."""
        return "{aa}" in self.table or "{annee}" in self.table

    def name(self, year: int) -> str:
        """Return the name of the table of a year."""
        return self.table.replace("{aa}", f"{year % 100:02}").replace("{annee}", str(year))

    @model_validator(mode="after")
    def _one_origin(self) -> "TableDeBase":
        if bool(self.table) == bool(self.morceaux):
            raise ValueError("dites soit « table », soit « morceaux »")
        if self.morceaux and (self.colonnes or self.cle != Cle()):
            raise ValueError("« morceaux » va seul : le format dit les colonnes")
        if self.table and not self.cle.sejour:
            raise ValueError("« cle » doit dire « sejour », la colonne du numéro du séjour")
        return self


class Acces(_Frozen):
    """Where the base is.

    Attributes:
        chemin: the DuckDB or SQLite file, or the folder (or one file) of Parquet or CSV; relative to the mapping file.
        forme: what it is; "" lets the file say.
        separateur: between the values of a CSV file.
    """

    chemin: str = ""
    forme: Literal["", "duckdb", "parquet", "csv", "sqlite"] = ""
    separateur: Annotated[str, Field(min_length=1, max_length=1)] = ","


class Correspondance(_Frozen):
    """A mapping file: a base, and our columns in it.

    Attributes:
        correspondance: its name, said in reports.
        libelle: what kind of base it is for.
        source: the documents that its tables and columns come from.
        champ: the field of the stays.
        base: where the base is; the command can say it instead.
        annees: the years to take; none is all.
        mois: the month up to which a year is cumulated, where it is not the last one with a discharge.
        tables: ``sejours``, and those of ``chainage`` and of the zones of a stay that the base has.
    """

    correspondance: str = Field(min_length=1, pattern=r"^[a-z0-9-]+$")
    libelle: str = ""
    source: str = ""
    champ: Literal["mco"] = "mco"
    base: Acces = Acces()
    annees: tuple[int, ...] = ()
    mois: dict[int, Annotated[int, Field(ge=1, le=12)]] = {}
    tables: dict[str, TableDeBase]

    @model_validator(mode="after")
    def _ours(self) -> "Correspondance":
        for name, table in self.tables.items():
            if name not in REQUIRED:
                raise ValueError(_unknown("table", name, REQUIRED))
            self._check(name, table)
        if STAYS not in self.tables:
            raise ValueError(f"tables : « {STAYS} » manque ; c'est la seule obligatoire")
        stays = self.tables[STAYS]
        if stays.morceaux or not stays.cle.etablissement:
            raise ValueError(f"{STAYS} : « table » et « cle.etablissement » (la colonne du FINESS) sont obligatoires")
        if not (stays.by_year or stays.cle.annee):
            raise ValueError(f"{STAYS} : dites « cle.annee », ou l'année dans le nom de la table ({{aa}}, {{annee}})")
        return self

    @staticmethod
    def _check(name: str, table: TableDeBase) -> None:
        if table.morceaux:
            if name in KINDS:
                raise ValueError(f"{name} : « morceaux » ne vaut que pour une zone d'un séjour")
            return
        known = columns_of(name)
        for column in table.colonnes:
            if column in FROM_KEY and name in KINDS:
                raise ValueError(f"{name}.{column} : « cle » la donne déjà")
            if column not in known:
                raise ValueError(f"{name} : {_unknown('colonne', column, known)}")
        if lacking := [column for column in REQUIRED[name] if column not in table.colonnes]:
            raise ValueError(
                f"{name} : colonnes obligatoires absentes : {', '.join(lacking)} (obligatoires : "
                f"{', '.join(REQUIRED[name])})"
            )


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    return f"{what} inconnue « {name} ». {suggest(name, known)} Sont admises : {', '.join(sorted(known))}".replace(
        ".  ", ". "
    )


def fields_of(name: str, layout: Layout) -> tuple[LayoutField, ...]:
    """Return the fields kept of a table in a layout, without those that ``cle`` gives."""
    if name in KINDS:
        return tuple(f for f in layout.columns if f.stored)
    return tuple(f for zone in layout.zones if zone.name == name for f in zone.fields if f.stored)


def kind_of(name: str) -> str:
    """Return the kind of file that a table is part of."""
    return KINDS.get(name, KINDS[STAYS])


def layout_for_table(name: str, year: int) -> Layout:
    """Return the layout of a year that a table is part of.

    Raises:
        InputFileError: ``format-annee``.
    """
    return layout_of(kind_of(name), year)


@cache
def columns_of(name: str) -> tuple[str, ...]:
    """Return the columns of ours that a table may give, in any year."""
    every = {f.name: None for layout in layouts(kind_of(name)) for f in fields_of(name, layout)}
    own = () if name in KINDS or name in ("unites", "radiotherapie", "autorisations") else (OWNER,)
    return (*own, *every)


def shipped() -> dict[str, Path]:
    """Return the mapping files that come with the software, by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.yaml"))}


def load_correspondance(given: str | Path) -> tuple[Correspondance, Path]:
    """Return a mapping, by its shipped name or its file, with the folder that its ``chemin`` starts from.

    Raises:
        SanoscopeError: ``correspondance-inconnue``, ``correspondance-invalide`` (with what is wrong, where).
    """
    known = shipped()
    path = known.get(str(given), Path(given))
    if not path.is_file():
        raise SanoscopeError(
            "correspondance-inconnue",
            f"Il n'y a pas de correspondance « {given} ».",
            allowed=(*known, "un fichier YAML"),
            todo=suggest(str(given), known) or "Voyez docs/import.md pour en écrire une.",
        )
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise _invalid(path, f"ce n'est pas un fichier YAML ({' '.join(str(error).split())})") from error
    if not isinstance(document, dict):
        raise _invalid(path, "ce n'est pas une suite de clés et de valeurs")
    try:
        return Correspondance.model_validate(document), path.parent
    except ValidationError as error:
        raise _invalid(path, "\n".join(_said(one) for one in error.errors())) from error


def _said(error: ErrorDetails) -> str:
    """Return what is wrong in a mapping, and where, in French."""
    place = ".".join(str(part) for part in error["loc"])
    match error["type"]:
        case "extra_forbidden":
            above = _keys(error["loc"][:-1])
            return f"{place} : clé inconnue. {suggest(str(error['loc'][-1]), above)} Sont admises : {', '.join(above)}"
        case "missing":
            return f"{place} : clé obligatoire absente"
        case "value_error":
            return f"{place} : {error['ctx']['error']}" if place else str(error["ctx"]["error"])
        case "literal_error":
            return f"{place} : « {error['input']} » n'est pas admis ; admis : {error['ctx']['expected']}"
        case _:
            return f"{place} : « {error['input']} » n'est pas ce qui est attendu ({error['msg']})"


def _keys(place: tuple[int | str, ...]) -> tuple[str, ...]:
    """Return the keys admitted at a place of a mapping file."""
    model: type[BaseModel] = Correspondance
    match place:
        case ("base",):
            model = Acces
        case ("tables", _):
            model = TableDeBase
        case ("tables", _, "cle"):
            model = Cle
        case ("tables", _, "colonnes", *_):
            model = Colonne
    return tuple(model.model_fields)


def _invalid(path: Path, why: str) -> SanoscopeError:
    return SanoscopeError(
        "correspondance-invalide",
        f"{path.name} n'est pas une correspondance valide.\n{why}",
        todo="Corrigez le fichier ; docs/import.md dit chaque clé.",
    )
