"""The journal: what is added stays as it was; any change is seen, wherever it is made."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from sanoscope.access.journal import KEY_FILE, Journal
from sanoscope.errors import SanoscopeError
from sanoscope.state.database import writing
from sanoscope.state.tables import bounds, journal
from sanoscope.workspace import Workspace

MANY = 100
LINES = 12
ACTS = ("demande", "refus", "cle-faite")


@pytest.fixture
def written(workspace: Workspace, state_url: str) -> Journal:
    kept = Journal(workspace)
    for n in range(LINES):
        kept.write(f"compte {n % 3}", ACTS[n % 3], adresse=f"/api/v1/x?annee={2000 + n}", statut=200 + n)
    return kept


def test_what_is_written_is_there_in_order_and_holds(written: Journal) -> None:
    lines = list(written.lines())
    assert [line.number for line in lines] == list(range(1, LINES + 1))
    assert [line.told["statut"] for line in lines] == list(range(200, 200 + LINES))
    assert written.verify() == (LINES, lines[-1].seal)
    key = written.workspace.root / KEY_FILE
    assert key.stat().st_mode & 0o077 == 0
    assert len(key.read_bytes()) == 32


def changed(draw: random.Random, state: Connection) -> str:
    """Change the journal somewhere, as somebody who has the database would; say how."""
    rows = [dict(row) for row in state.execute(select(journal).order_by(journal.c.numero)).mappings()]
    one, other = draw.sample(rows, 2)
    at = journal.c.numero == one["numero"]

    def field() -> str:
        name = draw.choice(["instant", "acteur", "acte", "objet", "sceau"])
        text = one[name]
        place = draw.randrange(len(text))
        letter = draw.choice([c for c in "0123456789abcdef é" if c != text[place]])
        state.execute(update(journal).where(at).values({name: text[:place] + letter + text[place + 1 :]}))
        return f"{name} of {one['numero']}"

    def blank() -> str:
        state.execute(update(journal).where(at).values(objet=json.dumps(json.loads(one["objet"]), indent=1)))
        return f"the same object written otherwise in {one['numero']}"

    def gone() -> str:
        state.execute(delete(journal).where(at))
        return f"without {one['numero']}"

    def end() -> str:
        state.execute(delete(journal).where(journal.c.numero >= one["numero"]))
        return f"without the end from {one['numero']}"

    def end_hidden() -> str:
        first, *_, last = sorted((one["numero"], other["numero"]))
        state.execute(delete(journal).where(journal.c.numero > first))
        seal = next(row["sceau"] for row in rows if row["numero"] == first)
        state.execute(update(bounds).where(bounds.c.borne == "derniere").values(numero=first, sceau=seal))
        return f"without the end after {first}, the bound moved from {last}"

    def beginning() -> str:
        state.execute(delete(journal).where(journal.c.numero <= one["numero"]))
        state.execute(
            insert(bounds).values(borne="premiere", numero=one["numero"], sceau=one["sceau"], preuve="0" * 64)
        )
        return f"without the beginning up to {one['numero']}"

    def swapped() -> str:
        state.execute(delete(journal).where(journal.c.numero.in_([one["numero"], other["numero"]])))
        for row, number in ((one, other["numero"]), (other, one["numero"])):
            state.execute(insert(journal).values({**row, "numero": number}))
        return f"{one['numero']} and {other['numero']} swapped"

    def added() -> str:
        state.execute(insert(journal).values({**one, "numero": rows[-1]["numero"] + 1}))
        return f"{one['numero']} again at the end"

    def everything() -> str:
        state.execute(delete(journal))
        state.execute(delete(bounds))
        return "all of it gone"

    ways: list[Callable[[], str]] = [field, blank, gone, end, end_hidden, beginning, swapped, added, everything]
    return draw.choice([field, field, field, *ways])()


class UndoneError(Exception):
    """Takes a change back."""


def test_every_change_is_seen(written: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """100 of 100, each of a journal that held, in a transaction that is then taken back."""
    draw, seen, ways = random.Random(8), 0, []
    for _ in range(MANY):
        with pytest.raises(UndoneError), writing(written.workspace) as state:
            ways.append(changed(draw, state))
            with monkeypatch.context() as patched:
                patched.setattr("sanoscope.access.journal.reading", lambda _, state=state: _Here(state))
                with pytest.raises(SanoscopeError, match="n'est pas tel qu'il a été écrit") as caught:
                    written.verify()
            seen += caught.value.code == "journal-altere"
            raise UndoneError
    assert seen == MANY
    assert len(set(ways)) > MANY // 3
    assert written.verify()[0] == LINES


class _Here:
    def __init__(self, state: Connection) -> None:
        self.state = state

    def __enter__(self) -> Connection:
        return self.state

    def __exit__(self, *_: object) -> None:
        pass


def test_another_key_does_not_hold(written: Journal) -> None:
    (written.workspace.root / KEY_FILE).write_bytes(b"x" * 32)
    with pytest.raises(SanoscopeError) as caught:
        written.verify()
    assert caught.value.code == "journal-altere"


def test_old_lines_are_forgotten_and_that_is_told(written: Journal) -> None:
    with writing(written.workspace) as state:
        fifth = state.execute(select(journal.c.instant).where(journal.c.numero == 5)).scalar_one()
    at = datetime.fromisoformat(fifth)
    before = sum(datetime.fromisoformat(line.at) < at for line in written.lines())
    assert written.forget(at - timedelta(days=1)) == 0
    assert written.forget(at) == before
    lines = list(written.lines())
    if before:
        last = lines[-1]
        assert (last.act, last.told["lignes"], last.actor) == ("journal-purge", before, "exploitant")
    assert written.verify()[0] == len(lines)
    assert written.forget(datetime.now(UTC) + timedelta(days=1)) == len(lines)
    assert [line.act for line in written.lines()] == ["journal-purge"]
    assert written.verify()[0] == 1
    written.write("compte", "demande")
    assert written.verify()[0] == 2


def test_nothing_written_is_nothing_to_hold(workspace: Workspace) -> None:
    kept = Journal(workspace)
    assert kept.verify() == (0, "0" * 64)
    assert not list(kept.lines())
    assert not (workspace.root / KEY_FILE).exists()
    assert not workspace.state.exists()
