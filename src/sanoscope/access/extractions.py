"""Large extractions: what is asked, by whom, how far it is. Who asked reads it, by a name that nobody guesses.

The state keeps the name's SHA-256 alone, and what the reader could see as he asked; what he has lost since is taken
off when it is done. The files are in the workspace, each written aside and then renamed.
"""

import json
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, func, insert, or_, select, update

from sanoscope.access.reader import ANYBODY, Reader
from sanoscope.access.rights import held_by
from sanoscope.access.scope import Grant, Perimeter, Scope
from sanoscope.errors import NotFoundError
from sanoscope.sentence import Sentence
from sanoscope.state.database import reading, writing
from sanoscope.state.tables import accounts, extractions, written
from sanoscope.state.tokens import fingerprint
from sanoscope.workspace import Workspace

WAITING, WORKING, DONE, REFUSED = "en attente", "en cours", "faite", "refusée"
"""What an extraction is, in the order in which it is so."""

Questions = Sequence[tuple[str, Sequence[tuple[str, str]]]]
"""The restitution of each question, and its criteria."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """An extraction.

    Attributes:
        mark: what the state and the disk know it by.
        questions: how many.
        format: of each answer.
        state: one of `WAITING`, `WORKING`, `DONE`, `REFUSED`.
        done, refused: questions asked so far, and those of them that have no answer.
        asked, ended: when (UTC); None as long as it has not.
        size: bytes of its file, 0 as long as there is none.
        problem: why there is none, as a problem+json; empty where none is known.
    """

    mark: str
    questions: int
    format: str
    state: str
    done: int
    refused: int
    asked: datetime
    ended: datetime | None
    size: int
    problem: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """An extraction to be made: its ``mark``, its questions, in which format, and for whom."""

    mark: str
    questions: Questions
    format: str
    reader: Reader


class Extractions:
    """The extractions of a workspace; safe to share between threads and processes.

    Args:
        workspace: where they are.
        kept: how long one is kept once it is made.
        complete: those asked of services that give small counts; the others else: neither knows of the other's.
    """

    def __init__(self, workspace: Workspace, kept: timedelta, *, complete: bool = False) -> None:
        self.workspace, self.kept, self.complete = workspace, kept, complete
        self._ours = extractions.c.complet == int(complete)

    def file(self, mark: str) -> Path:
        """Return where the file of an extraction is, or will be."""
        return self.workspace.extractions / f"{mark}.zip"

    def add(self, reader: Reader, questions: Questions, form: str) -> str:
        """Have an extraction made for a reader, and return what names it, which is kept nowhere.

        Raises:
            SanoscopeError: those of `writing`.
        """
        name = secrets.token_urlsafe(24)
        with writing(self.workspace) as state:
            state.execute(
                insert(extractions).values(
                    empreinte=fingerprint(name),
                    compte=reader.account or None,
                    complet=int(self.complete),
                    droits=json.dumps([_written(grant) for grant in reader.scope.grants]),
                    questions=json.dumps(questions, ensure_ascii=False),
                    nombre=len(questions),
                    format=form,
                    etat=WAITING,
                    faites=0,
                    refusees=0,
                    cree_le=written(datetime.now(UTC), fine=True),
                    octets=0,
                    probleme="",
                )
            )
        return name

    def find(self, name: str, reader: Reader) -> Extraction:
        """Return an extraction that a reader asked for.

        Raises:
            NotFoundError: ``extraction-inconnue``: there is none, it is no longer kept, or it is somebody else's:
                which is not said.
            SanoscopeError: those of `reading`.
        """
        with reading(self.workspace) as state:
            row = (
                state.execute(select(extractions).where(self._ours, *_its(name, reader))).mappings().first()
                if state
                else None
            )
        found = _extraction(row) if row else None
        if found is None or (found.ended and found.ended + self.kept <= datetime.now(UTC)):
            raise NotFoundError(
                "extraction-inconnue",
                Sentence("Cette extraction n'est pas connue, ou n'est plus gardée."),
                todo=Sentence("Vérifiez son adresse, et la clé avec laquelle elle a été demandée ; ou redemandez-la."),
            )
        return found

    def remove(self, name: str, reader: Reader) -> None:
        """Remove an extraction that a reader asked for, with its file; one that is being made is given up.

        Raises:
            NotFoundError: as `find`.
            SanoscopeError: those of `writing`.
        """
        found = self.find(name, reader)
        with writing(self.workspace) as state:
            state.execute(delete(extractions).where(self._ours, *_its(name, reader)))
        self.file(found.mark).unlink(missing_ok=True)

    def waiting(self) -> int:
        """Return how many wait or are at work."""
        pending = extractions.c.etat.in_((WAITING, WORKING))
        with reading(self.workspace) as state:
            return state.execute(select(func.count()).where(self._ours, pending)).scalar_one() if state else 0

    def room(self) -> int:
        """Return the bytes that all files take."""
        with reading(self.workspace) as state:
            return state.execute(select(func.coalesce(func.sum(extractions.c.octets), 0))).scalar_one() if state else 0

    def next_room(self) -> datetime | None:
        """Return when the first of the files will go; None where there is none."""
        first = select(func.min(extractions.c.fini_le)).where(extractions.c.octets > 0)
        with reading(self.workspace) as state:
            ended = state.execute(first).scalar() if state else None
        return datetime.fromisoformat(ended) + self.kept if ended else None

    def take(self, place: int) -> Task | None:
        """Take an extraction to make at a place that nobody else holds; None where none waits.

        One that is at work there was left by a process that died: it is the first to be taken.

        Raises:
            SanoscopeError: those of `writing`.
        """
        left = (extractions.c.etat == WORKING) & (extractions.c.place == place)
        order = select(extractions).where(self._ours, or_(left, extractions.c.etat == WAITING))
        with writing(self.workspace) as state:
            found = state.execute(order.order_by(~left, extractions.c.cree_le).limit(1)).mappings().first()
            if found is None:
                return None
            now = {"etat": WORKING, "place": place, "faites": 0, "refusees": 0}
            state.execute(update(extractions).where(extractions.c.empreinte == found["empreinte"]).values(now))
            asked = tuple((slug, tuple((n, v) for n, v in given)) for slug, given in json.loads(found["questions"]))
            return Task(found["empreinte"], asked, found["format"], _reader(state, found))

    def tell(self, mark: str, done: int, refused: int) -> bool:
        """Say how far one at work is; False where it was removed meanwhile.

        Raises:
            SanoscopeError: those of `writing`.
        """
        return self._set(mark, faites=done, refusees=refused)

    def end(self, mark: str, size: int) -> bool:
        """Say that one is made, and its file there; False where it was removed meanwhile.

        Raises:
            SanoscopeError: those of `writing`.
        """
        return self._set(mark, etat=DONE, octets=size, fini_le=written(datetime.now(UTC), fine=True), place=None)

    def refuse(self, mark: str, problem: dict[str, Any]) -> bool:
        """Say that one cannot be made, and why; False where it was removed meanwhile.

        Raises:
            SanoscopeError: those of `writing`.
        """
        why, ended = json.dumps(problem, ensure_ascii=False), written(datetime.now(UTC), fine=True)
        return self._set(mark, etat=REFUSED, probleme=why, fini_le=ended, place=None)

    def purge(self) -> int:
        """Remove those that are no longer kept, and files that are of none; return how many rows went.

        Raises:
            SanoscopeError: those of `writing`.
        """
        old = extractions.c.fini_le <= written(datetime.now(UTC) - self.kept, fine=True)
        with writing(self.workspace) as state:
            gone = state.execute(delete(extractions).where(old)).rowcount
            known = set(state.execute(select(extractions.c.empreinte)).scalars())
            for path in self.workspace.extractions.glob("*.zip"):
                if path.stem not in known:
                    with suppress(FileNotFoundError):
                        path.unlink()
        return gone

    def _set(self, mark: str, **values: Any) -> bool:
        with writing(self.workspace) as state:
            return bool(
                state.execute(update(extractions).where(extractions.c.empreinte == mark).values(values)).rowcount
            )


def _its(name: str, reader: Reader) -> tuple[ColumnElement[bool], ...]:
    """Return what the row of a name is, as far as it is a reader's."""
    named = extractions.c.empreinte == fingerprint(name)
    return named, or_(extractions.c.compte.is_(None), extractions.c.compte == reader.account)


