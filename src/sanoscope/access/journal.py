"""The journal: who asked and did what, when; no cell of any table. Lines are added, never changed; a change is seen.

Each line is sealed by HMAC-SHA-256, under a key that is not in the database, with the seal of the line before it; the
first and the last line are proved apart, so that a line taken off either end is missed too. Whoever has both the key
and the database can write another journal: note the last seal elsewhere (``sanoscope access journal`` says it).
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select

from sanoscope.errors import SanoscopeError
from sanoscope.state.database import reading, writing
from sanoscope.state.tables import bounds, journal, written
from sanoscope.workspace import Workspace, settle

KEY_FILE = "journal.cle"
"""The key, in the workspace, for its owner alone: back it up apart from the database."""

FIRST, LAST = "premiere", "derniere"
NOTHING = "0" * 64
"""Seal before the first line there ever was."""

FIELDS = ("numero", "instant", "acteur", "acte", "objet")
"""Columns that a seal is of."""

Value = str | int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line.

    Attributes:
        number: its place, from 1.
        at: when (UTC, ISO 8601).
        actor: account, or ``exploitant`` for a command.
        act: what, in one word.
        told: of what, by name; never a figure.
        seal: hexadecimal.
    """

    number: int
    at: str
    actor: str
    act: str
    told: Mapping[str, object]
    seal: str

    def document(self) -> dict[str, object]:
        """Return it as it is exported."""
        told = {"numero": self.number, "instant": self.at, "acteur": self.actor, "acte": self.act}
        return {**told, **self.told, "sceau": self.seal}


