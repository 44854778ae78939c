"""Reading the catalogue: the package's files, checked one by one and against each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import yaml
from pydantic import ValidationError

from sanoscope.catalogue.field import Champ, Frozen
from sanoscope.catalogue.restitution import Restitution
from sanoscope.errors import NotFoundError, SanoscopeError, suggest
from sanoscope.sentence import Sentence

HERE = Path(__file__).parent
Model = TypeVar("Model", bound=Frozen)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that can be asked."""

    champs: Mapping[str, Champ]
    restitutions: Mapping[str, Restitution]

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

    def champ(self, restitution: Restitution) -> Champ:
        """Return the field of a restitution."""
        return self.champs[restitution.champ]


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that the package ships."""
    return load(HERE)


def load(directory: Path) -> Catalogue:
    """Read ``champs/*.yaml`` and ``restitutions/*.yaml`` of a directory.

    Raises:
        SanoscopeError: ``catalogue-invalide``, with the file and what is wrong in it.
    """
    champs = {c.champ: c for c in (_read(path, Champ) for path in sorted((directory / "champs").glob("*.yaml")))}
    restitutions = {}
    for path in sorted((directory / "restitutions").glob("*.yaml")):
        restitution = _read(path, Restitution)
        if restitution.slug != path.stem:
            raise _invalid(path, f"slug « {restitution.slug} » : il doit être le nom du fichier")
        _check(path, restitution, champs)
        restitutions[restitution.slug] = restitution
    return Catalogue(MappingProxyType(champs), MappingProxyType(restitutions))


def _read(path: Path, model: type[Model]) -> Model:
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise _invalid(path, str(error)) from error


def _check(path: Path, restitution: Restitution, champs: Mapping[str, Champ]) -> None:
    champ = champs.get(restitution.champ)
    if champ is None:
        raise _invalid(path, f"champ « {restitution.champ} » inconnu ; connus : {', '.join(champs)}")
    if restitution.cube and restitution.cube not in champ.cubes:
        raise _invalid(path, f"cube « {restitution.cube} » inconnu ; connus : {', '.join(champ.cubes)}")
    wanted = {
        "mesure": (set(restitution.mesures), set(champ.mesures)),
        "dimension": (
            {*restitution.criteres.regroupement, *restitution.criteres.activite, *restitution.lignes}
            - {"", "regroupement"},
            set(champ.dimensions),
        ),
    }
    for what, (names, known) in wanted.items():
        if names - known:
            raise _invalid(
                path, f"{what} {', '.join(sorted(names - known))} inconnu ; connus : {', '.join(sorted(known))}"
            )


def _invalid(path: Path, what: str) -> SanoscopeError:
    return SanoscopeError(
        "catalogue-invalide",
        f"{path.name} : {what}",
        todo="Corrigez ce fichier du catalogue.",
    )
