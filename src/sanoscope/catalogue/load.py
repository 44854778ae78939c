"""Reading the catalogue: the package's files, checked one by one and against each other."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from sanoscope.catalogue.control import Controle, Controles, Rupture
from sanoscope.catalogue.crossed import Rapport
from sanoscope.catalogue.fiche import Bloc, Fiche
from sanoscope.catalogue.field import Champ, Frozen, Mesure
from sanoscope.catalogue.restitution import Restitution
from sanoscope.catalogue.source import MesurePubliee, Source
from sanoscope.errors import NotFoundError, SanoscopeError, suggest
from sanoscope.formats.registry import layouts
from sanoscope.sentence import Sentence

HERE = Path(__file__).parent
Model = TypeVar("Model", bound=Frozen)

PRINCIPAL = "$principale"
"""What stands, in what fields share, for the sum by which a field counts first."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that can be asked; ``empreinte`` is the sha256 of the files that say it."""

    champs: Mapping[str, Champ]
    restitutions: Mapping[str, Restitution]
    sources: Mapping[str, Source]
    fiches: Mapping[str, Fiche] = field(default_factory=lambda: MappingProxyType({}))
    controles: tuple[Controle, ...] = ()
    empreinte: str = ""

    def restitution(self, slug: str) -> Restitution:
        """Return a restitution by its name.

        Raises:
            NotFoundError: ``restitution-inconnue``, with the names that exist.
        """
        if slug not in self.restitutions:
            raise NotFoundError(
                "restitution-inconnue",
                Sentence("Il n'y a pas de restitution « %(slug)s ».", slug=slug),
                allowed=self.restitutions,
                todo=suggest(slug, self.restitutions),
            )
        return self.restitutions[slug]

    def source(self, name: str) -> Source:
        """Return a published source by its name.

        Raises:
            NotFoundError: ``source-inconnue``, with the names that exist.
        """
        if name not in self.sources:
            raise NotFoundError(
                "source-inconnue",
                Sentence("Il n'y a pas de source publiée « %(nom)s ».", nom=name),
                allowed=self.sources,
                todo=suggest(name, self.sources),
            )
        return self.sources[name]

    def fiche(self, slug: str) -> Fiche:
        """Return a fiche by its name.

        Raises:
            NotFoundError: ``fiche-inconnue``, with the names that exist.
        """
        if slug not in self.fiches:
            raise NotFoundError(
                "fiche-inconnue",
                Sentence("Il n'y a pas de fiche « %(slug)s ».", slug=slug),
                allowed=self.fiches,
                todo=suggest(slug, self.fiches),
            )
        return self.fiches[slug]

    def champ(self, restitution: Restitution) -> Champ:
        """Return the field of a restitution; of one that a published source alone answers, with its dimensions."""
        champ = self.champs[restitution.champ]
        if not restitution.source:
            return champ
        own = self.sources[restitution.source].dimensions
        return champ.model_copy(update={"dimensions": {**champ.dimensions, **own}})

    def mesures(self, restitution: Restitution) -> Mapping[str, Mesure | MesurePubliee | Rapport]:
        """Return the measures of a restitution, what it crosses and its ratios, in the order of its columns."""
        champ = self.champs[restitution.champ].mesures
        known = self.sources[restitution.source].mesures if restitution.source else champ
        crossed = {one.colonne: self.sources[one.source].mesures[one.mesure] for one in restitution.indicateurs}
        ratios = {ratio.nom: ratio for ratio in restitution.rapports}
        return {**{name: known[name] for name in restitution.mesures}, **crossed, **ratios}

    def classes(self, restitution: Restitution) -> Mapping[str, tuple[str, ...]]:
        """Return the classes of each column of classes that a restitution takes from a source."""
        taken = {one.colonne: self.sources[one.source].mesures[one.mesure].classes for one in restitution.indicateurs}
        return {name: classes for name, classes in taken.items() if classes}


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that the package ships."""
    return load(HERE)


def load(directory: Path) -> Catalogue:
    """Read ``champs/*.yaml``, ``sources/*.yaml``, ``restitutions/*.yaml``, ``fiches/*.yaml`` and ``controles.yaml``.

    Args:
        directory: where they are; a catalogue without ``controles.yaml`` controls nothing.

    Raises:
        SanoscopeError: ``catalogue-invalide``, with the file and what is wrong in it.
    """
    champs = {}
    for path in sorted((directory / "champs").glob("*.yaml")):
        champ = _champ(path, directory)
        _check_zone(path, champ)
        _check_impossible(path, champ)
        champs[champ.champ] = champ
    sources = {s.source: s for s in (_read(path, Source) for path in sorted((directory / "sources").glob("*.yaml")))}
    restitutions = {}
    for path in sorted((directory / "restitutions").glob("*.yaml"), key=lambda path: path.stem):
        restitution = _read(path, Restitution)
        if restitution.slug != path.stem:
            raise _invalid(path, f"slug « {restitution.slug} » : il doit être le nom du fichier")
        _check(path, restitution, champs, sources)
        restitutions[restitution.slug] = restitution
    for restitution in restitutions.values():
        _check_crossed(directory / "restitutions" / f"{restitution.slug}.yaml", restitution, sources, restitutions)
    for source in sources.values():
        _check_source(directory / "sources" / f"{source.source}.yaml", source, champs, restitutions)
    fiches = {}
    for path in sorted((directory / "fiches").glob("*.yaml"), key=lambda path: path.stem):
        fiche = _read(path, Fiche)
        if fiche.slug != path.stem:
            raise _invalid(path, f"slug « {fiche.slug} » : il doit être le nom du fichier")
        _check_fiche(path, fiche, restitutions)
        fiches[fiche.slug] = fiche
    return Catalogue(
        MappingProxyType(champs),
        MappingProxyType(restitutions),
        MappingProxyType(sources),
        MappingProxyType(fiches),
        _controls(directory / "controles.yaml", champs),
        _fingerprint(directory),
    )


def _controls(path: Path, champs: Mapping[str, Champ]) -> tuple[Controle, ...]:
    """Read the controls: each impossible value of a field has its own, and each sum of theirs is one of a field."""
    if not path.is_file():
        return ()
    found = _read(path, Controles).controles
    bounded = {control.code for control in found if control.genre == "valeur_impossible"}
    declared = {code for champ in champs.values() for code in champ.impossibles}
    if odd := bounded ^ declared:
        raise _invalid(path, f"{', '.join(sorted(odd))} : à déclarer ici et dans les impossibles d'un champ")
    sums = {name for champ in champs.values() for name in champ.sommes} | {""}
    if unknown := {control.somme for control in found if isinstance(control, Rupture)} - sums:
        raise _invalid(path, f"somme {', '.join(sorted(unknown))} inconnue des champs")
    return found


def _fingerprint(directory: Path) -> str:
    """Return the sha256 of the names and contents of the files of a catalogue."""
    whole = hashlib.sha256()
    for path in sorted(directory.rglob("*.yaml")):
        whole.update(f"{path.relative_to(directory).as_posix()}\n".encode())
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def _read(path: Path, model: type[Model]) -> Model:
    return _valid(path, _yaml(path), model)


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise _invalid(path, str(error)) from error


def _valid(path: Path, given: Any, model: type[Model]) -> Model:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _invalid(path, str(error)) from error


def _champ(path: Path, directory: Path) -> Champ:
    """Read a field, with what it shares with others: ``communs/NAME.yaml``, which its own file overrides by name."""
    given, shares = _yaml(path), dict[str, dict[str, Any]]()
    for name in given.get("avec", ()) if isinstance(given, dict) else ():
        shared = directory / "communs" / f"{name}.yaml"
        if not shared.is_file():
            known = sorted(file.stem for file in shared.parent.glob("*.yaml"))
            raise _invalid(path, f"avec « {name} » inconnu ; connus : {', '.join(known)}")
        for part, values in _with_principal(_yaml(shared), given.get("principale", "")).items():
            shares.setdefault(part, {}).update(values)
    for part, values in shares.items():  # first and in their order: a dimension's place is that of its column in cubes
        given[part] = values | given.get(part, {})
    return _valid(path, given, Champ)


def _with_principal(value: Any, principal: str) -> Any:
    """Return shared declarations with the field's principal sum where they name it."""
    if isinstance(value, dict):
        return {name: _with_principal(of, principal) for name, of in value.items()}
    return principal if value == PRINCIPAL else value


def _check_zone(path: Path, champ: Champ) -> None:
    zones = {zone.name for kind in champ.fichiers for layout in layouts(kind) for zone in layout.zones}
    named = {champ.zone, *(of.zone for of in (champ.listes.natures.values() if champ.listes else ()))} - {""}
    if unknown := named - zones:
        raise _invalid(path, f"zone {', '.join(sorted(unknown))} inconnue ; connues : {', '.join(sorted(zones))}")


def _check_impossible(path: Path, champ: Champ) -> None:
    read = {column.name for kind in champ.fichiers for layout in layouts(kind) for column in layout.columns}
    known = {*read, *champ.colonnes, *champ.dimensions}
    named = {name for of in champ.impossibles.values() for name in (*of.quand, *of.sauf)} - {"drapeau"}
    if unknown := named - known:
        raise _invalid(path, f"impossibles : colonne {', '.join(sorted(unknown))} inconnue")


def _check_source(
    path: Path, source: Source, champs: Mapping[str, Champ], restitutions: Mapping[str, Restitution]
) -> None:
    if not path.is_file():
        raise _invalid(path, f"source « {source.source} » : elle doit être le nom du fichier")
    if source.champ not in champs:
        raise _invalid(path, f"champ « {source.champ} » inconnu ; connus : {', '.join(champs)}")
    known = {*champs[source.champ].dimensions, *source.dimensions}
    for form in source.fichiers:
        if unknown := set(form.cles) - known:
            raise _invalid(path, f"clé {', '.join(sorted(unknown))} inconnue ; connues : {', '.join(sorted(known))}")
    named = {name for form in source.indicateurs for name in form.dimensions}
    named |= {mesure.entre for mesure in source.mesures.values()} - {""}
    if unknown := named - known:
        raise _invalid(path, f"dimension {', '.join(sorted(unknown))} inconnue ; connues : {', '.join(sorted(known))}")
    for slug in source.restitutions:
        if slug not in restitutions:
            raise _invalid(path, f"restitution « {slug} » inconnue ; connues : {', '.join(restitutions)}")
        answered = restitutions[slug]
        if answered.champ != source.champ or answered.source not in ("", source.source):
            raise _invalid(path, f"restitution « {slug} » : elle est d'un autre champ ou d'une autre source")
        if missing := set(answered.mesures) - set(source.mesures):
            raise _invalid(path, f"restitution « {slug} » : la source n'a pas {', '.join(sorted(missing))}")


def _check(path: Path, restitution: Restitution, champs: Mapping[str, Champ], sources: Mapping[str, Source]) -> None:
    champ = champs.get(restitution.champ)
    if champ is None:
        raise _invalid(path, f"champ « {restitution.champ} » inconnu ; connus : {', '.join(champs)}")
    if restitution.cube and restitution.cube not in champ.cubes:
        raise _invalid(path, f"cube « {restitution.cube} » inconnu ; connus : {', '.join(champ.cubes)}")
    source = sources.get(restitution.source)
    if restitution.source and (source is None or restitution.slug not in source.restitutions):
        raise _invalid(path, f"source « {restitution.source} » inconnue, ou elle n'y répond pas : {', '.join(sources)}")
    wanted = {
        "mesure": (set(restitution.mesures), set(source.mesures if source else champ.mesures)),
        "dimension": (
            {*restitution.criteres.regroupement, *restitution.criteres.activite, *restitution.lignes}
            - {"", "regroupement", "origine"},
            {*champ.dimensions, *(source.dimensions if source else ())},
        ),
    }
    for what, (names, known) in wanted.items():
        if names - known:
            raise _invalid(
                path, f"{what} {', '.join(sorted(names - known))} inconnu ; connus : {', '.join(sorted(known))}"
            )
    if restitution.genre == "profil" and source:
        odd = [n for n in restitution.mesures if source.mesures[n].classes or not source.mesures[n].domaine]
        if odd or not source.indicateurs:
            raise _invalid(path, f"profil : {', '.join(odd) or source.source} n'est pas un indicateur d'un domaine")


def _check_crossed(
    path: Path, restitution: Restitution, sources: Mapping[str, Source], restitutions: Mapping[str, Restitution]
) -> None:
    """Check what a restitution takes from sources of indicators: it is there, and is not told to more than there."""
    letters = set()
    for one in restitution.indicateurs:
        source = sources.get(one.source)
        if source is None or not source.indicateurs:
            known = ", ".join(name for name, source in sources.items() if source.indicateurs)
            raise _invalid(
                path, f"indicateurs : « {one.source} » n'est pas une source d'indicateurs ; connues : {known}"
            )
        if one.mesure not in source.mesures:
            raise _invalid(path, f"indicateurs : « {one.source} » n'a pas {one.mesure} : {', '.join(source.mesures)}")
        letters |= {one.colonne} if source.mesures[one.mesure].classes else set()
        _check_reach(path, restitution, source, one.mesure, restitutions)
    if wrong := {name for ratio in restitution.rapports for name in ratio.de} & letters:
        raise _invalid(path, f"rapports : {', '.join(sorted(wrong))} est une classe, pas un chiffre")
    charts = restitution.graphiques
    figures = {name for chart in charts for name in chart.chiffres} & letters
    figures |= {chart.couleur for chart in charts} & ({one.colonne for one in restitution.indicateurs} - letters)
    if figures:
        raise _invalid(
            path, f"graphique : {', '.join(sorted(figures))} : un axe est un chiffre, une couleur une classe"
        )


def _check_reach(
    path: Path, restitution: Restitution, source: Source, mesure: str, restitutions: Mapping[str, Restitution]
) -> None:
    """Refuse to tell a measure to more readers than some restitution of its source; of one none shows, than any.

    Readers of rights see the establishments of their perimeter: rows must be of these alone.
    """
    own = [restitutions[slug] for slug in source.restitutions if slug in restitutions]
    showing = [one for one in own if mesure in one.mesures]

    def narrower(one: Restitution) -> bool:
        order = ("libre", "identifie", "securise")
        same = one.acces == "libre" or one.domaine == restitution.domaine
        return same and order.index(restitution.acces) >= order.index(one.acces)

    told = any(map(narrower, showing)) if showing else all(map(narrower, own))
    public = any(one.acces == "libre" for one in showing) or all(one.acces == "libre" for one in own)
    elsewhere = restitution.criteres.zone == "residence" or restitution.criteres.etablissement_de != "finess"
    if not told or (elsewhere and not public):
        raise _invalid(
            path,
            f"indicateurs : {mesure} ({source.source}) y serait dit à d'autres lecteurs que ceux de "
            f"{', '.join(one.slug for one in showing or own)}",
        )


def _check_fiche(path: Path, fiche: Fiche, restitutions: Mapping[str, Restitution]) -> None:
    if fiche.slug in restitutions:
        raise _invalid(path, f"slug « {fiche.slug} » : une restitution a ce nom")
    for bloc in fiche.blocs:
        if bloc.restitution not in restitutions:
            raise _invalid(path, f"restitution « {bloc.restitution} » inconnue ; connues : {', '.join(restitutions)}")
        _check_bloc(path, bloc, restitutions[bloc.restitution])
    asked = [restitutions[bloc.restitution] for bloc in fiche.blocs]
    if set(fiche.champs) != (found := {restitution.champ for restitution in asked}):
        raise _invalid(path, f"champs : ceux de ses blocs sont {', '.join(sorted(found))}")
    if fiche.acces == "libre" and (closed := [r.slug for r in asked if r.acces != "libre"]):
        raise _invalid(path, f"acces : {', '.join(closed)} n'est pas d'accès libre")
    if unknown := set(fiche.niveaux) - set(asked[0].criteres.activite):
        raise _invalid(path, f"niveaux : « {asked[0].slug} » ne prend pas {', '.join(sorted(unknown))}")


def _check_bloc(path: Path, bloc: Bloc, asked: Restitution) -> None:
    where = f"bloc « {bloc.titre} »"
    if asked.indicateurs:
        raise _invalid(path, f"{where} : « {asked.slug} » croise une source : elle n'est pas d'une seule édition")
    if unknown := set(bloc.mesures) - set(asked.mesures):
        raise _invalid(path, f"{where} : « {asked.slug} » n'a pas la mesure {', '.join(sorted(unknown))}")
    if bloc.affichage == "cles" and ("finess" in asked.lignes and set(bloc.comparer) - {"n-1"}):
        raise _invalid(path, f"{where} : un tableau par établissement ne se compare qu'à l'année précédente")
    if bloc.affichage == "cles" and len(asked.lignes) > 1:
        raise _invalid(path, f"{where} : « {asked.slug} » a plusieurs totaux, aucun n'est celui du sujet")
    drawn = {
        "graphique": tuple(chart.genre for chart in asked.graphiques),
        "carte": asked.carte.genres if asked.carte else (),
    }
    if bloc.affichage in drawn and (not drawn[bloc.affichage] or bloc.genre not in ("", *drawn[bloc.affichage])):
        raise _invalid(path, f"{where} : « {asked.slug} » n'a pas d'image de ce genre : {bloc.affichage} {bloc.genre}")


def _invalid(path: Path, what: str) -> SanoscopeError:
    return SanoscopeError(
        "catalogue-invalide",
        f"{path.name} : {what}",
        todo="Corrigez ce fichier du catalogue.",
    )
