"""The declared conditions and sums of a field, as expressions of the engine."""

from sanoscope.catalogue.field import Champ, Conditions, Intervalle, Somme
from sanoscope.engine.plan import Binary, Case, Coalesce, Column, Constant, Expression, In, Prefix, all_of

DERIVED: dict[str, Expression] = {"cmd": Prefix(Column("ghm"), 2), "racine": Prefix(Column("ghm"), 5)}
"""Columns of a line that follow from its GHM code, known or not."""


def condition(conditions: Conditions, champ: Champ) -> Expression:
    """Return the conjunction of declared conditions; an absent number is 0."""
    parts: list[Expression] = []
    for name, wanted in conditions.items():
        if name == "drapeau" and not isinstance(wanted, Intervalle):
            parts.extend(condition(champ.drapeaux[flag], champ) for flag in wanted)
            continue
        column = DERIVED.get(name, Column(name))
        if isinstance(wanted, Intervalle):
            number = Coalesce(column, Constant(0))
            if wanted.min is not None:
                parts.append(Binary(">=", number, Constant(wanted.min)))
            if wanted.max is not None:
                parts.append(Binary("<=", number, Constant(wanted.max)))
        else:
            parts.append(In(Coalesce(column, Constant("")), tuple(wanted)))
    return all_of(parts) or Constant(value=True)


def exclusion(champ: Champ) -> Expression:
    """Return the name of the exclusion that a line falls under, "" for a line that counts."""
    branches = tuple((condition(e.quand, champ), Constant(e.code)) for e in champ.exclusions)
    return Case(branches, Constant(""))


def contribution(somme: Somme, champ: Champ) -> Expression:
    """Return what a line adds to a sum."""
    if somme.egale:
        first, *others = (contribution(champ.sommes[name], champ) for name in somme.egale)
        for other in others:
            first = Binary("+", first, other)
        return first
    value: Expression = Coalesce(Column(somme.somme), Constant(0)) if somme.somme else Constant(1)
    if somme.au_moins is not None:
        value = Case(((Binary("<", value, Constant(somme.au_moins)), Constant(somme.au_moins)),), value)
    branches: list[tuple[Expression, Expression]] = []
    if somme.sauf:
        branches.append((condition(somme.sauf, champ), Constant(0)))
    if somme.un_si:
        both = condition({**somme.quand, **somme.un_si}, champ)
        branches.append((both, Constant(1)))
    branches.append((condition(somme.quand, champ), value))
    return Case(tuple(branches), Constant(0))
