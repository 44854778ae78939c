"""Which edition is served: one pointer, moved atomically, with the memory of where it was."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition import manifest as manifests
from sanoscope.edition.manifest import Manifest
from sanoscope.errors import NotFoundError, SanoscopeError
from sanoscope.sentence import Sentence
from sanoscope.workspace import UNFINISHED, settle, sync

POINTER = "current"
HISTORY = "publications.jsonl"
WRITABLE = 0o222
"""Permissions to write, which the files of a sealed edition do not have."""


@dataclass(frozen=True, slots=True)
class Publication:
    """An edition that began to be served.

    Attributes:
        edition: its name.
        instant: when (UTC).
        retour: it was a way back: the editions published after it are withdrawn.
    """

    edition: str
    instant: datetime
    retour: bool = False


@dataclass(frozen=True, slots=True)
class _Moment:
    """What was read of publications: the pointer by directory, what the open side knows of editions by place."""

    pointers: dict[Path, str] = field(default_factory=dict)
    manifests: dict[Path, Manifest] = field(default_factory=dict)


_MOMENT: ContextVar[_Moment | None] = ContextVar("moment", default=None)


@contextmanager
def steady() -> Iterator[None]:
    """See, inside, the published edition as it is when it is first looked at, whatever is published meanwhile."""
    token = _MOMENT.set(_Moment())
    try:
        yield
    finally:
        _MOMENT.reset(token)


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
    name = served(directory)
    if not name:
        raise NotFoundError(
            "aucune-edition-publiee",
            Sentence("Aucune édition n'est publiée."),
            todo=Sentence("« sanoscope publish EDITION » en publie une."),
        )
    return name


def served(directory: Path) -> str:
    """Return the name of the published edition, "" where none is."""
    moment = _MOMENT.get()
    if moment is None:
        return _pointed(directory)
    if directory not in moment.pointers:
        moment.pointers[directory] = _pointed(directory)
    return moment.pointers[directory]


def _pointed(directory: Path) -> str:
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


def of_source(directory: Path, source: str) -> str:
    """Return the last published edition of a source; "" where none is."""
    told = ((name, _known(directory, name).source) for name in _still_there(directory))
    return next((name for name, known in told if known and known.source == source), "")


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
    place, moment = directory / name / manifests.PUBLIC, _MOMENT.get()
    if moment and place in moment.manifests:
        return moment.manifests[place]
    file = place / manifests.FILE
    known = _read(place, file.stat().st_mtime_ns if file.is_file() else 0)
    if moment:
        moment.manifests[place] = known
    return known


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
    _serve(directory, name, back=False, despite=despite or {})


def published(directory: Path) -> frozenset[str]:
    """Return the editions that were published one day and not withdrawn: a link may be pinned to them."""
    return frozenset(_history(directory))


def rollback(directory: Path) -> str:
    """Serve the edition that was served before the current one, which is withdrawn; return its name.

    Raises:
        SanoscopeError: ``rien-avant``: none was.
    """
    now = current(directory)
    history = _history(directory)
    while history and history[-1] == now:
        history.pop()
    if not history:
        raise SanoscopeError(
            "rien-avant",
            Sentence("Aucune édition n'a été publiée avant « %(now)s ».", now=now),
            allowed=[m.nom for m in editions(directory)],
            todo=Sentence("« sanoscope publish EDITION » publie l'édition de votre choix."),
        )
    previous = history[-1]
    verify(directory, previous)
    _serve(directory, previous, back=True, despite={})
    return previous


def served_on(directory: Path, day: date, restitution: Restitution) -> str:
    """Return the edition that answered a restitution at the end of a day (UTC); today, the one that answers now.

    As `answering` does: the edition published then if it has the figures, else the last published before it that has.

    Raises:
        NotFoundError: ``aucune-edition-ce-jour``: none was published, or none had the figures;
            ``edition-retiree``: the one that answered was withdrawn or removed since.
    """
    until = [event for event in publications(directory) if event.instant.date() <= day]
    known = published(directory)
    for name in reversed(_standing(until)):
        there = (directory / name).is_dir()
        if there and not _known(directory, name).repond(restitution):
            continue
        if there and name in known:
            return name
        raise NotFoundError(
            "edition-retiree",
            Sentence("L'édition servie le %(jour)s, « %(nom)s », a été retirée depuis.", jour=day, nom=name),
            allowed=sorted(name for name in known if (directory / name).is_dir()),
            todo=Sentence("Demandez une autre date, ou une édition par son nom."),
        )
    first = min((event.instant.date() for event in publications(directory)), default=None)
    raise NotFoundError(
        "aucune-edition-ce-jour",
        Sentence("Aucune édition publiée le %(jour)s ne répond à « %(slug)s ».", jour=day, slug=restitution.slug),
        todo=Sentence("La première publication est du %(jour)s.", jour=first) if first else "",
    )


def seal(directory: Path, name: str) -> Manifest:
    """Say that an edition is final (« scellée »): its manifests get their own fingerprint, its files are read-only.

    Raises:
        NotFoundError: there is no such edition.
        SanoscopeError: ``edition-alteree``, or ``deja-scellee``.
    """
    manifest = verify(directory, name)
    if manifest.etat == "scellée":
        raise SanoscopeError(
            "deja-scellee",
            Sentence("L'édition « %(name)s » est déjà scellée.", name=name),
            todo=Sentence("Une correction fait une autre édition : « sanoscope build --name AUTRE »."),
        )
    now = datetime.now(UTC).replace(microsecond=0)
    place = directory / name
    manifests.write(place / manifests.PUBLIC, manifests.sealed(manifests.read(place / manifests.PUBLIC), now))
    manifests.write(place, manifests.sealed(manifest, now))  # last: until then it is not sealed, and may be again
    for file in place.rglob("*"):
        if file.is_file():
            file.chmod(file.stat().st_mode & ~WRITABLE)
    settle(place)
    return manifests.read(place)


def remove(directory: Path, name: str) -> None:
    """Remove an edition that is neither sealed nor served.

    Raises:
        NotFoundError: there is no such edition.
        SanoscopeError: ``edition-scellee``, or ``edition-servie``.
    """
    manifest = manifests.read(directory / name)
    if manifest.etat == "scellée":
        raise SanoscopeError(
            "edition-scellee",
            Sentence("L'édition « %(name)s » est scellée : elle ne se retire pas.", name=name),
            todo=Sentence("Une édition scellée se garde ; seules les éditions en cours se retirent."),
        )
    if name == served(directory):
        raise SanoscopeError(
            "edition-servie",
            Sentence("L'édition « %(name)s » est celle qui est servie.", name=name),
            todo=Sentence("Publiez-en d'abord une autre."),
        )
    leaving = directory / f"{UNFINISHED}{name}-retiree"
    (directory / name).rename(leaving)  # whole or gone: what is left of it is no edition
    sync(directory)  # before the first file goes: its old name would be that of an edition with holes
    shutil.rmtree(leaving)


def verify(directory: Path, name: str) -> Manifest:
    """Return the manifest of an edition whose cubes are those that were built.

    Raises:
        NotFoundError: ``edition-introuvable``.
        SanoscopeError: ``edition-alteree``.
    """
    manifest = manifests.read(directory / name)
    for place in (directory / name, directory / name / manifests.PUBLIC):
        manifests.check_seal(manifests.read(place))
    for file, kept in prints(manifest).items():
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


def prints(manifest: Manifest) -> dict[str, str]:
    """Return the fingerprint (sha256) that each cube of an edition was built with, by its path in the edition."""
    return {
        manifest.base(name, public=public): champ.empreinte_ouverte if public else champ.empreinte
        for name, champ in manifest.champs.items()
        for public in (False, True)
    }


def publications(directory: Path) -> list[Publication]:
    """Return every publication and every way back, the first first.

    What was written without an instant counts from the day its edition was built. A publication that was cut off
    before it was written down is told by the pointer, and dated as it is.
    """
    return [*_written(directory), *_unwritten(directory)]


def _written(directory: Path) -> list[Publication]:
    path = directory / HISTORY
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            said = json.loads(line)
        except json.JSONDecodeError:  # cut off: the pointer, or the publication after, says what is served
            continue
        instant = said.get("instant") or _built(directory, said["edition"])
        found.append(Publication(said["edition"], datetime.fromisoformat(instant), bool(said.get("retour"))))
    return found


def _unwritten(directory: Path) -> list[Publication]:
    """Return the publication that the pointer alone tells, if it is not written down."""
    now, known = served(directory), _written(directory)
    if not now or (known and known[-1].edition == now):
        return []
    return [Publication(now, datetime.fromtimestamp((directory / POINTER).lstat().st_mtime, UTC))]


def _built(directory: Path, name: str) -> str:
    """Return when an edition was built; the beginning of time for one that was removed."""
    there = (directory / name / manifests.PUBLIC / manifests.FILE).is_file()
    return (_known(directory, name).cree_le if there else datetime.fromtimestamp(0, UTC)).isoformat()


def _history(directory: Path) -> list[str]:
    return _standing(publications(directory))


def _standing(events: Iterable[Publication]) -> list[str]:
    """Return the editions that stand after publications and ways back: a way back withdraws what came after."""
    standing: list[str] = []
    for event in events:
        if event.retour and event.edition in standing:
            while standing[-1] != event.edition:
                standing.pop()
        else:
            standing.append(event.edition)
    return standing


def _serve(directory: Path, name: str, *, back: bool, despite: Mapping[str, object]) -> None:
    """Move the pointer, then write it down; a publication that was cut off before is written first."""
    cut_off = _unwritten(directory)
    _point(directory, name)
    path = directory / HISTORY
    torn = path.is_file() and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as stream:
        stream.write("\n" if torn else "")
        for event in (*cut_off, Publication(name, datetime.now(UTC), retour=back)):
            entry = {"instant": event.instant.isoformat(timespec="seconds"), "edition": event.edition}
            said = {**entry, **({"retour": True} if event.retour else {}), **(despite if event.edition == name else {})}
            stream.write(json.dumps(said, ensure_ascii=False) + "\n")
    sync(path)
    sync(directory)


def _point(directory: Path, name: str) -> None:
    unfinished = directory / f".{POINTER}-{os.getpid()}"
    unfinished.unlink(missing_ok=True)
    unfinished.symlink_to(name)
    unfinished.replace(directory / POINTER)
    sync(directory)
