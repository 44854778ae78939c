"""What an answer says in words: its title, the names of things, what a reader must know."""

from collections.abc import Sequence

from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.query.criteria import Query, Zone
from sanoscope.query.table import Measured, State

ATTRIBUTES = {"raison_sociale": "Raison sociale", "categorie": "Catégorie", "periode": "Période"}
CATEGORIES = {"PRIVE": "PRIVÉ", "?": "Inconnue"}
SECTEURS = {"public": "public (ex-DGF)", "prive": "privé (ex-OQN)", "?": "inconnu"}


def attribute(name: str, finess: str, year: int, edition: Edition) -> str:
    """Return an attribute of an establishment in a year, as it is shown."""
    known = edition.etablissements.get((year, finess))
    if name == "periode":
        return f"M{known.mois}" if known else "…"
    known = known or edition.finess[finess]
    value = str(getattr(known, name))
    return CATEGORIES.get(value, value) if name == "categorie" else value


def title(query: Query, restitution: Restitution, edition: Edition) -> str:
    """Return the title of an answer: it repeats every criterion."""
    years = ", ".join(map(str, query.annees))
    parts = [restitution.titre, years if not query.mois else f"{years}, cumul M1 à M{query.mois}"]
    parts.append(zone_name(query.zone, edition, of_residence=restitution.criteres.zone == "residence"))
    if query.etablissement:
        parts.append(f"{edition.finess[query.etablissement].raison_sociale} ({query.etablissement})")
    if query.panier:
        parts.append(f"panier de {len(query.panier)} établissements")
    if query.secteur:
        parts.append(f"secteur {SECTEURS.get(query.secteur, query.secteur)}")
    if query.categorie:
        parts.append(f"catégorie {CATEGORIES.get(query.categorie, query.categorie)}")
    if query.ght:
        parts.append(f"GHT {query.ght}")
    if query.activite:
        level, code = query.activite
        parts.append(f"{level} {code} {edition.libelles.get(level, {}).get(code, '')}".strip())
    if query.regroupement:
        parts.append(f"par {query.regroupement}")
    return " — ".join(parts)


def zone_name(zone: Zone, edition: Edition, *, of_residence: bool) -> str:
    """Return the name of a zone, e.g. « Finistère (29) »."""
    prefix = "résidents : " if of_residence else ""
    if zone.kind == "france":
        return f"{prefix}France entière"
    if zone.kind == "zonage":
        name = edition.zonages[zone.zonage][zone.code][0]
    elif zone.kind == "code_geo":
        name = edition.residences[zone.code].libelle if zone.code in edition.residences else "code géographique"
    elif zone.kind == "territoire":
        name = "territoire"
    else:
        name = edition.libelles.get(zone.kind, {}).get(zone.code, zone.kind)
    return f"{prefix}{name} ({zone.code})"


def notes(query: Query, restitution: Restitution, edition: Edition, figures: Sequence[Measured]) -> tuple[str, ...]:
    """Return what a reader must know of an answer."""
    manifest = edition.manifest
    said = [f"Édition {manifest.nom} ({manifest.etat}), construite le {manifest.cree_le:%d/%m/%Y}."]
    for year in query.annees:
        latest = manifest.mois_de(year)
        sent = [e.mois for e in edition.etablissements.values() if e.annee == year]
        complete = sum(month == latest for month in sent)
        said.append(f"{year} : {complete} établissements sur {len(sent)} ont transmis jusqu'à M{latest}.")
        if latest < 12 and not query.mois:
            said.append(f"{year} est en cours : ajoutez mois={latest} pour comparer les mêmes mois d'une autre année.")
        if query.mois and latest < query.mois:
            said.append(f"{year} : aucune donnée après M{latest} ; le cumul à M{query.mois} n'est pas complet.")
        version = manifest.versions_ghm.get(year)
        by_activity = query.activite or query.regroupement
        if by_activity and version and version != year:
            said.append(f"Regroupements de {year} : version {version} de la classification, la plus proche connue.")
    if any(f.states and f.states[0] is State.NOT_AVAILABLE for f in figures):
        said.append(
            "Une donnée est indisponible quand l'année ou le chaînage n'a pas été transmis, ou quand l'accès libre ne "
            "la publie pas à ce niveau."
        )
    if query.annees and manifest.codes_inconnus:
        said.append(
            "Codes inconnus des nomenclatures, comptés tels quels : "
            + ", ".join(f"{n} {what}" for what, n in manifest.codes_inconnus.items())
            + "."
        )
    return tuple(said)
