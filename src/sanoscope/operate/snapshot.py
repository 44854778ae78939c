"""The files of a workspace as they are at one instant, held while the service answers and a refresh goes on.

Nothing waits. What may be replaced or removed (settings, reference tables, editions, what refreshing leaves) is held by
a second name, a hard link: a file is never written to again once it has its name, so what is held does not change.
Files that grow are copied, up to their last whole line. What was received is only ever added to: it is listed.

The order makes it whole. What refreshing knows of the drop folder is held before what was received from it, and an
edition before the files that it is made from: nothing that is told is missing. An edition that is removed meanwhile is
left out, and the pointer is held with the publications that tell of it, to an edition that is held.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sanoscope.edition import manifest as manifests
from sanoscope.edition.publication import HISTORY, POINTER, served
from sanoscope.errors import SanoscopeError
from sanoscope.operate.archive import STATE, TREE
from sanoscope.state import portable
from sanoscope.state.database import engine_of
from sanoscope.state.portable import Rows
from sanoscope.workspace import Workspace, alone, share

SCRATCH = ".sauvegarde"
"""Directory of a part of a workspace in which what is held has its second name; nobody else looks at hidden names."""

GROWING = ".jsonl"
"""What the names of files end with to which lines are added."""

TRIES = 20
"""How often a publication may come between before it is an error: each takes minutes to prepare."""


@dataclass(frozen=True, slots=True)
class Held:
    """The files of a workspace at one instant.

    Attributes:
        files: name in the archive → where its bytes are; the pointer is a symbolic link.
        edition: the edition that is served; "" for none.
        state: the rows of the state; None where there is none.
        left: names in the root of the workspace that are left out.
    """

    files: dict[str, Path]
    edition: str
    state: Rows | None
    left: list[str]


def parts(workspace: Workspace) -> tuple[Path, ...]:
    """Return the directories of a workspace that are backed up."""
    return (workspace.operations, workspace.editions, workspace.reference, workspace.store, workspace.quarantine)


@contextmanager
def held(workspace: Workspace) -> Iterator[Held]:
    """Hold the files of a workspace.

    Raises:
        SanoscopeError: ``deja-en-cours`` (another backup), ``sauvegarde-impossible`` (a name that leads nowhere),
            and those of reading the state.
    """
    with alone(workspace.operations / "sauvegarde", "sauvegarde"):
        _let_go(workspace)
        try:
            yield _held(workspace)
        finally:
            _let_go(workspace)


def _held(workspace: Workspace) -> Held:
    files: dict[str, Path] = {}
    left = _hold_root(workspace, files)
    _hold(workspace.operations, files)
    rows_at = workspace.operations / SCRATCH / STATE
    rows_at.mkdir(parents=True)
    state = portable.write(workspace, rows_at)
    files |= {f"{STATE}/{path.name}": path for path in sorted(rows_at.iterdir())}
    served = _hold_editions(workspace.editions, files)
    _hold(workspace.reference, files)
    files |= {f"{TREE}/store/{_name(path, workspace.store)}": path for path in _files(workspace.store)}
    _hold_growing(workspace.quarantine, files)
    return Held(files, served, state, left)


def _hold_root(workspace: Workspace, files: dict[str, Path]) -> list[str]:
    """Hold the files of the root, the settings first; return the names that are left out."""
    kept, scratch = {part.name for part in parts(workspace)}, workspace.operations / SCRATCH / TREE
    left = []
    for path in sorted(_shown(workspace.root)):
        if path.name in kept:
            continue
        if path.is_dir() or _of_state(workspace, path):
            left.append(path.name)
        else:
            files[f"{TREE}/{path.name}"] = _second(path, scratch / path.name)
    return left


def _of_state(workspace: Workspace, path: Path) -> bool:
    """Tell whether a file is the database of a state: its rows are held, or it is no longer read."""
    url = engine_of(workspace).url
    now = Path(str(url.database)) if url.get_backend_name() == "sqlite" else workspace.state
    return any(path.parent == of.parent and path.name.startswith(of.name) for of in (workspace.state, now))


def _hold(part: Path, files: dict[str, Path]) -> None:
    """Hold all the files of a part of a workspace."""
    for path in _files(part):
        try:
            files[f"{TREE}/{part.name}/{_name(path, part)}"] = _second(path, part / SCRATCH / TREE / _name(path, part))
        except FileNotFoundError:  # removed since it was listed
            continue


def _hold_growing(part: Path, files: dict[str, Path]) -> None:
    """List the files of a part to which files are only added, and hold those that grow."""
    for path in _files(part):
        target = part / SCRATCH / _name(path, part)
        files[f"{TREE}/{part.name}/{_name(path, part)}"] = _second(path, target) if path.suffix == GROWING else path


def _hold_editions(directory: Path, files: dict[str, Path]) -> str:
    """Hold the editions, then the pointer with the publications; return the edition that is served.

    Raises:
        SanoscopeError: ``sauvegarde-impossible``: it is not there.
    """
    scratch, pointer, history = directory / SCRATCH, directory / POINTER, directory / HISTORY
    for _ in range(TRIES):
        shutil.rmtree(scratch, ignore_errors=True)
        names = [path.name for path in sorted(_shown(directory)) if path.name != POINTER and path.is_dir()]
        found = [path for name in names for path in _hold_edition(directory / name, scratch / name)]
        now = served(directory)
        if history.is_file():
            found.append(_second(history, scratch / HISTORY))
        if now and (scratch / now).is_dir():
            found.append(_pointing(scratch / POINTER, pointer))
        if now == served(directory) and (not now or (scratch / now).is_dir()):
            files |= {f"{TREE}/{directory.name}/{_name(path, scratch)}": path for path in found}
            return now
    raise SanoscopeError(
        "sauvegarde-impossible",
        "L'édition servie n'est pas parmi les éditions, ou change sans cesse : elle ne peut pas être sauvegardée.",
        todo="« sanoscope editions » dit laquelle est servie ; publiez-en une, puis relancez.",
    )


def _hold_edition(place: Path, target: Path) -> list[Path]:
    """Hold an edition and return its files; none of one that is removed meanwhile.

    Its own manifest is held first, as it is the last to be sealed: an edition that is being sealed is not sealed yet.
    """
    found: list[Path] = []
    try:
        order = sorted(_files(place), key=lambda path: (path != place / manifests.FILE, path))
        found += (_second(path, target / _name(path, place)) for path in order)
    except FileNotFoundError:
        if place.is_dir():
            raise
    if place.is_dir():  # it is removed by a new name first: what was found is whole
        return found
    shutil.rmtree(target, ignore_errors=True)
    return []


def _second(path: Path, target: Path) -> Path:
    """Give a file a second name; of one that grows, copy the whole lines."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix != GROWING:
        share(path.resolve(strict=True), target)
        return target
    data = path.read_bytes()
    target.write_bytes(data[: data.rfind(b"\n") + 1])
    shutil.copystat(path, target)
    return target


