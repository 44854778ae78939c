"""The auditor's way in: what is public of an edition, and its open face as one function."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sanoscope.access.scope import IDENTIFIED
from sanoscope.attack.face import Face
from sanoscope.attack.world import UNKNOWN, Ask, Establishment, World, Year
from sanoscope.attack.world import Residence as Place
from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.load import Catalogue
from sanoscope.cli.faces import face_of, tree_of
from sanoscope.edition.edition import Edition, open_edition
from sanoscope.errors import SanoscopeError
from sanoscope.present.exports import to_json
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.workspace import Settings


def open_face(
    directory: Path,
    name: str,
    catalogue: Catalogue,
    settings: Settings,
    *,
    champ: str = "mco",
    years: Sequence[int] = (),
) -> tuple[Ask, World]:
    """Return the face of a field of an edition, published or not, and what is public of its country.

    Who asks is an identified reader of the whole country: all that is answered masked is attacked.

    Args:
        directory: the workspace's editions.
        name: which edition; "" is the published one.
        catalogue: what can be asked.
        settings: memory, threads and threshold.
        champ: the field.
        years: years to attack; none is all.

    Raises:
        NotFoundError: ``champ-absent``: the edition does not hold the field.
        SanoscopeError: ``annees-invalides``: the field has none of the years.
    """
    edition = open_edition(directory, name, settings=settings, public=True)
    own, field = edition.of(champ), catalogue.champs[champ]
    face = face_of(field, catalogue)

    def ask(slug: str, criteria: Mapping[str, str]) -> Mapping[str, Any]:
        query = parse(criteria.items(), catalogue.restitution(slug), edition, IDENTIFIED)
        table = answer(query, IDENTIFIED, catalogue, edition, threshold=settings.seuil)
        document: Mapping[str, Any] = json.loads(to_json(table))
        return document

    attacked = [annee for annee in reversed(own.manifest.annees) if not years or annee in years]
    if not attacked:
        raise SanoscopeError(
            "annees-invalides",
            f"Le champ {champ.upper()} de l'édition n'a aucune de ces années.",
            allowed=map(str, own.manifest.annees),
            todo="Donnez une de ces années, ou choisissez le champ par --champ.",
        )
    return ask, World(face, tuple(_year(own, annee, face, field) for annee in attacked))


def open_faces(
    directory: Path,
    name: str,
    catalogue: Catalogue,
    settings: Settings,
    *,
    champs: Sequence[str] = (),
    years: Sequence[int] = (),
) -> dict[str, tuple[Ask, World]]:
    """Return `open_face` of each field of an edition, the fewest cells first.

    Args:
        directory, name, catalogue, settings, years: as `open_face`.
        champs: fields asked for; none is all that the edition has.

    Raises:
        NotFoundError: ``champ-absent``: the edition does not hold one that is asked for.
        SanoscopeError: ``annees-invalides``: a field has none of the years; ``attaque-source``: the edition is of a
            published source.
    """
    manifest = open_edition(directory, name, settings=settings, public=True).manifest
    if manifest.source:
        raise SanoscopeError(
            "attaque-source",
            f"L'édition « {manifest.nom} » est celle d'une source publiée : ses masques sont ceux de son éditeur.",
            todo="Donnez une édition construite des fichiers des établissements.",
        )
    # a field without a lattice tells nothing exactly: there is no system to solve
    held = [champ for champ in manifest.champs if catalogue.champs[champ].publication.feuillets]
    found = {
        champ: open_face(directory, name, catalogue, settings, champ=champ, years=years)
        for champ in dict.fromkeys(champs or held)
    }
    return dict(sorted(found.items(), key=lambda one: sum(map(_cells, one[1][1].years))))


def _cells(year: Year) -> int:
    return len(year.etablissements) * sum(map(len, year.arbre.values()))


def _year(edition: Edition, annee: int, face: Face, champ: Champ) -> Year:
    residences = tuple(Place(r.code_geo, r.departement, r.region, r.territoire) for r in edition.residences.values())
    tree, months = tree_of(edition, annee, face, champ), edition.manifest.mois_de(annee)
    return Year(annee, _places(edition, annee, champ), tree, months if face.maps else 0, residences)


def _places(edition: Edition, annee: int, champ: Champ) -> tuple[Establishment, ...]:
    """Return the finest places that are open: establishments, or what takes their place."""
    everyone = [e for e in edition.etablissements.values() if e.annee == annee]
    if champ.ligne == "finess":
        return tuple(
            Establishment(e.finess, e.departement, e.region, e.secteur, e.categorie, e.ght, e.territoire)
            for e in everyone
        )
    return tuple(map(Establishment, sorted({getattr(e, champ.ligne) for e in everyone} - UNKNOWN)))
