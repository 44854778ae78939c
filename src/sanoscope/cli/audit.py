"""The auditor's way in: what is public of an edition, and its open face as one function."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sanoscope.access.scope import OPEN
from sanoscope.attack.world import Ask, Establishment, World, Year
from sanoscope.attack.world import Residence as Place
from sanoscope.catalogue.load import Catalogue
from sanoscope.edition.edition import Edition, open_edition
from sanoscope.engine.plan import Aggregate, Scan
from sanoscope.errors import SanoscopeError
from sanoscope.present.exports import FORMATS
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.workspace import Settings

CHAMP = "mco"
"""The field that is attacked."""

LEVELS = ("racine", "ga", "gp", "doac", "cas", "cmd", "aso")


def open_face(
    directory: Path, name: str, catalogue: Catalogue, settings: Settings, *, years: Sequence[int] = ()
) -> tuple[Ask, World]:
    """Return the open face of an edition, published or not, and what is public of its country.

    Args:
        directory: the workspace's editions.
        name: which edition; "" is the published one.
        catalogue: what can be asked.
        settings: memory, threads and threshold.
        years: years to attack; none is all.

    Raises:
        SanoscopeError: ``annees-invalides``: the edition has none of them.
    """
    edition = open_edition(directory, name, settings=settings, public=True)
    own = edition.of(CHAMP)

    def ask(slug: str, criteria: Mapping[str, str]) -> Mapping[str, Any]:
        query = parse(criteria.items(), catalogue.restitution(slug), edition, OPEN)
        table = answer(query, OPEN, catalogue, edition, threshold=settings.seuil)
        document: Mapping[str, Any] = json.loads(FORMATS["json"].write(table))
        return document

    attacked = [annee for annee in reversed(own.manifest.annees) if not years or annee in years]
    if not attacked:
        raise SanoscopeError(
            "annees-invalides", "L'édition n'a aucune de ces années.", allowed=map(str, own.manifest.annees)
        )
    return ask, World(tuple(_year(own, annee) for annee in attacked))


def _year(edition: Edition, annee: int) -> Year:
    establishments = tuple(
        Establishment(e.finess, e.departement, e.region, e.secteur, e.categorie, e.ght)
        for e in edition.etablissements.values()
        if e.annee == annee
    )
    trunk = edition.champ.tables[0]
    levels = [level for level in LEVELS if level in trunk.colonnes]
    tree: dict[str, dict[str, dict[str, str]]] = {level: {} for level in levels}
    for row in edition.engine.run(Aggregate(Scan(trunk.nom), (("annee", *levels),), ())).to_pylist():
        if row["annee"] != annee:
            continue
        for position, level in enumerate(levels):
            above = {other: row[other] for other in levels[position + 1 :]}
            known = tree[level].setdefault(row[level], above)
            for other in [o for o, code in known.items() if above.get(o) != code]:
                del known[other]
    residences = tuple(Place(r.code_geo, r.departement, r.region, r.territoire) for r in edition.residences.values())
    return Year(annee, establishments, tree, edition.manifest.mois_de(annee), residences)
