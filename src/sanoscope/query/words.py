"""What an answer says in words: its title, the names of things, what a reader must know."""

import re
from collections.abc import Mapping, Sequence

from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.query.criteria import Query, Zone
from sanoscope.query.planner import same_establishments
from sanoscope.query.table import Measured, State
from sanoscope.sentence import Inner, Name, Sentence, Value, joined

ATTRIBUTES = {
    "raison_sociale": Sentence("Raison sociale"),
    "categorie": Sentence("Catégorie"),
    "secteur": Sentence("Secteur"),
    "periode": Sentence("Période"),
}
CATEGORIES = {"PRIVE": Sentence("PRIVÉ"), "?": Sentence("Inconnue")}
SECTEURS = {
    "public": Sentence("public (ex-DGF)"),
    "prive": Sentence("privé (ex-OQN)"),
    "?": Sentence("inconnu"),
}
_UNKNOWN = {
    "établissements inconnus": Sentence("établissements inconnus"),
    "codes géographiques inconnus": Sentence("codes géographiques inconnus"),
}
_CODES = re.compile(r"lignes dont le code est inconnu \((.+)\)")
"""What the manifest of an edition counts as unknown (`edition.build`)."""


def names(dimension: str, champ: Champ, edition: Edition) -> Mapping[str, str]:
    """Return the names of the codes of a dimension."""
    match champ.dimensions[dimension].nomenclature:
        case "etablissements":
            return {e.finess: Name(e.raison_sociale) for e in edition.finess.values()}
        case "geographie":
            return {r.code_geo: Name(r.libelle) for r in edition.residences.values() if r.connu}
        case _:
            return edition.libelles.get(dimension, {})


def attribute(name: str, finess: str, year: int, edition: Edition) -> str:
    """Return an attribute of an establishment in a year, as it is shown."""
    known = edition.etablissements.get((year, finess))
    if name == "periode":
        return f"M{known.mois}" if known else "…"
    known = known or edition.finess[finess]
    value = str(getattr(known, name))
    labels = {"categorie": CATEGORIES, "secteur": SECTEURS}.get(name, {})
    return labels.get(value, value)


def title(query: Query, restitution: Restitution, champ: Champ, edition: Edition) -> str:
    """Return the title of an answer: it repeats every criterion, levels by the label of their dimension."""
    years = ", ".join(map(str, query.annees))
    parts: list[str] = [Sentence(restitution.titre), years]
    if query.mois:
        parts[1] = Sentence("%(annees)s, cumul M1 à M%(mois)s", annees=years, mois=query.mois)
    parts.append(zone_name(query.zone, edition, of_residence=restitution.criteres.zone == "residence"))
    if query.etablissement:
        parts.append(Name(f"{edition.finess[query.etablissement].raison_sociale} ({query.etablissement})"))
    if query.panier:
        parts.append(Sentence("panier de %(n)s établissements", n=len(query.panier)))
    if query.secteur:
        parts.append(Sentence("secteur %(secteur)s", secteur=SECTEURS.get(query.secteur, query.secteur)))
    if query.categorie:
        parts.append(Sentence("catégorie %(categorie)s", categorie=CATEGORIES.get(query.categorie, query.categorie)))
    if query.ght:
        parts.append(f"GHT {query.ght}")
    if query.activite:
        level, code = query.activite
        named = Name(f"{code} {edition.libelles.get(level, {}).get(code, '')}".strip())
        parts.append(joined(" ", [Sentence(champ.dimensions[level].libelle), named]))
    if query.regroupement:
        parts.append(Sentence("par %(niveau)s", niveau=Inner(champ.dimensions[query.regroupement].libelle)))
    return joined(" — ", parts)


def zone_name(zone: Zone, edition: Edition, *, of_residence: bool) -> str:
    """Return the name of a zone, e.g. « Finistère (29) »."""
    name = _zone_name(zone, edition)
    return Sentence("résidents : %(zone)s", zone=name) if of_residence else name


def _zone_name(zone: Zone, edition: Edition) -> str:
    if zone.kind == "france":
        return Sentence("France entière")
    code = zone.code
    if zone.kind == "recrutement":
        name = edition.finess[code].raison_sociale
        return Sentence("zone de recrutement de %(nom)s", nom=Name(f"{name} ({code})"))
    if zone.kind == "zonage":
        name = edition.zonages[zone.zonage][zone.code][0]
    elif zone.kind == "code_geo":
        name = edition.residences[code].libelle if code in edition.residences else ""
    elif zone.kind == "territoire":
        return Sentence("territoire (%(code)s)", code=code)
    else:
        name = edition.libelles.get(zone.kind, {}).get(code, "")
    return Name(f"{name} ({code})") if name else Sentence("code géographique (%(code)s)", code=code)


