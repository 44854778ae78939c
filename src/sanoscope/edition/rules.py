"""The declared conditions and sums of a field, as expressions of the engine."""

from itertools import pairwise

from sanoscope.catalogue.field import Champ, Conditions, Impossible, Intervalle, Somme
from sanoscope.engine.plan import Binary, Case, Coalesce, Column, Constant, Expression, In, Prefix, all_of


def column(name: str, champ: Champ) -> Expression:
    """Return a column of a line: its file's, or one that the field derives from it."""
    declared = champ.colonnes.get(name)
    if declared is None:
        return Column(name)
    found: Expression = Column(declared.de[-1])
    for other in reversed(declared.de[:-1]):
        found = Coalesce(Column(other), found)
    if declared.prefixe:
        begins = Binary("=", Prefix(found, len(declared.prefixe)), Constant(declared.prefixe))
        found = Case(((begins, Prefix(found, declared.caracteres, len(declared.prefixe) + 1)),), found)
    elif declared.caracteres:
        found = Prefix(found, declared.caracteres, declared.apres + 1)
    if first := declared.bornes:
        number = Coalesce(found, Constant(0))
        below = tuple((Binary("<", number, Constant(end)), Constant(f"{start:02}")) for start, end in pairwise(first))
        found = Case(below, Constant(f"{first[-1]:02}"))
    if declared.valeurs:
        known = Coalesce(found, Constant(""))
        found = Case(
            tuple((Binary("=", known, Constant(old)), Constant(new)) for old, new in declared.valeurs.items()),
            Constant(declared.sinon),
        )
    return found


def key(name: str, champ: Champ) -> Expression:
    """Return a dimension of a line; a code that is not there is "", a number 0."""
    return Coalesce(column(name, champ), Constant(0 if champ.dimensions[name].axe == "temps" else ""))


def condition(conditions: Conditions, champ: Champ) -> Expression:
    """Return the conjunction of declared conditions; an absent number is 0."""
    parts: list[Expression] = []
    for name, wanted in conditions.items():
        if name == "drapeau" and not isinstance(wanted, Intervalle):
            parts.extend(condition(champ.drapeaux[flag], champ) for flag in wanted)
            continue
        value = column(name, champ)
        if isinstance(wanted, Intervalle):
            number = Coalesce(value, Constant(0))
            if wanted.min is not None:
                parts.append(Binary(">=", number, Constant(wanted.min)))
            if wanted.max is not None:
                parts.append(Binary("<=", number, Constant(wanted.max)))
        else:
            parts.append(In(Coalesce(value, Constant("")), tuple(wanted)))
    return all_of(parts) or Constant(value=True)


def exclusion(champ: Champ) -> Expression:
    """Return the name of the exclusion that a line falls under, "" for a line that counts."""
    if not champ.exclusions:
        return Constant("")
    branches = tuple((condition(e.quand, champ), Constant(e.code)) for e in champ.exclusions)
    return Case(branches, Constant(""))


def counts(champ: Champ, quand: Conditions | None = None, sauf: Conditions | None = None) -> Expression:
    """Return whether a line counts: it falls under no exclusion, and meets ``quand`` and not ``sauf``."""
    found: Expression = Binary("=", exclusion(champ), Constant(""))
    if quand:
        found = Binary("and", found, condition(quand, champ))
    if sauf:
        found = Binary("and", found, Binary("=", condition(sauf, champ), Constant(value=False)))
    return found


def impossible(declared: Impossible, champ: Champ, sent: Expression) -> Expression:
    """Return whether a line that counts has what no hospital can have meant.

    Args:
        declared: what that is.
        champ: the field of the line.
        sent: the month of the line's transmission.
    """
    found = counts(champ, declared.quand, declared.sauf)
    if declared.apres_transmission:
        found = Binary("and", found, Binary(">", key("mois", champ), sent))
    return found


def contribution(somme: Somme, champ: Champ) -> Expression:
    """Return what a line adds to a sum."""
    if somme.egale:
        return _added([contribution(champ.sommes[name], champ) for name in somme.egale])
    value = _added([_number(name, champ) for name in somme.somme]) if somme.somme else Constant(1)
    if somme.fois:
        value = Binary("*", value, _added([_number(name, champ) for name in somme.fois]))
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


def mentioned(champ: Champ) -> set[str]:
    """Return the columns of a line that a field reads: those that it names, and those that these follow from."""
    conditions = [*(e.quand for e in champ.exclusions), *champ.drapeaux.values()]
    conditions += [c for of in champ.impossibles.values() for c in (of.quand, of.sauf)]
    conditions += [c for s in champ.sommes.values() for c in (s.quand, s.sauf, s.un_si)]
    conditions += [distinct.quand for distinct in champ.distincts.values()]
    conditions += [c for mean in champ.moyennes.values() for c in (mean.quand, mean.sauf)]
    conditions += [champ.suites.quand, champ.suites.sauf] if champ.suites else []
    named = {*champ.dimensions, *(name for condition in conditions for name in condition)}
    named |= {name for mean in champ.moyennes.values() for name in (mean.de, *mean.par)}
    named |= {champ.suites.duree} if champ.suites else set()
    named |= {name for somme in champ.sommes.values() for name in (*somme.somme, *somme.fois)}
    if valued := champ.valorisation:
        conditions += [c for none in valued.non_valorises for c in (none.quand, *none.sauf)]
        named |= {valued.ghs, valued.ghm, valued.duree, valued.borne, valued.jours_exb, valued.jours_exh}
        named |= {*valued.supplements.values(), *(name for condition in conditions for name in condition)}
    named |= {*(champ.unites.par if champ.unites else ()), *(champ.chainage.cle if champ.chainage else ()), "finess"}
    return named | {name for column in champ.colonnes.values() for name in column.de}


def _number(name: str, champ: Champ) -> Expression:
    return Coalesce(column(name, champ), Constant(0))


def _added(parts: list[Expression]) -> Expression:
    whole = parts[0]
    for part in parts[1:]:
        whole = Binary("+", whole, part)
    return whole
