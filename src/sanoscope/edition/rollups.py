"""Which rollups an edition holds: derived from what the restitutions of the catalogue can be asked.

A rollup is a base cube summed over the dimensions that a kind of question does not need. It keeps, beside its own
dimensions, the coarser ones that they determine, so that a question finds all its columns in one table.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.manifest import TableCube

GAIN = 4
"""A rollup is kept when it has at least so many times fewer rows than the smallest table it can be made from."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The dimensions of a rollup: base cube, finest dimensions, and these with all that they determine."""

    cube: str
    dimensions: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def table(self) -> str:
        """Its name in the edition."""
        return "__".join((self.cube, *self.dimensions))

    def held(self, rows: int) -> TableCube:
        """Return what a manifest says of it, with so many rows."""
        return TableCube(
            nom=self.table,
            cube=self.cube,
            dimensions=list(self.dimensions),
            colonnes=list(self.columns),
            lignes=rows,
        )


def shape(champ: Champ, cube: str, dimensions: Iterable[str]) -> Shape:
    """Return the shape of a set of dimensions: those that another of the set determines are not needed as its own."""
    wanted = set(dimensions)
    implied = {parent for name in wanted for parent in champ.dimensions[name].parents}
    own = tuple(name for name in champ.dimensions if name in wanted - implied)
    parents = tuple(name for name in champ.dimensions if any(name in champ.dimensions[o].parents for o in own))
    return Shape(cube, own, own + parents)


def base_shape(champ: Champ, cube: str) -> Shape:
    """Return the shape of a base cube itself."""
    return shape(champ, cube, champ.cubes[cube].dimensions)


def shapes(champ: Champ, restitutions: Iterable[Restitution]) -> list[Shape]:
    """Return the shapes that questions may need, base cubes aside, the finest first."""
    found: dict[str, Shape] = {}
    for restitution in restitutions:
        if restitution.champ != champ.champ or not restitution.cube:
            continue
        for dimensions in _questions(champ, restitution):
            candidate = shape(champ, restitution.cube, dimensions)
            if set(candidate.columns) <= set(base_shape(champ, restitution.cube).columns):
                found[candidate.table] = candidate
    bases = {base_shape(champ, cube).table for cube in champ.cubes}
    return sorted((s for t, s in found.items() if t not in bases), key=lambda s: (s.cube, -len(s.columns), s.table))


def _questions(champ: Champ, restitution: Restitution) -> Iterable[set[str]]:
    """Return the sets of dimensions that a restitution's questions use."""
    criteria = restitution.criteres
    rows = {name for name in restitution.lignes if name in champ.dimensions} | set(restitution.filtre)
    times = [{"annee"}, {"annee", "mois"}] if criteria.mois else [{"annee"}]
    # the levels that stand for the others: those no other level of the form determines
    levels = {level for level in (*criteria.regroupement, *criteria.activite) if level}
    activities: list[set[str]] = [set(), *({level} for level in _widest(champ, levels))]
    places: list[set[str]] = [set()]
    if criteria.etablissements or criteria.zone == "etablissement":
        places.append({"finess"})
    if criteria.zone == "residence":
        places = [p | {r} for p in ({"finess"}, *places) for r in ("code_geo", "departement_residence")] + places
    for time in times:
        for place in places:
            for activity in activities:
                yield time | rows | place | activity


def _widest(champ: Champ, levels: set[str]) -> list[str]:
    """Return the levels worth a rollup: those that determine others of the form, and the finest."""
    return [level for level in champ.dimensions if level in levels and len(champ.dimensions[level].parents) > 1]
