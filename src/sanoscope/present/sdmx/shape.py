"""What a restitution's data structure is: all the dimensions, measures and attributes that an answer to it may have.

It is fixed, whatever is asked: a dimension that an answer does not have is ``_Z`` in all its observations, and a
measure that it does not have is not there.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.present.cube import SUBJECT, Cube
from sanoscope.present.sdmx.ids import component_id
from sanoscope.query import words
from sanoscope.query.criteria import BESIDE, taken
from sanoscope.query.profile import DECILES
from sanoscope.sentence import Sentence

CRITERION = "CRITERE_"
"""How the attribute of a criterion begins: what follows is its name."""

EDITION, QUESTION, MARK = "EDITION", "REQUETE", "FILIGRANE"
COMMON = {EDITION: Sentence("Édition"), QUESTION: Sentence("Requête"), MARK: Sentence("Filigrane")}
"""What is said of a whole answer, with the criteria that chose it."""

OUT = ("annee", "edition")
"""Criteria that another component says."""

VARIANTS = {
    "n1": Sentence("année précédente"),
    "region": Sentence("région"),
    "france": Sentence("France"),
    "ecart": Sentence("écart"),
    "evolution": Sentence("évolution"),
    "part": Sentence("part"),
}
"""What follows the name of a measure in that of a column that compares it."""

TRANSMITTED = {
    "transmis_le": Sentence("Transmis le"),
    "fichiers": Sentence("Fichiers"),
    "chainage": Sentence("Chaînage"),
}
PROFILED = {"unite": Sentence("Unité"), "sens": Sentence("Sens"), "lecture": Sentence("Lecture")}


@dataclass(frozen=True, slots=True)
class Shape:
    """A data structure, in the names of columns.

    Attributes:
        slug, title, purpose: of the restitution.
        dimensions: titles by name, but for those of time and measures, which all have.
        measures: titles of the measures by name.
        attributes: titles of what is said of a row, by name.
        criteria: criteria that may have chosen what is told, by name.
    """

    slug: str
    title: str
    purpose: str
    dimensions: dict[str, str]
    measures: dict[str, str]
    attributes: dict[str, str]
    criteria: tuple[str, ...]


def shape(restitution: Restitution, catalogue: Catalogue) -> Shape:
    """Return the data structure of a restitution."""
    return Shape(
        slug=restitution.slug,
        title=Sentence(restitution.titre),
        purpose=Sentence(restitution.objet),
        dimensions=dict(_dimensions(restitution, catalogue)),
        measures=dict(_measures(restitution, catalogue)),
        attributes=dict(_attributes(restitution, catalogue)),
        criteria=tuple(name for name in (*taken(restitution), *BESIDE) if name not in OUT),
    )


def own_shape(of: Cube) -> Shape:
    """Return the data structure of an answer to what the catalogue does not have: what the answer itself has."""
    return Shape(
        slug=of.table.origin.slug,
        title=of.table.title,
        purpose="",
        dimensions={one.name: one.title for one in of.dimensions if not one.role or one.role == "geo"},
        measures={name: one.title for name, one in of.measures.items()},
        attributes={
            one.subject.measure if one.subject else one.name: one.subject.title if one.subject else one.title
            for one in of.attributes
        },
        criteria=(),
    )


def criterion_id(name: str) -> str:
    """Return the identifier of the attribute of a criterion.

    >>> criterion_id("zone")
    'CRITERE_ZONE'
    """
    return CRITERION + component_id(name)


def common(form: Shape) -> dict[str, str]:
    """Return the titles of what is said of whole answers, by identifier."""
    criteria = {criterion_id(name): Sentence("Critère « %(nom)s »", nom=name) for name in form.criteria}
    return {**COMMON, **criteria}


def levels(restitution: Restitution, catalogue: Catalogue) -> dict[str, str]:
    """Return the levels that a restitution's rows may be grouped by, by the dimensions that they bring.

    >>> from sanoscope.catalogue.load import catalogue
    >>> levels(catalogue().restitutions["flux-zones-mco"], catalogue())["region_residence"]
    'region'
    """
    if restitution.genre == "profil":
        return {}
    origins = {one.lieu: name for name, one in catalogue.champ(restitution).dimensions.items() if one.lieu}
    asked = [level for level in restitution.criteres.regroupement if level]
    found = {level: level for level in asked if "regroupement" in restitution.lignes}
    if "origine" in restitution.lignes:
        found |= {origins[level]: level for level in asked if level in origins}
    return found


def _dimensions(restitution: Restitution, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    known = catalogue.champ(restitution).dimensions
    grouped = levels(restitution, catalogue)
    rows = restitution.lignes
    if restitution.genre == "profil":
        yield from (("domaine", Sentence("Domaine")), ("indicateur", Sentence("Code")))
        yield SUBJECT, Sentence("Établissement ou groupe")
        return
    if restitution.genre == "transmissions":
        rows = ("finess",)
    for name in rows:
        if name == "regroupement":
            brought = [level for level in restitution.criteres.regroupement if level]
        elif name == "origine":
            brought = [one for one, level in grouped.items() if one != level]
        else:
            brought = [name]
        for one in brought:
            yield one, "FINESS" if one == "finess" else Sentence(known[one].libelle)


def _measures(restitution: Restitution, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    if restitution.genre == "transmissions":
        yield "mois_transmis", Sentence("Mois transmis")
        return
    if restitution.genre == "profil":
        yield from (("valeur", Sentence("Valeur")), ("decile", Sentence("Décile")))
        yield from ((name, title) for name, _, title in DECILES)
        yield "nombre", Sentence("Établissements")
        return
    for name, mesure in catalogue.mesures(restitution).items():
        if not getattr(mesure, "classes", ()):
            title = Sentence(mesure.libelle)
            yield name, title
            if name in restitution.mesures:
                for end, what in VARIANTS.items():
                    yield f"{name}_{end}", Sentence("%(mesure)s : %(quoi)s", mesure=title, quoi=what)


def _attributes(restitution: Restitution, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    if restitution.genre == "profil":
        yield from PROFILED.items()
        return
    yield from ((name, words.ATTRIBUTES[name]) for name in restitution.attributs)
    if restitution.genre == "transmissions":
        yield from TRANSMITTED.items()
        return
    for name, mesure in catalogue.mesures(restitution).items():
        if getattr(mesure, "classes", ()):
            yield name, Sentence(mesure.libelle)
