"""A backup as a file: a plain tar that says first what it is, then holds the files, and last tells each of them.

::

    sauvegarde.json            what it is: `Head`
    etat/TABLE.jsonl           the rows of the state, one JSON object a line
    espace/…                   the files of the workspace; a file that has two names is there once, then as a hard link
    manifeste.jsonl            one `Entry` a line, of all that comes before
    manifeste.jsonl.sha256     its fingerprint, as sha256sum writes it

The manifest comes last, so that an archive is written and read in one pass, and one that was cut off has none. What is
read is not trusted: a member that is not as we write them is refused, before anything of it is written.
"""

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Protocol, cast

from sanoscope.edition.publication import POINTER
from sanoscope.edition.stores import reading
from sanoscope.errors import SanoscopeError
from sanoscope.workspace import Settings

FORMAT = 1
HEAD, MANIFEST = "sauvegarde.json", "manifeste.jsonl"
SUM = f"{MANIFEST}.sha256"
TREE, STATE = "espace", "etat"
POINTED = f"{TREE}/editions/{POINTER}"
"""The one symbolic link of an archive: which edition is served."""

BLOCK = 1 << 20
"""How much is read at once (bytes)."""

TABLES = (".parquet", ".duckdb", ".csv", ".jsonl")
"""Files whose rows are counted."""


@dataclass(frozen=True, slots=True)
class Head:
    """What an archive says of itself.

    Attributes:
        format: of the archive, an integer that grows.
        logiciel: version of Sanoscope that made it; ``cree_le`` when (UTC, ISO 8601).
        edition: the edition that was served; "" for none.
        etat: version of the state; "" where there was none.
    """

    format: int
    logiciel: str
    cree_le: str
    edition: str
    etat: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What the manifest says of a member.

    Attributes:
        nom: its name in the archive.
        sha256: fingerprint of its bytes; of a link, of those of what it leads to.
        taille: their number; of a link 0: it has none of its own.
        lignes: rows of a table (of a CSV file, lines, the heading included); None where it is none, or cannot be read.
        lien: the member before it of which this is another name, or the edition that is served; "" of a file.
    """

    nom: str
    sha256: str
    taille: int
    lignes: int | None = None
    lien: str = ""

    @property
    def part(self) -> str:
        """What of the workspace it is of: ``store``, ``editions``…; ``etat``; "" for a file of its root."""
        parts = PurePosixPath(self.nom).parts
        return STATE if parts[0] == STATE else parts[1] if len(parts) > 2 else ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What was found in an archive.

    Attributes:
        head: what it says it is.
        entries: what its manifest says, by name.
        wrong: what does not hold, in French, one sentence each.
    """

    head: Head
    entries: Mapping[str, Entry]
    wrong: list[str]

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(entry.taille for entry in self.entries.values())


class Keeper(Protocol):
    """Who takes what is read of an archive, each member once it is known to be one of ours."""

    def begin(self, head: Head) -> None:
        """Hear what the archive is, before anything of it."""

    def file(self, info: tarfile.TarInfo, blocks: Iterator[bytes]) -> None:
        """Take a file; all its blocks are to be read."""

    def link(self, info: tarfile.TarInfo) -> None:
        """Take another name of a file that came before, or the pointer to the edition that is served."""


