"""``sanoscope check``: what must hold of an edition before it is published, and how badly it does not.

The controls are those of ``catalogue/controles.yaml``, with the thresholds of the workspace; `edition.controls`
measures. What was found is kept beside the edition, so that publishing it does not measure again.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from sanoscope import __version__
from sanoscope.catalogue.control import Controle as Declared
from sanoscope.catalogue.control import Integrite, Niveau
from sanoscope.catalogue.load import Catalogue
from sanoscope.edition import manifest as manifests
from sanoscope.edition.controls import Subject, measure
from sanoscope.edition.edition import Edition, open_edition
from sanoscope.edition.manifest import Manifest
from sanoscope.edition.publication import last_protected, verify
from sanoscope.errors import SanoscopeError, suggest
from sanoscope.nomenclature.reference import load_plain
from sanoscope.nomenclature.tables import CONTROLES, TOTAUX_CONTROLE
from sanoscope.workspace import Settings, Workspace, put

KEPT = "controles.json"
"""What the controls found, in the secure side of the edition's directory."""


@dataclass(frozen=True, slots=True)
class Controle:
    """One control and what it found.

    Attributes:
        nom: the field, and what was looked at.
        niveau: ``note``, ``alerte`` or ``bloque``.
        detail: what was seen; no count of people from 1 to 10.
        code: the control, by which an operator names it.
        que_faire: what to do where it is not a note.
        sans_appel: where it blocks, nobody can have it otherwise.
    """

    nom: str
    niveau: Niveau
    detail: str
    code: str = ""
    que_faire: str = ""
    sans_appel: bool = False

    @property
    def bon(self) -> bool:
        """It does not block."""
        return self.niveau != "bloque"


def check(directory: Path, name: str, catalogue: Catalogue, settings: Settings) -> list[Controle]:
    """Make every control of an edition, field by field; each says what it saw. Keep what they found.

    Raises:
        NotFoundError: ``edition-introuvable``.
        SanoscopeError: ``edition-alteree``, ``controles-invalides`` (a table of the workspace names what there is not).
    """
    manifest = verify(directory, name)
    controls, totals = _in_force(directory, catalogue, settings)
    edition = open_edition(directory, name, settings=settings, public=manifest.source is not None)
    before = _published(directory, settings)
    found = []
    for code in manifest.champs:
        known = before.of(code) if before and code in before.manifest.champs else None
        subject = Subject(catalogue.champs[code], edition.of(code), known, directory / name, settings, totals)
        found += [judged for control in controls for judged in _judged(control, subject)]
    print_ = _print(directory, manifest, controls, totals, settings)
    _keep(directory / name, print_, found)
    return found


def kept(directory: Path, name: str, catalogue: Catalogue, settings: Settings) -> list[Controle] | None:
    """Return what the controls found of an edition; None where they were not made, or on something else.

    Something else is: another content of the edition, other thresholds or totals, another published edition.

    Raises:
        NotFoundError: ``edition-introuvable``.
        SanoscopeError: ``controles-invalides``.
    """
    manifest = manifests.read(directory / name)
    path = directory / name / manifests.SECURE / KEPT
    if not path.is_file():
        return None
    record = json.loads(path.read_text(encoding="utf-8"))
    if record["empreinte"] != _print(directory, manifest, *_in_force(directory, catalogue, settings), settings):
        return None
    return [Controle(**control) for control in record["controles"]]


def _judged(control: Declared, subject: Subject) -> list[Controle]:
    final = isinstance(control, Integrite)
    return [
        Controle(
            nom=f"{subject.champ.champ.upper()}, {control.libelle}{f' {seen.de}' if seen.de else ''}",
            niveau=(seen.seuils or control.seuils).niveau(seen.valeur),
            detail=seen.detail,
            code=control.code,
            que_faire=control.que_faire,
            sans_appel=final,
        )
        for seen in measure(control, subject)
    ]


def _in_force(directory: Path, catalogue: Catalogue, settings: Settings) -> tuple[tuple[Declared, ...], pl.DataFrame]:
    """Return the controls with the thresholds of the workspace, but for those it does without, and its totals."""
    reference = Workspace(directory.parent, settings).reference
    changed = load_plain(CONTROLES, reference).to_dicts()
    free = {control.code for control in catalogue.controles if not isinstance(control, Integrite)}
    for row in changed:
        if row["code"] not in free:
            raise SanoscopeError(
                "controles-invalides",
                f"controles.csv : « {row['code']} » n'est pas un contrôle dont les seuils se changent.",
                allowed=sorted(free),
                todo=suggest(row["code"], free),
            )
    without = {row["code"] for row in changed if row["niveau"] == "sans"}
    own = {(row["code"], row["niveau"]): float(row["seuil"]) if row["seuil"] else None for row in changed}
    controls = [_changed(c, own) for c in catalogue.controles if c.code not in without]
    totals = load_plain(TOTAUX_CONTROLE, reference)
    for row in totals.to_dicts():
        champ = catalogue.champs.get(row["champ"])
        sums = {name for cube in champ.cubes.values() for name in cube.sommes} if champ else set()
        if row["somme"] not in sums:
            raise SanoscopeError(
                "controles-invalides",
                f"totaux_controle.csv : le champ « {row['champ']} » n'a pas de somme « {row['somme']} ».",
                allowed=sorted(sums or catalogue.champs),
            )
    return tuple(controls), totals


def _changed(control: Declared, own: dict[tuple[str, str], float | None]) -> Declared:
    """Return a control with the thresholds of the workspace."""
    if isinstance(control, Integrite):
        return control
    levels = {level: own[control.code, level] for level in ("alerte", "bloque") if (control.code, level) in own}
    return control.model_copy(update={"seuils": control.seuils.model_copy(update=levels)})


def _published(directory: Path, settings: Settings) -> Edition | None:
    """Return the last published edition that is not of a published source."""
    name = last_protected(directory)
    return open_edition(directory, name, settings=settings) if name else None


def _print(
    directory: Path, manifest: Manifest, controls: tuple[Declared, ...], totals: pl.DataFrame, settings: Settings
) -> str:
    """Return the fingerprint of all that the controls depend on."""
    place = directory / manifest.nom / manifests.SECURE
    databases = {Path(manifests.database(champ, public=False)).name for champ in manifest.champs}
    beside = [path for path in sorted(place.glob("*")) if path.name not in {KEPT, *databases}]
    told: dict[str, Any] = {
        "logiciel": __version__,
        "edition": [(c.empreinte, c.empreinte_ouverte) for c in manifest.champs.values()],
        "preuves": [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in beside],
        "manifeste": [[y.model_dump() for y in c.rapprochement] for c in manifest.champs.values()],
        "publiee": last_protected(directory),
        "controles": [control.model_dump() for control in controls],
        "totaux": totals.to_dicts(),
        "seuil": settings.seuil,
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _keep(place: Path, print_: str, controls: list[Controle]) -> None:
    """Write what was found, all or nothing; the edition of a published source has no secure side of its own."""
    record = {
        "empreinte": print_,
        "fait_le": datetime.now(UTC).isoformat(timespec="seconds"),
        "controles": [asdict(control) for control in controls],
    }
    put(place / manifests.SECURE / KEPT, json.dumps(record, ensure_ascii=False, indent=1))
