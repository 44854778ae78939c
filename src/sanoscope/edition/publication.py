"""Which edition is served: one pointer, moved atomically, with the memory of where it was."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition import manifest as manifests
from sanoscope.edition.manifest import Manifest
from sanoscope.errors import NotFoundError, SanoscopeError
from sanoscope.sentence import Sentence

POINTER = "current"
HISTORY = "publications.jsonl"


@dataclass(frozen=True, slots=True)
class Publication:
    """An edition that began to be served, and when (UTC)."""

    edition: str
    instant: datetime


def editions(directory: Path) -> list[Manifest]:
    """Return what the open side knows of a workspace's editions, the latest first."""
    found = [
        manifests.read(path.parent)
        for path in directory.glob(f"[!.]*/{manifests.PUBLIC}/{manifests.FILE}")
        if not path.parent.parent.is_symlink()
    ]
    return sorted(found, key=lambda m: (m.cree_le, m.nom), reverse=True)


def current(directory: Path) -> str:
    """Return the name of the published edition.

    Raises:
        NotFoundError: ``aucune-edition-publiee``.
    """
    pointer = directory / POINTER
    if not pointer.is_symlink():
        raise NotFoundError(
            "aucune-edition-publiee",
            Sentence("Aucune édition n'est publiée."),
            allowed=[m.nom for m in editions(directory)],
            todo=Sentence("« sanoscope publish EDITION » en publie une."),
        )
    return pointer.readlink().name


def served(directory: Path) -> str:
    """Return the name of the published edition, "" where none is."""
    pointer = directory / POINTER
    return pointer.readlink().name if pointer.is_symlink() else ""


def answering(directory: Path, restitution: Restitution) -> str:
    """Return the edition that answers a restitution where none is named: the published one if it has its figures.

    Else the last published of those that have them: an edition of a published source is served beside the others.

    Raises:
        NotFoundError: ``aucune-edition-publiee``, or none has them: ``source-absente``, ``champ-absent``.
    """
    now = current(directory)
    if _known(directory, now).repond(restitution):
        return now
    found = next((name for name in _still_there(directory) if _known(directory, name).repond(restitution)), "")
    if not found:
        raise absent(restitution, _known(directory, now))
    return found


def last_protected(directory: Path) -> str:
    """Return the last published edition that is not of a published source, whose moves the next one keeps; "" for none.

    One that was published and removed since is passed over.
    """
    return next((name for name in _still_there(directory) if not _known(directory, name).source), "")


def _still_there(directory: Path) -> Iterator[str]:
    """Yield the editions that were published, the last first, but those removed since."""
    return (name for name in reversed(_history(directory)) if (directory / name).is_dir())


def _known(directory: Path, name: str) -> Manifest:
    """Return what the open side knows of an edition."""
    place = directory / name / manifests.PUBLIC
    file = place / manifests.FILE
    return _read(place, file.stat().st_mtime_ns if file.is_file() else 0)


@lru_cache(maxsize=64)
def _read(place: Path, stamp: int) -> Manifest:
    """Return a manifest; read again when it is no longer as of its ``stamp`` (sealing)."""
    return manifests.read(place)


def absent(restitution: Restitution, manifest: Manifest) -> NotFoundError:
    """Return the error of an edition that does not have the figures of a restitution: what to do to have them."""
    if restitution.source:
        return NotFoundError(
            "source-absente",
            Sentence(
                "« %(slug)s » vient de la source publiée %(source)s, que l'édition « %(nom)s » n'a pas.",
                slug=restitution.slug,
                source=restitution.source,
                nom=manifest.nom,
            ),
            todo=Sentence(
                "Demandez une édition qui l'a ; l'exploitant en fait une par « sanoscope intake FICHIER », « sanoscope "
                "build --source %(source)s », « sanoscope publish EDITION ».",
                source=restitution.source,
            ),
        )
    if manifest.source:
        return NotFoundError(
            "restitution-absente",
            Sentence(
                "L'édition « %(nom)s » est celle d'une source publiée : elle ne répond pas à « %(slug)s ».",
                nom=manifest.nom,
                slug=restitution.slug,
            ),
            allowed=manifest.source.restitutions,
            todo=Sentence("Demandez une autre édition."),
        )
    return without_field(restitution.champ, manifest)