class Nobody:
    """Keeps nothing: to verify.

    Args:
        say: told the directory that is being read.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def begin(self, head: Head) -> None:
        """Do nothing."""

    def file(self, info: tarfile.TarInfo, blocks: Iterator[bytes]) -> None:
        """Read a file."""
        self._say(_shown(str(PurePosixPath(info.name).parent)))
        for _ in blocks:
            pass

    def link(self, info: tarfile.TarInfo) -> None:
        """Do nothing."""


class Writer:
    """Writes an archive.

    Args:
        stream: where; it is written in one pass.
        head: what the archive is.
    """

    def __init__(self, stream: IO[bytes], head: Head) -> None:
        self.entries: dict[str, Entry] = {}
        self._stream = stream
        self._tar = tarfile.TarFile(fileobj=cast(IO[bytes], _Counted(stream)), mode="w", format=tarfile.PAX_FORMAT)
        self._text(HEAD, json.dumps(asdict(head), ensure_ascii=False, indent=1) + "\n")

    def add(self, name: str, path: Path, rows: int | None) -> None:
        """Add a file, or the pointer, under its name in the archive."""
        info = self._tar.gettarinfo(path if name == POINTED else path.resolve(), arcname=name)
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        info.mtime = int(info.mtime)  # a part of a second would take a kilobyte
        if info.issym():
            info.linkname = PurePosixPath(info.linkname).name
            self._tar.addfile(info)
            self._note(Entry(name, hashlib.sha256(info.linkname.encode()).hexdigest(), 0, lien=info.linkname))
        elif info.islnk():
            self._tar.addfile(info)
            self._note(Entry(name, self.entries[info.linkname].sha256, 0, rows, lien=info.linkname))
        else:
            with path.open("rb") as stream:
                passing = _Passing(stream)
                self._tar.addfile(info, passing)
            self._note(Entry(name, passing.sha256, info.size, rows))

    def close(self) -> None:
        """Write the manifest and the end."""
        lines = (json.dumps(asdict(entry)) + "\n" for entry in self.entries.values())
        data = "".join(lines).encode()
        self._put(MANIFEST, data)
        self._put(SUM, f"{hashlib.sha256(data).hexdigest()}  {MANIFEST}\n".encode())
        self._tar.close()
        self._stream.flush()

    def _text(self, name: str, text: str) -> None:
        data = text.encode()
        self._put(name, data)
        self._note(Entry(name, hashlib.sha256(data).hexdigest(), len(data)))

    def _put(self, name: str, data: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(data), 0o600
        self._tar.addfile(info, io.BytesIO(data))

    def _note(self, entry: Entry) -> None:
        self.entries[entry.nom] = entry


def rows_of(path: Path, settings: Settings) -> int | None:
    """Return the rows of a table; the lines of a text; None for anything else.

    Raises:
        Exception: whatever keeps its reader from reading it.
    """
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq  # noqa: PLC0415 - heavy

        return int(pq.read_metadata(path).num_rows)
    if path.suffix == ".duckdb":
        engine = reading(path, settings, serving=True)
        try:
            return sum(engine.rows().values())
        finally:
            engine.close()
    if path.suffix in TABLES:
        with path.open("rb") as stream:
            return sum(block.count(b"\n") for block in iter(lambda: stream.read(BLOCK), b""))
    return None


def read(stream: IO[bytes], keeper: Keeper) -> Contents:
    """Read an archive to its end against its manifest, and return what was found; ``keeper`` takes what passes.

    Raises:
        SanoscopeError: ``sauvegarde-inconnue`` (not one of ours), ``sauvegarde-plus-recente`` (newer software made it),
            ``sauvegarde-hostile`` (a member that no backup has); nothing is read beyond it.
    """
    found = _Found()
    try:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=BLOCK) as tar:
            for info in tar:
                found.take(tar, info, keeper)
                tar.members = []  # type: ignore[attr-defined]  # what went by is not kept
    except (tarfile.TarError, ValueError, EOFError):  # what a torn header may raise
        found.torn = True
    return found.contents()


@dataclass
class _Found:
    """What has been read so far of an archive."""

    head: Head | None = None
    seen: dict[str, Entry] = field(default_factory=dict)
    manifest: bytes | None = None
    sum: bytes | None = None
    torn: bool = False

    def take(self, tar: tarfile.TarFile, info: tarfile.TarInfo, keeper: Keeper) -> None:
        """Take the next member."""
        if self.head is None and not (info.name == HEAD and info.type == tarfile.REGTYPE):
            raise _unknown()
        if why := self._hostile(info):
            raise SanoscopeError(
                "sauvegarde-hostile",
                f"L'archive a un membre qu'aucune sauvegarde n'a ({why}) : {info.name!r}. Rien n'en est gardé.",
                todo="Elle n'a pas été faite par « sanoscope backup », ou a été changée depuis : prenez-en une autre.",
            )
        if info.issym() or info.islnk():
            keeper.link(info)
            prints = self.seen[info.linkname].sha256 if info.islnk() else _print(info.linkname.encode())
            self.seen[info.name] = Entry(info.name, prints, 0, lien=info.linkname)
            return
        source = tar.extractfile(info)
        assert source is not None  # it is a file
        passing = _Passing(source)
        if info.name in (HEAD, MANIFEST, SUM):
            self._tell(info.name, b"".join(passing))
            if info.name == HEAD and self.head:
                keeper.begin(self.head)
        else:
            keeper.file(info, iter(passing))
        if info.name not in (MANIFEST, SUM):
            self.seen[info.name] = Entry(info.name, passing.sha256, info.size)

    def _tell(self, name: str, data: bytes) -> None:
        if name == HEAD:
            self.head = _head(data)
        elif name == MANIFEST:
            self.manifest = data
        else:
            self.sum = data

    def _hostile(self, info: tarfile.TarInfo) -> str:
        """Return why a member cannot be of a backup, "" if it can."""
        path = PurePosixPath(info.name)
        if not path.parts or path.is_absolute() or ".." in path.parts or str(path) != info.name or "\0" in info.name:
            return "un chemin qui sort de l'archive"
        if info.name in self.seen or (info.name == MANIFEST and self.manifest) or (info.name == SUM and self.sum):
            return "un nom déjà pris"
        if path.parts[0] not in (TREE, STATE) and info.name not in (HEAD, MANIFEST, SUM):
            return "un nom inconnu"
        if self.manifest is not None and info.name != SUM:
            return "un membre après le manifeste"
        if any(str(above) in self.seen for above in path.parents):
            return "un fichier dans un fichier"
        if info.issym():
            plain = re.fullmatch(r"\w[\w.-]*", info.linkname) is not None
            return "" if info.name == POINTED and plain else "un lien symbolique"
        if info.islnk():
            known = self.seen.get(info.linkname)
            return "" if known and not known.lien and path.parts[0] == TREE else "un lien vers ce qui n'y est pas"
        if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or info.issparse():
            return "ni fichier ni lien"
        limit = BLOCK if info.name in (HEAD, SUM) else info.size
        return "" if 0 <= info.size <= limit else "une taille impossible"

    def contents(self) -> Contents:
        """Return what was found, compared with what the manifest says."""
        if self.head is None:
            raise _unknown()
        if self.torn or self.manifest is None or self.sum is None:
            last = next(reversed(self.seen))
            wrong = [f"l'archive est coupée ou abîmée après « {_shown(last)} » : sa fin, qui dit ce qu'elle a, manque"]
            return Contents(self.head, self.seen, wrong)
        if self.sum != f"{_print(self.manifest)}  {MANIFEST}\n".encode():
            return Contents(self.head, self.seen, ["son manifeste n'est pas celui qui a été écrit"])
        said = {entry.nom: entry for entry in (Entry(**json.loads(line)) for line in self.manifest.splitlines())}
        wrong = [f"« {_shown(name)} » manque" for name in said if name not in self.seen]
        wrong += [f"« {_shown(name)} » n'est pas dans le manifeste" for name in self.seen if name not in said]
        wrong += [
            f"« {_shown(name)} » n'est pas ce qui a été sauvegardé ({why})"
            for name, entry in self.seen.items()
            if name in said and (why := _differs(entry, said[name]))
        ]
        return Contents(self.head, said, wrong)


def _differs(found: Entry, said: Entry) -> str:
    if found.lien != said.lien:
        return "le lien"
    if found.taille != said.taille:
        return f"{found.taille} octets au lieu de {said.taille}"
    if found.sha256 != said.sha256:
        return f"empreinte {found.sha256[:12]}… au lieu de {said.sha256[:12]}…"
    return ""


class _Counted:
    """A stream that knows how far it is, as a pipe does not."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._written = stream, 0

    def write(self, data: bytes) -> int:
        """Write all of some bytes."""
        self._stream.write(data)
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._written


