"""A request ends on the edition on which it began, whatever is published, let go or removed meanwhile."""

from contextvars import Context
from pathlib import Path

import pytest

from sanoscope.access.scope import OPEN
from sanoscope.catalogue.load import catalogue
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition import publication
from sanoscope.edition.build import build
from sanoscope.engine.limits import within
from sanoscope.errors import BusyError, NotFoundError, TooLongError
from sanoscope.intake.receive import receive
from sanoscope.query import service as services
from sanoscope.query.reading import here, reading
from sanoscope.query.service import Service
from sanoscope.workspace import SETTINGS_FILE, Workspace, load
from tests.pmsi import write

SLUG = "cartographie-activite-mco"


@pytest.fixture
def two(workspace: Workspace, tmp_path: Path) -> Workspace:
    """« a » has 20 stays and is published; « b » has 50."""
    for name, finess, stays in (("a", "290000017", 20), ("b", "290000025", 30)):
        receive(workspace, [write(tmp_path / name, f"{finess}.2023.12.rsa", [{"n": stays}])])
        build(workspace, catalogue(), name=name, care=QUICK)
    publication.publish(workspace.editions, "a")
    return workspace


def stays(service: Service, *pairs: tuple[str, str]) -> tuple[str, int | float | None]:
    _, table = service.ask(SLUG, pairs, OPEN)
    return table.edition, table.figures[0].values[-1]


def test_a_request_ends_on_the_edition_on_which_it_began(two: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "KEPT_EDITIONS", 1)
    service = Service(two, catalogue())
    with reading():
        assert stays(service) == ("a", 20)
        publication.publish(two.editions, "b")
        assert publication.served(two.editions) == "a"  # as it was when the request began
        assert stays(service, ("edition", "b")) == ("b", 50)  # « a » is let go
        _removed(two)
        assert service.opened == 1
        service._answers.clear()
        assert stays(service) == ("a", 20)
        assert service.edition().nom == "a"
        assert service.offered()
        assert [asked.edition for asked in here().asked] == ["a", "b", "a"]
        assert not any(asked.kept for asked in here().asked)
    assert stays(service) == ("b", 50)
    with pytest.raises(NotFoundError), reading():
        stays(service, ("edition", "a"))


def _removed(workspace: Workspace) -> None:
    """Remove « a » as a purge does, outside of any request."""
    Context().run(publication.remove, workspace.editions, "a")
    assert not (workspace.editions / "a").exists()


def test_a_request_within_another_is_the_same_one() -> None:
    with reading() as outer, reading() as inner:
        assert inner is outer is here()
    assert here() is not outer


def test_what_was_answered_is_remembered_with_where_it_came_from(two: Workspace) -> None:
    service = Service(two, catalogue())
    with reading() as first:
        stays(service)
        stays(service)
    assert [(asked.restitution, asked.edition, asked.kept) for asked in first.asked] == [
        (SLUG, "a", False),
        (SLUG, "a", True),
    ]
    assert first.asked[0].seconds > 0


@pytest.mark.parametrize(
    ("setting", "kind", "code"),
    [("memoire_question", BusyError, "question-trop-lourde"), ("duree_question", TooLongError, "question-trop-longue")],
)
def test_a_question_beyond_a_limit_of_the_settings_is_refused(
    two: Workspace, setting: str, kind: type[BusyError], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if setting == "memoire_question":
        (two.root / SETTINGS_FILE).write_text('[service]\nmemoire_question = "1MB"\n', encoding="utf-8")
    else:  # no setting is below one second, and no question of so small an edition takes one
        monkeypatch.setattr(services, "within", lambda seconds: within(seconds / 30e6))
    with pytest.raises(kind) as caught:
        stays(Service(load(two.root), catalogue()))
    assert caught.value.code == code