def _extraction(of: RowMapping) -> Extraction:
    asked, ended = datetime.fromisoformat(of["cree_le"]), of["fini_le"]
    return Extraction(
        of["empreinte"],
        of["nombre"],
        of["format"],
        of["etat"],
        of["faites"],
        of["refusees"],
        asked,
        datetime.fromisoformat(ended) if ended else None,
        of["octets"],
        json.loads(of["probleme"] or "{}"),
    )


def _reader(state: Connection, of: RowMapping) -> Reader:
    """Return who asked: what he could see then, as far as his account still may."""
    if of["compte"] is None:
        return ANYBODY
    mine = select(accounts).where(accounts.c.identifiant == of["compte"])
    account = state.execute(mine).mappings().one()
    now = frozenset() if account["ferme_le"] else held_by(state, account["organisation"])
    asked = [_grant(one) for one in json.loads(of["droits"])]
    still = frozenset(grant for grant in asked if any(_within(grant, one) for one in now))
    return Reader(Scope(still), account["identifiant"], account["nom"], account["organisation"])


def _within(grant: Grant, held: Grant) -> bool:
    """Tell whether a right, or what a key let through of it, is still held."""
    same = held.profile in (grant.profile, "securise")
    return same and grant.perimeter == held.perimeter and grant.domains <= held.domains


def _written(grant: Grant) -> dict[str, Any]:
    where = grant.perimeter
    return {
        "profil": grant.profile,
        "perimetre": where.kind,
        "codes": sorted(where.codes),
        "domaines": sorted(grant.domains),
    }


def _grant(of: dict[str, Any]) -> Grant:
    return Grant(of["profil"], Perimeter(of["perimetre"], frozenset(of["codes"])), frozenset(of["domaines"]))