def without_field(champ: str, manifest: Manifest) -> NotFoundError:
    """Return the error of an edition that does not hold a field."""
    return NotFoundError(
        "champ-absent",
        Sentence("L'édition « %(nom)s » n'a pas le champ %(champ)s.", nom=manifest.nom, champ=champ.upper()),
        allowed=manifest.champs,
        todo=Sentence("Demandez une édition qui l'a, ou recevez ses fichiers et reconstruisez."),
    )


def publish(directory: Path, name: str, *, despite: Mapping[str, object] | None = None) -> None:
    """Make an edition the one that is served; its controls are for `release` to make.

    Args:
        directory: the editions of the workspace.
        name: the edition.
        despite: which controls block it and why it is published all the same, for the record.

    Raises:
        NotFoundError: there is no such edition.
        SanoscopeError: ``edition-alteree``: its cubes are not those that were built.
    """
    verify(directory, name)
    _point(directory, name)
    entry = {"instant": datetime.now(UTC).isoformat(timespec="seconds"), "edition": name, **(despite or {})}
    with (directory / HISTORY).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(entry, ensure_ascii=False) + "\n")


def published(directory: Path) -> frozenset[str]:
    """Return the editions that were published one day, hence that a link may be pinned to."""
    return frozenset(_history(directory))


def rollback(directory: Path) -> str:
    """Serve the edition that was served before the current one, and return its name.

    Raises:
        SanoscopeError: ``rien-avant``: none was.
    """
    now = current(directory)
    history = _record(directory)
    while history and history[-1]["edition"] == now:
        history.pop()
    if not history:
        raise SanoscopeError(
            "rien-avant",
            Sentence("Aucune édition n'a été publiée avant « %(now)s ».", now=now),
            allowed=[m.nom for m in editions(directory)],
            todo=Sentence("« sanoscope publish EDITION » publie l'édition de votre choix."),
        )
    previous = str(history[-1]["edition"])
    verify(directory, previous)
    _point(directory, previous)
    lines = [json.dumps(entry, ensure_ascii=False) for entry in history]
    (directory / f"{HISTORY}.en-cours").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (directory / f"{HISTORY}.en-cours").replace(directory / HISTORY)
    return previous


def seal(directory: Path, name: str) -> Manifest:
    """Say that an edition is final (« scellée »)."""
    manifest = verify(directory, name)
    sealed = manifest.model_copy(update={"etat": "scellée"})
    manifests.write(directory / name, sealed)
    public = manifests.read(directory / name / manifests.PUBLIC)
    manifests.write(directory / name / manifests.PUBLIC, public.model_copy(update={"etat": "scellée"}))
    return sealed


def verify(directory: Path, name: str) -> Manifest:
    """Return the manifest of an edition whose cubes are those that were built.

    Raises:
        NotFoundError: ``edition-introuvable``.
        SanoscopeError: ``edition-alteree``.
    """
    manifest = manifests.read(directory / name)
    prints = {
        manifest.base(name, public=public): champ.empreinte_ouverte if public else champ.empreinte
        for name, champ in manifest.champs.items()
        for public in (False, True)
    }
    for file, kept in prints.items():
        with (directory / name / file).open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != kept:
            raise SanoscopeError(
                "edition-alteree",
                Sentence(
                    "L'édition « %(name)s » n'est plus celle qui a été construite (%(file)s : empreinte "
                    "%(found)s… au lieu de %(kept)s…).",
                    name=name,
                    file=file,
                    found=found[:12],
                    kept=kept[:12],
                ),
                todo=Sentence("Reconstruisez-la, ou rétablissez-la d'une sauvegarde."),
            )
    return manifest


def publications(directory: Path) -> list[Publication]:
    """Return every publication, the first first."""
    return [Publication(str(one["edition"]), datetime.fromisoformat(str(one["instant"]))) for one in _record(directory)]


def _history(directory: Path) -> list[str]:
    """Return the editions that were published, the last one last."""
    return [str(entry["edition"]) for entry in _record(directory)]


def _record(directory: Path) -> list[dict[str, object]]:
    path = directory / HISTORY
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _point(directory: Path, name: str) -> None:
    unfinished = directory / f".{POINTER}-{os.getpid()}"
    unfinished.unlink(missing_ok=True)
    unfinished.symlink_to(name)
    unfinished.replace(directory / POINTER)
