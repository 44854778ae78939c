"""What a power cut may leave of a directory.

The model, harsher than most file systems: bytes are on the disk once their file was fsynced, and not before (what
DuckDB and Arrow fsync by themselves is not seen, so does not count). A name given, changed or removed in a directory is
on the disk once that directory was fsynced; until then it may be or not, but a rename is whole: never both names, never
neither. A cut leaves, of what was not fsynced:

- ``rien``: nothing, neither names nor bytes;
- ``noms``: every name, and no byte: files are empty, or as they were when last fsynced;
- ``melange``: each change of a name or not, and of each file nothing, all, or its beginning, at random.
"""

import os
import random
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MODES = ("rien", "noms", "melange")

Names = dict[int, dict[str, int]]
"""By directory, what each of its names is of: nodes, which are numbers that are not used again, as inodes are."""

Change = list[tuple[int, str, int | None]]
"""A directory, a name of it, what it is of from then on."""


@dataclass
class Node:
    """A file, a directory or a link: where it was last seen, what it is, its bytes that are on the disk."""

    path: Path
    mode: int
    target: str = ""
    kept: bytes = b""
    version: int = 0


class Disk:
    """A directory that is watched, all of it on the disk at first."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.nodes: dict[int, Node] = {}
        self._live: dict[int, int] = {}  # inode → node
        self.now: Names = {}
        self.kept: Names = {}
        self.pending: list[Change] = []
        self.now = self._seen()
        self.kept = {node: dict(names) for node, names in self.now.items()}
        for node in self.nodes.values():
            if stat.S_ISREG(node.mode):
                node.kept = node.path.read_bytes()

    def observe(self, *, whole: bool = False) -> None:
        """Take in what changed since the last time; ``whole``: as one change, which a rename is."""
        before, self.now = self.now, self._seen()
        edits = [
            (of, name, self.now[of].get(name) if of in self.now else None)
            for of in {**before, **self.now}
            for name in {**before.get(of, {}), **self.now.get(of, {})}
            if before.get(of, {}).get(name) != self.now.get(of, {}).get(name)
        ]
        self.pending += [edits] if whole and edits else [[edit] for edit in edits]

    def synced(self, path: Path) -> None:
        """Take in that a file or a directory was fsynced."""
        node = self._live[path.stat().st_ino]
        if path.is_dir():
            touching = [change for change in self.pending if any(of == node for of, _, _ in change)]
            for change in touching:
                self._apply(change, self.kept)
                keys = {(of, name) for of, name, _ in change}
                at = self.pending.index(change)
                self.pending = [
                    [edit for edit in other if n > at or edit[:2] not in keys]
                    for n, other in enumerate(self.pending)
                    if n != at
                ]
        else:
            self.nodes[node].kept = path.read_bytes()
            self.nodes[node].version += 1

    def left(self, mode: str, seed: int) -> tuple[Names, dict[int, bytes]]:
        """Return what a cut would leave now: names, and the bytes of the files that are not as last fsynced."""
        names = {of: dict(told) for of, told in self.kept.items()}
        drawn = random.Random(seed)
        for change in self.pending:
            if mode == "noms" or (mode == "melange" and drawn.random() < 0.5):
                self._apply(change, names)
        if mode != "melange":
            return names, {}
        return names, {number: self._torn(self.nodes[number], drawn) for number in self._files(names)}

    def signature(self, mode: str, seed: int) -> int:
        """Return what tells states apart."""
        names, torn = self.left(mode, seed)
        told = [
            (str(path), n, torn.get(n) or self.nodes[n].version) for path, n in self._walk(names, self._root(), Path())
        ]
        return hash(tuple(told))

    def write(self, target: Path, mode: str, seed: int) -> None:
        """Make what a cut would leave now."""
        names, torn = self.left(mode, seed)
        target.mkdir(parents=True)
        for path, number in self._walk(names, self._root(), Path()):
            node, place = self.nodes[number], target / path
            if stat.S_ISDIR(node.mode):
                place.mkdir()
            elif stat.S_ISLNK(node.mode):
                place.symlink_to(node.target)
            else:
                place.write_bytes(torn.get(number, node.kept))
                place.chmod(stat.S_IMODE(node.mode) | stat.S_IRUSR)

    # ------------------------------------------------------------------------------------------------------------------

    def _root(self) -> int:
        return self._live[self.root.stat().st_ino]

    def _seen(self) -> Names:
        """Return the names of now; an inode that was not there is a new node."""
        found: Names = {}
        live: dict[int, int] = {}
        places = [self.root]
        while places:
            place = places.pop()
            of = self._node(place, place.stat(), live)
            found[of] = {}
            with os.scandir(place) as entries:
                for entry in entries:
                    found[of][entry.name] = self._node(Path(entry), entry.stat(follow_symlinks=False), live)
                    if entry.is_dir(follow_symlinks=False):
                        places.append(Path(entry))
        self._live = live
        return found

    def _node(self, path: Path, told: os.stat_result, live: dict[int, int]) -> int:
        known = self._live.get(told.st_ino)
        same = known is not None and stat.S_IFMT(self.nodes[known].mode) == stat.S_IFMT(told.st_mode)
        number = known if same and known is not None else live.get(told.st_ino, len(self.nodes))
        if number not in self.nodes:
            link = stat.S_ISLNK(told.st_mode)
            self.nodes[number] = Node(path, told.st_mode, str(path.readlink()) if link else "")
        self.nodes[number].path, self.nodes[number].mode = path, told.st_mode
        live[told.st_ino] = number
        return number

    @staticmethod
    def _apply(change: Change, names: Names) -> None:
        for of, name, node in change:
            told = names.setdefault(of, {})
            if node is None:
                told.pop(name, None)
            else:
                told[name] = node

    def _walk(self, names: Names, of: int, above: Path) -> Iterator[tuple[Path, int]]:
        for name, number in sorted(names.get(of, {}).items()):
            yield above / name, number
            if stat.S_ISDIR(self.nodes[number].mode):
                yield from self._walk(names, number, above / name)

    def _files(self, names: Names) -> list[int]:
        return [n for _, n in self._walk(names, self._root(), Path()) if stat.S_ISREG(self.nodes[n].mode)]

    def _torn(self, node: Node, drawn: random.Random) -> bytes:
        """Return what may be on the disk of a file: as last fsynced, as it is, or the beginning of that."""
        live = node.path.exists() and self.nodes[self._live[node.path.lstat().st_ino]] is node
        bytes_now = node.path.read_bytes() if live else node.kept
        if bytes_now == node.kept:
            return node.kept
        return drawn.choice([node.kept, bytes_now, bytes_now[: max(len(node.kept), len(bytes_now) // 2)]])
