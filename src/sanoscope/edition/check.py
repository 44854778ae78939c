"""``sanoscope check``: what must hold of an edition before it is published."""

from dataclasses import dataclass
from pathlib import Path

from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.load import Catalogue
from sanoscope.edition.edition import Edition, open_edition
from sanoscope.edition.manifest import ManifestChamp
from sanoscope.edition.noised import audit_noised
from sanoscope.edition.opening import audit_year
from sanoscope.edition.publication import served, verify
from sanoscope.edition.rollups import base_shape
from sanoscope.engine.plan import Aggregate, Measure, Scan
from sanoscope.workspace import Settings


@dataclass(frozen=True, slots=True)
class Controle:
    """One control and what it found."""

    nom: str
    bon: bool
    detail: str


def check(directory: Path, name: str, catalogue: Catalogue, settings: Settings) -> list[Controle]:
    """Run every control on an edition, field by field; each says what it saw."""
    manifest = verify(directory, name)
    if manifest.source:
        return _published_source(open_edition(directory, name, settings=settings, public=True))
    edition = open_edition(directory, name, settings=settings)
    before = _published(directory, settings)
    controls = []
    for champ in (catalogue.champs[code] for code in manifest.champs):
        own = edition.of(champ.champ)
        found = [Controle("empreinte", bon=True, detail=f"cubes inchangés ({own.champ.empreinte[:12]}…)")]
        found += [_reconciled(own.champ), *_rollups(own, champ), _complete(own.champ, champ.fichiers)]
        if champ.publication.feuillets:
            found += _certificates(directory / name, own.champ, champ, settings)
        found += _noised(directory / name, own.champ, champ, settings)
        found.append(_against(before, own))
        controls += [Controle(f"{champ.champ.upper()}, {c.nom}", c.bon, c.detail) for c in found]
    return controls


def _published_source(edition: Edition) -> list[Controle]:
    """Control an edition of a published source: its rows are those that were received; it proves nothing of masks."""
    own = edition.champ
    rows = {t.nom: len(edition.engine.run(Scan(t.nom))) for t in own.tables}
    astray = [table.nom for table in own.tables if rows[table.nom] != table.lignes]
    kept = sum(r.retenues for r in own.rapprochement)
    detail = f"{sum(rows.values())} lignes dans {len(rows)} tables"
    found = edition.manifest.source.cellules if edition.manifest.source else {}
    states = ", ".join(f"{n} {state}" for state, n in found.items())
    return [
        Controle("empreinte", bon=True, detail=f"cellules inchangées ({own.empreinte[:12]}…)"),
        _reconciled(own),
        Controle("tables", not astray and sum(rows.values()) == kept, detail),
        Controle("masques", bon=True, detail=f"ceux de la source, tels quels ({states}) ; rien n'est certifié d'eux"),
    ]


def _reconciled(manifest: ManifestChamp) -> Controle:
    wrong = [r.annee for r in manifest.rapprochement if r.lignes != r.retenues + sum(r.exclusions.values())]
    lines = sum(r.lignes for r in manifest.rapprochement)
    left_out = sum(sum(r.exclusions.values()) for r in manifest.rapprochement)
    detail = f"{lines} lignes = {lines - left_out} retenues + {left_out} exclues"
    return Controle("rapprochement", not wrong, detail if not wrong else f"années en défaut : {wrong}")


def _rollups(edition: Edition, champ: Champ) -> list[Controle]:
    """Every rollup adds up to its base cube, for every sum."""
    controls = []
    for cube, declared in champ.cubes.items():
        sums = tuple(Measure(n, "sum", n) for n in declared.sommes)
        totals = {
            table.nom: edition.engine.run(Aggregate(Scan(table.nom), (("annee",),), sums, ("annee",))).to_pylist()
            for table in edition.tables(cube)
        }
        base = totals[base_shape(champ, cube).table]
        wrong = [name for name, total in totals.items() if total != base]
        detail = f"{len(totals)} tables égales au cube de base" if not wrong else f"différentes : {', '.join(wrong)}"
        controls.append(Controle(f"agrégats du cube {cube}", not wrong, detail))
    return controls


def _noised(place: Path, own: ManifestChamp, champ: Champ, settings: Settings) -> list[Controle]:
    """Verify that what is told with a noise is what the secure store and the key of the noise give."""
    controls = []
    made = {table.nom for table in own.tables_ouvertes}
    for name in (name for name in champ.publication.bruites if name in made):
        groups, small, astray = audit_noised(place, champ, name, settings)
        detail = f"{groups} groupes bruités ou masqués, dont {small} petits"
        if astray:
            detail += f" ; {astray} ne sont pas ce que donne la clé"
        controls.append(Controle(f"{name} ouverts", not astray, detail))
    return controls


def _certificates(place: Path, manifest: ManifestChamp, champ: Champ, settings: Settings) -> list[Controle]:
    """Verify each year's certificate on what the open store really holds; say what it proves and its exceptions."""
    controls = []
    for annee in manifest.annees:
        proved = audit_year(place, champ, annee, settings)
        void = proved.outside or proved.exposed or proved.astray
        detail = f"{proved.small} petits groupes, {proved.single} sans deuxième valeur, {proved.full} avec toutes"
        if void:
            wrong = f"{proved.outside} pas hors bornes, {proved.exposed} groupes exposés, {proved.astray} écarts"
            detail += f" ; NUL : {wrong} au jumeau"
        controls.append(Controle(f"certificat de {annee}", not void, detail))
    return controls


def _complete(manifest: ManifestChamp, kinds: tuple[str, ...]) -> Controle:
    """Who is late: establishments of a year whose transmission stops before the latest month, or is cut off."""
    late = [e for e in manifest.entrees if e.genre in kinds and e.mois < manifest.mois_de(e.annee)]
    torn = [e.nom for e in manifest.entrees if e.tronque]
    detail = f"{len(late)} transmission(s) en retard" + (f" ; tronquées : {', '.join(torn)}" if torn else "")
    return Controle("transmissions", not torn, detail)


def _published(directory: Path, settings: Settings) -> Edition | None:
    name = served(directory)
    edition = open_edition(directory, name, settings=settings) if name else None
    return None if edition and edition.manifest.source else edition


def _against(before: Edition | None, edition: Edition) -> Controle:
    """How much the edition moves what is published today."""
    (code,) = edition.manifest.champs
    if before is None or code not in before.manifest.champs:
        return Controle("écart à l'édition publiée", bon=True, detail="rien de publié")
    counts = [{r.annee: r.retenues for r in e.champ.rapprochement} for e in (before.of(code), edition)]
    moves = [
        f"{year} : {counts[0].get(year, 0)} → {counts[1].get(year, 0)} lignes"
        for year in sorted({*counts[0], *counts[1]})
    ]
    return Controle(f"écart à l'édition publiée ({before.nom})", bon=True, detail=" ; ".join(moves))
