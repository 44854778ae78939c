"""The log says how much, how long, which of our own words; never what a file holds, a reader types, an error says."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sanoscope import logs
from sanoscope.operate.measures import FILE, last_report
from sanoscope.workspace import Settings
from tests.operate.small import command, drop, place

SECRET = "NUMEROSECRET"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave no log behind."""
    hook = sys.excepthook
    yield
    sys.excepthook = hook
    logs.silence()
    logging.captureWarnings(False)
    logging.getLogger().handlers.clear()


def written(settings: Settings | None = None) -> io.StringIO:
    stream = io.StringIO()
    logs.configure(settings or Settings(), stream)
    return stream


def test_a_line_has_the_fields_of_its_event_and_no_other() -> None:
    stream = written()
    logs.say("etape", commande="refresh", etape="dépôt", secondes=1.5, ligne=SECRET)
    told = json.loads(stream.getvalue())
    assert list(told) == [*logs.COMMON, "commande", "etape", "secondes"]
    assert (told["niveau"], told["evenement"], told["secondes"]) == ("info", "etape", 1.5)


@pytest.mark.parametrize("event", logs.EVENTS)
@pytest.mark.parametrize(
    "hostile",
    [
        "1 85 05 78 006 084 36",
        "MARTIN Jeanne 02/03/1951",
        "jeanne@exemple.fr",
        "192.0.2.7\n{}",
        "<script>",
        2**0.5j,
        None,
    ],
)
def test_no_field_takes_a_free_text(event: str, hostile: object) -> None:
    stream = written()
    logs.say(event, **dict.fromkeys(logs.EVENTS[event], hostile))
    logs.say(event, **{name: [hostile] for name in logs.EVENTS[event]})
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    for told in (first, second):
        assert all(told[name] in (logs.UNSAID, [logs.UNSAID]) for name in logs.EVENTS[event]), told


def test_an_exception_is_its_type_and_its_places_never_its_text() -> None:
    stream = written()
    try:
        int(SECRET)
    except ValueError as error:
        logs.crash(error)
        logging.getLogger("uvicorn.error").exception("lu : %s", SECRET)
        sys.excepthook(type(error), error, error.__traceback__)
    logging.getLogger("asyncio").error(SECRET)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["evenement"] for line in lines] == ["panne", "bibliotheque", "panne", "bibliotheque"]
    assert [line.get("erreur") for line in lines] == ["ValueError", "ValueError", "ValueError", ""]
    assert lines[0]["lieu"].startswith("test_logs.py:")
    assert SECRET not in stream.getvalue()


def test_the_settings_choose_what_is_said_and_how() -> None:
    stream = written(Settings(niveau="alerte", format="texte"))
    logs.say("etape", commande="refresh", etape="purge", secondes=2)
    logs.say("refus", "erreur", commande="refresh", code="depot-absent")
    (line,) = stream.getvalue().splitlines()
    assert line.split(" ", 1)[1].split()[0:2] == ["erreur", "refus"]
    assert line.endswith("commande=refresh code=depot-absent")


def test_a_refresh_says_its_steps_and_counts_and_nothing_of_the_lines_that_it_refuses(tmp_path: Path) -> None:
    workspace = place(tmp_path)
    drop(tmp_path / "depot", 40, 30)
    file = next((tmp_path / "depot").glob("290000017*.rha"))
    file.write_bytes(file.read_bytes() + f"{SECRET} MARTIN 1850578006084\r\n".encode())
    (tmp_path / "depot" / f"{SECRET}.2023.12.rha").write_text(f"{SECRET}\n", encoding="utf-8")
    (tmp_path / "depot" / f"{SECRET}.bin").write_text(f"{SECRET}\n", encoding="utf-8")
    run = command(workspace)
    printed, _ = run.communicate(timeout=120)
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    events = [line["evenement"] for line in lines]
    assert {"etape", "reception", "construction", "publication", "mise-a-jour"} <= set(events)
    steps = [line["etape"] for line in lines if line["evenement"] == "etape"]
    assert steps == ["dépôt", "réception", "référence", "construction", "contrôles", "publication", "purge"]
    last = lines[-1]
    assert (last["evenement"], last["etat"], last["code"], last["niveau"]) == ("mise-a-jour", "publiée", 5, "alerte")
    assert last["lignes_lues"] == last["lignes_acceptees"] + last["lignes_refusees"]
    assert last["lignes_refusees"] > 0
    told = json.dumps(lines)
    assert logs.UNSAID not in told
    assert not any(secret in told for secret in (SECRET, "MARTIN", "1850578006084"))
    report = last_report(workspace.operations)
    assert report is not None
    told = (workspace.operations / FILE).read_text(encoding="utf-8")
    assert f'sanoscope_mise_a_jour_lignes{{sort="refusees"}} {report.lignes_refusees}.0' in told
    assert 'sanoscope_mise_a_jour_etat{etat="publiée"} 1.0' in told
    assert SECRET not in told