def unpriced(restitution: Restitution, champ: Champ, edition: Edition) -> bool:
    """Tell whether a restitution is about what stays are worth, in an edition that had no tariffs."""
    valued = restitution.cube and "valorisation" in champ.cubes[restitution.cube].dimensions
    return bool(valued) and not edition.manifest.tarife


def built(edition: Edition) -> Sentence:
    """Return which edition answered, in what state, and when it was built."""
    manifest = edition.manifest
    return Sentence(
        "Édition %(nom)s (%(etat)s), construite le %(jour)s.",
        nom=manifest.nom,
        etat=Sentence(manifest.etat),
        jour=manifest.cree_le.date(),
    )


def notes(
    query: Query, restitution: Restitution, champ: Champ, edition: Edition, figures: Sequence[Measured]
) -> tuple[str, ...]:
    """Return what a reader must know of an answer."""
    manifest = edition.manifest
    said = [built(edition)]
    for year in query.annees:
        latest = manifest.mois_de(year)
        sent = [e.mois for e in edition.etablissements.values() if e.annee == year]
        complete = sum(month == latest for month in sent)
        of: dict[str, Value] = {"annee": str(year), "mois": latest}
        said.append(
            Sentence(
                "%(annee)s : %(n)s établissements sur %(total)s ont transmis jusqu'à M%(mois)s.",
                n=complete,
                total=len(sent),
                **of,
            )
        )
        if latest < 12 and not query.mois and restitution.criteres.mois:
            said.append(
                Sentence(
                    "%(annee)s est en cours : ajoutez mois=%(mois)s pour comparer les mêmes mois d'une autre année.",
                    **of,
                )
            )
        if query.mois and latest < query.mois:
            said.append(
                Sentence(
                    "%(annee)s : aucune donnée après M%(mois)s ; le cumul à M%(cumul)s n'est pas complet.",
                    cumul=query.mois,
                    **of,
                )
            )
        by_activity = query.activite or query.regroupement
        used = {version for versions in edition.champ.versions.values() if (version := versions.get(year))}
        if by_activity and used - {year, 0}:
            said.append(
                Sentence(
                    "Regroupements de %(annee)s : version %(version)s de la classification, la plus proche connue.",
                    version=", ".join(str(version) for version in sorted(used - {year, 0})),
                    **of,
                )
            )
    if restitution.memes_etablissements:
        month, both = same_establishments(query, edition)
        others = {
            e.finess for e in edition.etablissements.values() if e.annee in (query.annees[0], query.annees[0] - 1)
        }
        said.append(
            Sentence(
                "Cumul à M%(mois)s : %(n)s établissements l'ont transmis deux ans ; %(autres)s autres ne comptent pas.",
                mois=month or 12,
                n=len(both),
                autres=len(others - both),
            )
        )
    if unpriced(restitution, champ, edition):
        said.append(Sentence("Aucune table de tarifs n'était chargée : les séjours ne sont pas valorisés."))
    elif any(f.states and f.states[0] is State.NOT_AVAILABLE for f in figures):
        said.append(
            Sentence(
                "Une donnée est indisponible quand l'année ou le chaînage n'a pas été transmis, ou quand l'accès libre "
                "ne la publie pas à ce niveau."
            )
        )
    for year in query.annees:
        if absent := edition.champ.absentes.get(year):
            said.append(
                Sentence(
                    "%(annee)s : la base d'où viennent les séjours n'a pas %(noms)s : ce qui en dépend manque.",
                    annee=str(year),
                    noms=", ".join(absent),
                )
            )
    if query.annees and edition.champ.codes_inconnus:
        codes = joined(
            ", ", (joined(" ", [str(n), _unknown(what)]) for what, n in edition.champ.codes_inconnus.items())
        )
        said.append(Sentence("Codes inconnus des nomenclatures, comptés tels quels : %(codes)s.", codes=codes))
    return tuple(said)


def _unknown(what: str) -> str:
    """Return what the manifest says that no nomenclature knows, as a sentence."""
    named = _CODES.fullmatch(what)
    if named:
        return Sentence("lignes dont le code est inconnu (%(libelle)s)", libelle=Sentence(named[1]))
    return _UNKNOWN.get(what, Name(what))