def _pointing(link: Path, pointer: Path) -> Path:
    """Make a symbolic link as another one, dated as it is."""
    link.symlink_to(pointer.readlink())
    shutil.copystat(pointer, link, follow_symlinks=False)
    return link


def _files(directory: Path) -> Iterator[Path]:
    """Yield the files of a directory and of its own, but what is hidden or being written."""
    inside = sorted(_shown(directory)) if directory.is_dir() else []
    for path in inside:
        if path.is_dir():
            yield from _files(path)
        elif path.is_file():
            yield path
        elif path.is_symlink() or path.exists():
            raise SanoscopeError(
                "sauvegarde-impossible",
                f"« {path} » n'est ni un fichier ni un dossier, ou est un lien qui ne mène nulle part.",
                todo="Retirez-le, ou rétablissez ce à quoi il mène ; puis relancez.",
            )


def _shown(directory: Path) -> Iterator[Path]:
    return (p for p in directory.iterdir() if not p.name.startswith(".") and not p.name.endswith(".en-cours"))


def _name(path: Path, part: Path) -> str:
    return path.relative_to(part).as_posix()


def _let_go(workspace: Workspace) -> None:
    """Remove the second names, those that a killed backup left as well."""
    for part in parts(workspace):
        shutil.rmtree(part / SCRATCH, ignore_errors=True)