class Journal:
    """The journal of a workspace; safe to share between threads and processes.

    Args:
        workspace: whose it is.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def write(self, actor: str, act: str, **told: Value) -> None:
        """Add a line; what it tells must not be done if this fails.

        Raises:
            UnavailableError, SanoscopeError: those of `writing`.
        """
        with writing(self.workspace) as state:
            self.add(state, actor, act, **told)

    def lines(self) -> Iterator[Line]:
        """Yield the lines, the first first; none where there is no state."""
        with reading(self.workspace) as state:
            if state is not None:
                yield from _lines(state)

    def latest(self, actor: str, acts: Collection[str], most: int) -> list[Line]:
        """Return the last lines of some acts of an actor, the last first."""
        own = select(journal).where(journal.c.acteur == actor, journal.c.acte.in_(list(acts)))
        with reading(self.workspace) as state:
            return [] if state is None else [*_told(state, own.order_by(journal.c.numero.desc()).limit(most))]

    def recent(self, most: int, *, actor: str = "", act: str = "") -> list[Line]:
        """Return the last lines, of an actor or of an act where they are given, the last first."""
        wanted = select(journal).order_by(journal.c.numero.desc()).limit(most)
        for column, value in ((journal.c.acteur, actor), (journal.c.acte, act)):
            wanted = wanted.where(column == value) if value else wanted
        with reading(self.workspace) as state:
            return [] if state is None else [*_told(state, wanted)]

    def after(self, number: int, most: int) -> list[Line]:
        """Return some lines after one, the first first."""
        wanted = select(journal).where(journal.c.numero > number).order_by(journal.c.numero).limit(most)
        with reading(self.workspace) as state:
            return [] if state is None else [*_told(state, wanted)]

    def acts(self) -> list[str]:
        """Return the acts that there are lines of, in order."""
        with reading(self.workspace) as state:
            known = select(journal.c.acte).distinct().order_by(journal.c.acte)
            return [] if state is None else [*state.execute(known).scalars()]

    def last(self, act: str) -> Mapping[str, str]:
        """Return when each actor last did an act (UTC, ISO 8601)."""
        latest = select(journal.c.acteur, func.max(journal.c.instant)).where(journal.c.acte == act)
        with reading(self.workspace) as state:
            found = [] if state is None else state.execute(latest.group_by(journal.c.acteur)).all()
            return {str(actor): str(instant) for actor, instant in found}

    def verify(self) -> tuple[int, str]:
        """Check every line; return how many there are, and the last seal.

        Raises:
            SanoscopeError: ``journal-altere``: says the first line that is not as it was written.
        """
        with reading(self.workspace) as state:
            lines = None if state is None else state.execute(select(journal.c.numero)).first()
            if lines is None and not key_of(self.workspace).exists():
                return 0, NOTHING
            if state is None:
                raise _altered(1)
            key = self._key()
            first, last = _bound(state, key, FIRST), _bound(state, key, LAST)
            if last == (0, NOTHING):  # the key is made with the first line
                raise _altered(1)
            number, seal = first
            for row in state.execute(select(journal).order_by(journal.c.numero)).mappings():
                wanted = _sealed(key, seal, number + 1, *(row[name] for name in FIELDS[1:]))
                if row["numero"] != number + 1 or not hmac.compare_digest(row["sceau"], wanted):
                    raise _altered(number + 1)
                number, seal = row["numero"], row["sceau"]
            if (number, seal) != last:
                raise _altered(number + 1)
            return number - first[0], seal

    def forget(self, before: datetime) -> int:
        """Remove the lines from before an instant, which is itself told; return how many there were.

        Raises:
            SanoscopeError: ``journal-altere``: nothing is removed from a journal that does not hold.
        """
        self.verify()
        with writing(self.workspace) as state:
            key, kept = (
                self._key(),
                select(func.min(journal.c.numero)).where(journal.c.instant >= written(before, fine=True)),
            )
            end = state.execute(kept).scalar() or _bound(state, key, LAST)[0] + 1
            old = select(journal.c.sceau).where(journal.c.numero < end).order_by(journal.c.numero)
            gone = state.execute(old).scalars().all()
            if gone:
                state.execute(delete(journal).where(journal.c.numero < end))
                _set_bound(state, key, FIRST, end - 1, gone[-1])
                _add(state, key, OPERATOR, "journal-purge", avant=written(before, fine=True), lignes=len(gone))
            return len(gone)

    def add(self, state: Connection, actor: str, act: str, **told: Value) -> None:
        """Add a line in the transaction under way, which is alone to write."""
        _add(state, self._key(), actor, act, **told)

    def _key(self) -> bytes:
        """Return the key, made by the first who needs it."""
        path = key_of(self.workspace)
        with suppress(FileNotFoundError):
            return path.read_bytes()
        work = path.with_name(f".{KEY_FILE}.{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(work, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            settle(work)
            with suppress(FileExistsError):  # another process made it first: its key is the one
                os.link(work, path)
            settle(path)
        finally:
            work.unlink()
        return path.read_bytes()


OPERATOR = "exploitant"
"""Who acts by a command, on the machine itself."""


def _add(state: Connection, key: bytes, actor: str, act: str, **told: Value) -> None:
    number, seal = _bound(state, key, LAST)
    fields = (number + 1, written(datetime.now(UTC), fine=True), actor, act, _text(told))
    sealed = _sealed(key, seal, *fields)
    state.execute(insert(journal).values(**dict(zip(FIELDS, fields, strict=True)), sceau=sealed))
    _set_bound(state, key, LAST, number + 1, sealed)


def _lines(state: Connection) -> Iterator[Line]:
    return _told(state, select(journal).order_by(journal.c.numero))


def _told(state: Connection, wanted: Select[tuple[Any, ...]]) -> Iterator[Line]:
    for row in state.execute(wanted).mappings():
        try:
            told = json.loads(row["objet"])
        except ValueError:
            told = {"illisible": row["objet"]}
        yield Line(row["numero"], row["instant"], row["acteur"], row["acte"], told, row["sceau"])


def _bound(state: Connection, key: bytes, name: str) -> tuple[int, str]:
    """Return the number and the seal of the line before the first, or of the last.

    Raises:
        SanoscopeError: ``journal-altere``: it is not proved, or it is missing where there are lines.
    """
    row = state.execute(select(bounds).where(bounds.c.borne == name)).mappings().first()
    if row is None:
        return 0, NOTHING
    if not hmac.compare_digest(row["preuve"], _sealed(key, name, row["numero"], row["sceau"])):
        raise _altered(int(row["numero"]))
    return row["numero"], row["sceau"]


def _set_bound(state: Connection, key: bytes, name: str, number: int, seal: str) -> None:
    state.execute(delete(bounds).where(bounds.c.borne == name))
    proof = _sealed(key, name, number, seal)
    state.execute(insert(bounds).values(borne=name, numero=number, sceau=seal, preuve=proof))


def _sealed(key: bytes, *fields: str | int) -> str:
    return hmac.new(key, json.dumps(fields, ensure_ascii=True).encode(), hashlib.sha256).hexdigest()


def _text(told: Mapping[str, object]) -> str:
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def _altered(number: int) -> SanoscopeError:
    return SanoscopeError(
        "journal-altere",
        f"Le journal n'est pas tel qu'il a été écrit, à partir de la ligne {number}.",
        todo="Gardez-le en l'état, prévenez qui en répond, et comparez avec une sauvegarde ou un export.",
    )


def key_of(workspace: Workspace) -> Path:
    """Return where the key of a workspace's journal is."""
    return workspace.root / KEY_FILE
