"""From what the form sends to criteria: boxes joined, the scope that counts, words turned into codes.

The form has a few fields of its own (`OWN`); an address that has none of them is left as it is.
"""

from collections.abc import Iterable, Mapping, Sequence

from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError, suggest
from sanoscope.search.words import words
from sanoscope.sentence import Sentence, Value
from sanoscope.web.zones import FRANCE, level_of

OWN = ("portee", "niveau_zone", "niveau_activite")
"""Fields that only the form has: which scope, which list of zones, which level of activity."""

SCOPES = {"agrege": ("secteur", "categorie", "ght"), "panier": ("panier",), "etablissement": ("etablissement",)}
"""Scopes, each with the criteria that count in it."""

SHOWN = 30
"""Candidates named where words may stand for several things."""

Pairs = list[tuple[str, str]]


def joined(items: Iterable[tuple[str, str]]) -> Pairs:
    """Join the boxes ticked for one criterion by commas; leave out what is empty."""
    found: dict[str, list[str]] = {}
    for name, value in items:
        if value.strip():
            found.setdefault(name, []).append(value.strip())
    return [(name, ",".join(values)) for name, values in found.items()]


def criteria(items: Iterable[tuple[str, str]], restitution: Restitution, edition: Edition) -> Pairs:
    """Return the criteria that a form or an address gives.

    Raises:
        CriterionError: a field of the form says nothing that can be asked: no establishment for the scope chosen, no
            zone of the level chosen, words that stand for no code or for several.
    """
    given = dict(joined(items))
    scope, level, depth = (given.pop(name, "") for name in OWN)
    if scope:
        given = _scoped(given, scope)
    if level not in ("", FRANCE) and "zone" not in given:
        raise CriterionError(
            "zone-absente",
            Sentence("Vous avez choisi un niveau de zone, mais pas de zone."),
            todo=Sentence("Choisissez une zone de la liste, ou « France entière »."),
            criterion="zone",
        )
    if "etablissement" in given and scope:
        names = {finess: one.raison_sociale for finess, one in edition.finess.items()}
        given["etablissement"] = _code(given["etablissement"], names, "etablissement")
    if "activite" in given and (depth or ":" not in given["activite"]):
        given["activite"] = _activity(given["activite"], depth, restitution, edition)
    elif depth:
        raise CriterionError(
            "activite-absente",
            Sentence("Vous avez choisi un niveau d'activité, mais pas d'activité."),
            todo=Sentence("Écrivez un code ou des mots, ou choisissez « Toutes les activités »."),
            criterion="activite",
        )
    return list(given.items())


def scope_of(given: Mapping[str, str]) -> str:
    """Return the scope that a form shows chosen."""
    chosen = given.get("portee", "")
    if chosen in SCOPES:
        return chosen
    return next((name for name in ("panier", "etablissement") if given.get(name)), "agrege")


def zone_level(given: Mapping[str, str]) -> str:
    """Return the level of zones that a form shows chosen: that of the zone where there is one."""
    return level_of(given.get("zone", "")) or given.get("niveau_zone", "")


def activity_level(given: Mapping[str, str]) -> str:
    """Return the level of activity that a form shows chosen."""
    level, separator, _ = given.get("activite", "").partition(":")
    return level if separator else given.get("niveau_activite", "")


def _scoped(given: dict[str, str], scope: str) -> dict[str, str]:
    """Keep the criteria of the scope chosen: the form says that the others do not count."""
    if scope not in SCOPES:
        raise CriterionError(
            "valeur-inconnue", Sentence("portee : « %(scope)s » n'est pas admis.", scope=scope), allowed=SCOPES
        )
    (first, *_), others = SCOPES[scope], {n for name, names in SCOPES.items() if name != scope for n in names}
    if scope != "agrege" and first not in given:
        said = Sentence("Il n'y a pas de panier.")
        if scope == "etablissement":
            said = Sentence("Il n'y a pas d'établissement.")
        raise CriterionError(
            f"{scope}-absent",
            said,
            todo=Sentence("Choisissez-en un, ou demandez des données agrégées."),
            criterion=first,
        )
    return {name: value for name, value in given.items() if name not in others}


def _activity(text: str, depth: str, restitution: Restitution, edition: Edition) -> str:
    """Return an activity as ``level:code`` from a code or words, and the level chosen ("" for any)."""
    level, separator, code = text.partition(":")
    if separator:
        if level != depth:
            raise CriterionError(
                "combinaison",
                Sentence("L'activité « %(text)s » n'est pas du niveau choisi (%(depth)s).", text=text, depth=depth),
                todo=Sentence("Changez le niveau, ou choisissez une activité de ce niveau."),
                criterion="activite",
            )
        return f"{level}:{code}"
    if depth:
        return f"{depth}:{_code(text, edition.libelles.get(depth, {}), 'activite')}"
    named = {
        f"{name}:{code}": label
        for name in restitution.criteres.activite
        for code, label in edition.libelles.get(name, {}).items()
    }
    same = [key for key in named if key.partition(":")[2] == text.upper()]
    return same[0] if len(same) == 1 else _code(text, named, "activite", same)


def _code(text: str, names: Mapping[str, str], criterion: str, same: Sequence[str] = ()) -> str:
    """Return the code that a text is, or is the only name of; what has neither is left to be refused as a code.

    Raises:
        CriterionError: ``plusieurs``: the words stand for none or for several; the nearest are named.
    """
    if text.upper() in names and not same:
        return text.upper()
    asked = words(text)
    exact = [code for code, name in names.items() if words(name) == asked]
    if len(exact) == 1 and not same:
        return exact[0]
    near = list(same) or [code for code, name in names.items() if asked and _named(asked, words(name))]
    if not near and not any(letter.isspace() for letter in text) and any(map(str.isdigit, text)):
        return text
    if not near:
        guess = suggest(text, names.values())
        raise CriterionError(
            "valeur-inconnue",
            Sentence("%(criterion)s : « %(text)s » ne se trouve pas.", criterion=criterion, text=text),
            todo=guess or Sentence("Écrivez un code, ou un mot du libellé."),
            criterion=criterion,
        )
    shown = [f"{code} ({names[code]})" for code in near[:SHOWN]]
    told: dict[str, Value] = {"criterion": criterion, "text": text, "n": len(near)}
    said = Sentence("%(criterion)s : « %(text)s » peut être %(n)s codes.", **told)
    if len(near) == 1:
        said = Sentence("%(criterion)s : « %(text)s » peut être 1 code.", criterion=criterion, text=text)
    if len(near) > SHOWN:
        said = Sentence(
            "%(criterion)s : « %(text)s » peut être %(n)s codes (les %(shown)s premiers sont donnés).",
            shown=SHOWN,
            **told,
        )
    raise CriterionError(
        "plusieurs",
        said,
        allowed=shown,
        todo=Sentence("Donnez l'un de ces codes."),
        criterion=criterion,
    )


def _named(asked: Sequence[str], name: Sequence[str]) -> bool:
    """Tell whether each word asked begins a word of a name."""
    return all(any(word.startswith(start) for word in name) for start in asked)
