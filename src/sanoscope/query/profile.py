"""A profile: the indicators of a few establishments side by side, each with its place among the deciles of its group.

Deciles are worked out from the figures that a source publishes, of all establishments of the group in the same year.
They are quantiles by linear interpolation (Hyndman and Fan, The American Statistician 50, 1996, 361-365, type 7): of n
figures in order, the k-th decile is at the rank 1 + k(n - 1)/10. A figure is in the tenth that follows the deciles that
it is over: 1 of the lowest, 10 of the highest, whether more is better or not.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.catalogue.source import MesurePubliee, Source
from sanoscope.edition.edition import Edition
from sanoscope.engine.plan import Column, Filter, In, Scan
from sanoscope.errors import CriterionError
from sanoscope.intake.tables import STATE
from sanoscope.query import words
from sanoscope.query.compare import reference
from sanoscope.query.criteria import Query
from sanoscope.query.published import origin
from sanoscope.query.table import Figure, Label, Measured, State, Subject, Table
from sanoscope.sentence import Name, Sentence

MOST = 6
"""Establishments side by side, at most."""
FEWEST = 10
"""Establishments of a group that have an indicator, for it to have deciles."""

UP, DOWN = "↑", "↓"
"""More is better, less is better: the same signs in every language."""
SENSES = {"haut": UP, "bas": DOWN, "neutre": ""}
WELL, BADLY = Sentence("favorable"), Sentence("défavorable")
NONE = Sentence("Aucun indicateur publié")
UNKNOWN = ("", "?")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Indicator:
    """A row of a profile: a measure, or a domain that the year says nothing of (``mesure`` None)."""

    name: str
    domaine: str
    mesure: MesurePubliee | None

    @property
    def digits(self) -> int:
        """Digits after the point of its figures."""
        return self.mesure.decimales if self.mesure else 0

    def of(self, row: Row | None) -> Figure:
        """Return the exact figure of an establishment; None where there is none."""
        return row[self.name] if row and self.mesure and row[self.name + STATE] == State.EXACT.value else None


@dataclass(frozen=True, slots=True)
class Group:
    """The establishments that some are compared with: what they are called, how many have each indicator, deciles."""

    code: str
    name: str
    counts: tuple[int, ...]
    deciles: tuple[tuple[float, ...], ...]
    """Of each indicator, D1 to D9; none of one that too few have."""


def deciles(figures: Iterable[float]) -> tuple[float, ...]:
    """Return the nine deciles of figures, D1 to D9, by linear interpolation.

    >>> deciles(range(1, 12))
    (2, 3, 4, 5, 6, 7, 8, 9, 10)
    """
    ordered = sorted(figures)
    found = []
    for k in range(1, 10):
        below, tenths = divmod(k * (len(ordered) - 1), 10)  # in whole numbers: a decile that is a figure is this figure
        found.append(ordered[below] + (tenths / 10 * (ordered[below + 1] - ordered[below]) if tenths else 0))
    return tuple(found)


def tenth(figure: float, of: Sequence[float]) -> int:
    """Return in which tenth of a group a figure is, 1 to 10: one more than the deciles that it is over.

    >>> tenth(2, deciles(range(1, 12))), tenth(2.5, deciles(range(1, 12))), tenth(99, deciles(range(1, 12)))
    (1, 2, 10)
    """
    return 1 + sum(figure > one for one in of)


def answered(query: Query, restitution: Restitution, catalogue: Catalogue, edition: Edition) -> Table:
    """Return the profile that answers a query: a row for each indicator of the year, by domain.

    Args:
        query: what is asked; its ``regroupement`` is the group of comparison.
        restitution: of what.
        catalogue: what the source is.
        edition: the edition, seen by the restitution's field.

    Raises:
        CriterionError: ``trop-long``: no establishment is given, or more than `MOST`; ``combinaison``: a group of
            establishments is; ``sans-comparaison``.
    """
    check(query)
    if query.comparer:
        reference(query, restitution, edition)
    return _Profile(query, restitution, catalogue, edition).table()


def check(query: Query) -> None:
    """Do nothing if a query names the establishments of a profile; `answered` would raise the same."""
    if not 0 < len(_named(query)) <= MOST:
        raise CriterionError(
            "trop-long",
            Sentence("Un profil est celui d'un établissement, ou de %(n)s au plus côte à côte.", n=MOST),
            allowed=["etablissement=…", "panier=…"],
            todo=Sentence("Donnez un établissement, ou un panier de %(n)s au plus.", n=MOST),
            criterion="panier" if query.panier else "etablissement",
        )
    if query.secteur or query.categorie or query.ght:
        raise CriterionError(
            "combinaison",
            Sentence("Un profil ne prend ni secteur, ni catégorie, ni GHT : il compare chacun à son groupe."),
            todo=Sentence("Retirez-les ; « regroupement » choisit le groupe."),
            criterion="categorie",
        )


def _named(query: Query) -> tuple[str, ...]:
    return (query.etablissement,) if query.etablissement else query.panier


class _Profile:
    def __init__(self, query: Query, restitution: Restitution, catalogue: Catalogue, edition: Edition) -> None:
        self.query = query
        self.restitution = restitution
        self.edition = edition
        self.champ = catalogue.champ(restitution)
        self.source: Source = catalogue.source(restitution.source)
        (self.year,) = query.annees
        (self.read,) = edition.champ.tables
        plan = Filter(Scan(self.read.nom), In(Column("annee"), query.annees))
        self.rows: list[Row] = edition.engine.run(plan).to_pylist()
        self.own = {row["finess"]: row for row in self.rows if row["finess"] in _named(query)}
        self.indicators = tuple(self._indicators())
        self.silent = len(restitution.mesures) - sum(one.mesure is not None for one in self.indicators)
        self.groups = self._groups()

    def table(self) -> Table:
        manifest = self.edition.manifest
        return Table(
            title=words.title(self.query, self.restitution, self.champ, self.edition),
            query=self.query.canonical,
            labels=tuple(self._labels()),
            figures=(*self._figures(), *(column for group in self.groups.values() for column in self._of(group))),
            kinds=tuple("detail" for _ in self.indicators),
            edition=manifest.nom,
            state=manifest.etat,
            made=manifest.cree_le.date().isoformat(),
            notes=tuple(self._notes()),
            table_used=self.read.nom,
        )

    def _indicators(self) -> Iterator[Indicator]:
        """Yield the indicators that some establishment has in the year, by domain; of an empty domain, a row too."""
        for code, title in self.source.domaines.items():
            named = {name: self.source.mesures[name] for name in self.restitution.mesures}
            of = [Indicator(name, title, one) for name, one in named.items() if one.domaine == code]
            told = [one for one in of if any(one.of(row) is not None for row in self.rows)]
            yield from told or [Indicator("", title, None)]

    def _group(self, row: Row) -> str:
        """Return the code of the group that an establishment is compared with; "" where nothing says it."""
        by = self.query.regroupement
        code = row.get(by) if by in self.source.attributs else None
        known = self.edition.etablissements.get((self.year, row["finess"]))
        found = str(code or getattr(known, by, "") or "")
        return "" if found in UNKNOWN else found

    def _groups(self) -> dict[str, Group]:
        """Return the groups of the establishments asked for, in their order, by code."""
        wanted = dict.fromkeys(filter(None, (self._group(self.own[f]) for f in _named(self.query) if f in self.own)))
        members: dict[str, list[Row]] = {code: [] for code in wanted}
        for row in self.rows:
            members.get(self._group(row), []).append(row)
        found = {}
        for code, rows in members.items():
            figures = [[v for row in rows if (v := one.of(row)) is not None] for one in self.indicators]
            among = tuple(deciles(of) if len(of) >= FEWEST else () for of in figures)
            found[code] = Group(code, words.CATEGORIES.get(code, Name(code)), tuple(map(len, figures)), among)
        return found

    # columns ------------------------------------------------------------------------------------------------------

    def _labels(self) -> Iterator[Label]:
        def of(said: Callable[[MesurePubliee], str], empty: str = "") -> tuple[str, ...]:
            return tuple(said(one.mesure) if one.mesure else empty for one in self.indicators)

        yield Label("domaine", Sentence("Domaine"), tuple(Sentence(one.domaine) for one in self.indicators))
        yield Label("indicateur", Sentence("Code"), of(code))
        yield Label("libelle_indicateur", Sentence("Indicateur"), of(lambda m: Sentence(m.libelle), NONE))
        units = of(lambda m: Sentence(m.unite) if m.unite else "")
        yield Label("unite", Sentence("Unité"), units, tells=False)
        yield Label("sens", Sentence("Sens"), of(lambda m: SENSES[m.sens]), tells=False)
        for finess in _named(self.query):
            read = tuple(map(_reading, self.indicators, self._tenths(finess)))
            name = self._name(finess)
            title, whose = Sentence("Lecture, %(nom)s", nom=name), Subject(finess, name, "lecture", Sentence("Lecture"))
            yield Label(f"lecture_{finess}", title, read, tells=False, subject=whose)

    def _name(self, finess: str) -> Name:
        return Name(self.edition.finess[finess].raison_sociale)

    def _tenths(self, finess: str) -> list[int | None]:
        """Return the tenth of each indicator of an establishment in its group."""
        row = self.own.get(finess)
        group = self.groups.get(self._group(row)) if row else None
        found: list[int | None] = []
        for place, one in enumerate(self.indicators):
            figure = one.of(row)
            among = group.deciles[place] if group else ()
            found.append(tenth(figure, among) if figure is not None and among else None)
        return found

    def _figures(self) -> Iterator[Measured]:
        digits = tuple(one.digits for one in self.indicators)
        for finess in _named(self.query):
            name, row = self._name(finess), self.own.get(finess)
            said = Sentence("Valeur publiée de l'indicateur pour cet établissement.")
            of = Subject(finess, name, "valeur", Sentence("Valeur"))
            yield _column(f"valeur_{finess}", name, said, [one.of(row) for one in self.indicators], digits, of)
            said = Sentence("Dixième de son groupe où est sa valeur, de 1 (les plus basses) à 10 (les plus hautes).")
            of = Subject(finess, name, "decile", Sentence("Décile"))
            yield _column(f"decile_{finess}", Sentence("Décile, %(nom)s", nom=name), said, self._tenths(finess), (), of)

    def _of(self, group: Group) -> Iterator[Measured]:
        """Yield the columns of a group: its first deciles, its median, its last ones, how many have the indicator."""
        digits, end = tuple(one.digits for one in self.indicators), "".join(filter(str.isalnum, group.code)).lower()
        for name, k, title in DECILES:
            column = [among[k - 1] if among else None for among in group.deciles]
            said = Sentence("%(quoi)s, %(groupe)s", quoi=title, groupe=group.name)
            of = Subject(group.code, group.name, name, title)
            yield _column(f"{name}_{end}", said, DECILE_SAID, column, digits, of)
        said = Sentence("Établissements, %(groupe)s", groupe=group.name)
        counted = Sentence("Établissements du groupe qui ont l'indicateur.")
        of = Subject(group.code, group.name, "nombre", Sentence("Établissements"))
        yield _column(f"nombre_{end}", said, counted, group.counts, (), of)

    def _notes(self) -> Iterator[str]:
        yield from origin(self.source)
        yield words.built(self.edition)
        yield from (Sentence(said) for said in self.source.remarques)
        yield Sentence(
            "Les déciles sont ceux de toutes les valeurs publiées du groupe dans l'année, par interpolation linéaire ; "
            "il n'y en a pas quand moins de %(n)s établissements ont l'indicateur.",
            n=FEWEST,
        )
        yield Sentence(
            "↑ : plus haut est mieux ; ↓ : plus bas est mieux. « Favorable » : parmi les 20 % les mieux placés du "
            "groupe ; « défavorable » : parmi les 20 % les moins bien placés."
        )
        if self.silent:
            yield Sentence("Indicateurs sans aucune valeur cette année, non montrés : %(n)s.", n=self.silent)
        for finess in _named(self.query):
            row = self.own.get(finess)
            if row is None or not self._group(row):
                yield Sentence("%(nom)s n'a pas de groupe connu cette année : pas de décile.", nom=self._name(finess))


DECILES = (
    ("d1", 1, Sentence("D1")),
    ("d2", 2, Sentence("D2")),
    ("mediane", 5, Sentence("Médiane")),
    ("d8", 8, Sentence("D8")),
    ("d9", 9, Sentence("D9")),
)
"""The deciles that are shown: name, which, title."""
DECILE_SAID = Sentence("Valeur que ne dépasse pas cette part des établissements du groupe.")


def oriented(place: int, sense: str) -> int | None:
    """Return a tenth with the best in the tenth one; None of an indicator of which more is neither better nor worse.

    >>> oriented(2, UP), oriented(2, DOWN), oriented(2, "")
    (2, 9, None)
    """
    return {UP: place, DOWN: 11 - place}.get(sense)


def code(mesure: MesurePubliee) -> Name:
    """Return what the source calls an indicator; of one that each sector has its own column of, what they share."""
    own = mesure.de.partition(".")[2].upper().replace("BIS", "bis")
    return Name(own.rpartition("_")[0] if mesure.sinon else own)


def _reading(one: Indicator, place: int | None) -> str:
    """Return what a place is worth, in a word: among the best fifth, among the worst, or nothing."""
    best = oriented(place, SENSES[one.mesure.sens]) if one.mesure and place else None
    if best is None:
        return ""
    return WELL if best > 8 else BADLY if best < 3 else ""


def _column(
    name: str,
    title: str,
    definition: str,
    figures: Sequence[Figure],
    digits: tuple[int, ...] = (),
    subject: Subject | None = None,
) -> Measured:
    return Measured(
        name=name,
        title=title,
        unit="",
        decimals=max(digits, default=0),
        definition=definition,
        values=tuple(figures),
        states=tuple(State.EXACT if figure is not None else State.NOT_AVAILABLE for figure in figures),
        digits=digits,
        subject=subject,
    )