class _Passing:
    """A file whose bytes are summed up as they pass."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read the next bytes."""
        data = self._source.read(size)
        self._hash.update(data)
        return data

    def __iter__(self) -> Iterator[bytes]:
        """Yield what is left, in blocks."""
        return iter(lambda: self.read(BLOCK), b"")

    @property
    def sha256(self) -> str:
        """The fingerprint of what has passed."""
        return self._hash.hexdigest()


@contextmanager
def disk(code: str, begins: str) -> Iterator[None]:
    """Say what the disk refuses, by an error that has a code and begins with some words."""
    try:
        yield
    except OSError as error:
        of = f" (« {error.filename} »)" if error.filename else ""
        raise SanoscopeError(
            code,
            f"{begins} : {error.strerror or type(error).__name__}{of}.",
            todo="Rien n'en est gardé. Faites de la place ou vérifiez les droits, puis relancez.",
        ) from error


def _head(data: bytes) -> Head:
    try:
        told = json.loads(data)
        newer = told["format"] > FORMAT
        head = None if newer else Head(**told)
    except (ValueError, TypeError, KeyError):
        raise _unknown() from None
    if head is None:
        raise SanoscopeError(
            "sauvegarde-plus-recente",
            "Cette sauvegarde a été faite par un logiciel plus récent, sous une forme que celui-ci ne sait pas lire.",
            todo="Mettez le logiciel à jour.",
        )
    return head


def _shown(name: str) -> str:
    """Return a name that can be printed, whatever bytes it is made of."""
    return name.encode("utf-8", "backslashreplace").decode()


def _print(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _unknown() -> SanoscopeError:
    return SanoscopeError(
        "sauvegarde-inconnue",
        "Ce n'est pas une sauvegarde de Sanoscope, ou son début est abîmé.",
        allowed=["une archive tar faite par « sanoscope backup », déchiffrée et décompressée"],
    )
