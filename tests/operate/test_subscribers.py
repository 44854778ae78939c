"""Subscribers told after a publication: once of each edition, by refresh and notify; what fails is said and retried."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sanoscope.catalogue.load import catalogue
from sanoscope.cli.main import app
from sanoscope.cli.notify import writes
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition import publication
from sanoscope.edition.release import release
from sanoscope.operate.refresh import refresh
from sanoscope.operate.report import NOTHING, PUBLISHED, Report
from sanoscope.operate.subscribers import updated
from sanoscope.state.database import sending, upgrade
from sanoscope.state.subscriptions import Subscriptions
from sanoscope.workspace import Workspace
from tests.operate.small import SLUG, drop, place, run
from tests.smtp import Letter, MailServer

NAMES = ("a@exemple.fr", "b@exemple.fr", "c@exemple.fr", "d@exemple.fr")


def settings(server: MailServer) -> str:
    return (
        f'courriel_serveur = "{server.address}"\ncourriel_de = "Sanoscope <sanoscope@exemple.fr>"\n'
        '[service]\nadresse = "https://stats.exemple.fr"\n'
    )


@pytest.fixture
def site(tmp_path: Path, mailed: MailServer) -> Workspace:
    """A workspace with a published edition, which sends mails."""
    workspace = place(tmp_path, settings(mailed))
    drop(tmp_path / "depot", 40, 30)
    assert told(workspace).etat == PUBLISHED
    return workspace


def told(workspace: Workspace) -> Report:
    """Refresh, and tell subscribers."""
    return refresh(workspace, catalogue(), care=QUICK, write=writes(workspace))


def subscribe(workspace: Workspace, who: str, subject: str = SLUG) -> None:
    box = Subscriptions(workspace)
    mail = box.ask(who, subject, "fr")
    assert mail
    links = box.attempt(mail)
    assert links
    box.sent(mail)
    assert box.confirm(links.confirm, updated(workspace, catalogue()))


def notify(workspace: Workspace, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["notify", "--workspace", str(workspace.root)])
    assert result.exit_code == code, result.output
    return result.output


def to(letters: list[Letter]) -> list[str]:
    return [who for letter in letters for who in letter.to]


def again(tmp_path: Path) -> None:
    """Deliver one more week than before: a new edition."""
    drop(tmp_path / "depot", 45, 30)


def test_a_refresh_tells_each_subscriber_of_the_edition_once(
    site: Workspace, tmp_path: Path, mailed: MailServer
) -> None:
    subscribe(site, NAMES[0])
    subscribe(site, NAMES[1], "")
    subscribe(site, NAMES[2], "casemix-mco")  # which this workspace does not have
    assert Subscriptions(site).ask(NAMES[3], "", "fr")  # not confirmed
    assert (told(site).etat, mailed.letters) == (NOTHING, [])
    again(tmp_path)
    report = told(site)
    assert (report.etat, report.code, report.courriels, report.courriels_en_attente) == (PUBLISHED, 0, 2, 0)
    assert sorted(to(mailed.letters)) == list(NAMES[:2])
    assert all(report.edition in letter.message["Subject"] for letter in mailed.letters)
    written = (site.operations / "rapports" / "dernier.txt").read_text(encoding="utf-8")
    assert "Abonnés : 2 courriels partis, 0 laissés" in written
    assert not any(name in written for name in NAMES)
    assert "0 courriels partis" in notify(site)
    assert (told(site).courriels, len(mailed.letters)) == (0, 2)


def test_an_edition_published_by_hand_is_told_by_notify(site: Workspace, tmp_path: Path, mailed: MailServer) -> None:
    subscribe(site, NAMES[0])
    again(tmp_path)
    made = run(site)  # a refresh that writes no mail
    assert (made.etat, mailed.letters) == (PUBLISHED, [])
    assert "1 courriels partis" in notify(site)
    assert to(mailed.letters) == [NAMES[0]]


def test_an_edition_withdrawn_before_its_mails_are_sent_is_not_told_until_it_is_back(
    site: Workspace, tmp_path: Path, mailed: MailServer
) -> None:
    subscribe(site, NAMES[0])
    again(tmp_path)
    made = run(site).edition
    Subscriptions(site).announce(updated(site, catalogue()))
    publication.rollback(site.editions)
    assert "0 courriels partis" in notify(site)
    release(site.editions, made, catalogue(), site.settings)
    assert "1 courriels partis" in notify(site)
    assert to(mailed.letters) == [NAMES[0]]


def test_a_field_that_an_edition_took_over_is_no_news(site: Workspace) -> None:
    manifest = publication.editions(site.editions)[0]
    restitution = catalogue().restitutions[SLUG]
    assert manifest.renouvelle(restitution)
    taken = {code: champ.model_copy(update={"repris": "avant"}) for code, champ in manifest.champs.items()}
    other = manifest.model_copy(update={"champs": taken})
    assert other.repond(restitution)
    assert not other.renouvelle(restitution)
    assert not manifest.renouvelle(catalogue().restitutions["casemix-mco"])


def test_a_server_that_is_not_there_makes_no_refresh_fail_and_is_told(
    tmp_path: Path, site: Workspace, mailed: MailServer
) -> None:
    subscribe(site, NAMES[0])
    subscribe(site, NAMES[1])
    again(tmp_path)
    away = place(tmp_path, settings(MailServer("127.0.0.1:1")))
    report = told(away)
    assert (report.etat, report.code) == (PUBLISHED, 5)
    assert (report.courriels, report.courriels_en_attente) == (0, 2)
    assert [one.nom for one in report.avis] == ["abonnés"]
    assert "2 courriels non partis (ConnectionRefusedError)" in report.avis[0].detail
    assert publication.served(away.editions) == report.edition
    assert "2 laissés à la prochaine fois" in notify(away, code=1)
    assert "2 courriels partis" in notify(place(tmp_path, settings(mailed)))
    assert sorted(to(mailed.letters)) == list(NAMES[:2])


@pytest.mark.parametrize("how", ["refused", "broken"])
def test_an_address_that_the_server_refuses_keeps_no_other_from_its_mail(
    site: Workspace, tmp_path: Path, mailed: MailServer, how: str
) -> None:
    for name in NAMES:
        subscribe(site, name)
    getattr(mailed, how).add(NAMES[1])
    again(tmp_path)
    made = run(site)
    said = [notify(site, code=1) for _ in range(3)]
    assert sorted(to(mailed.letters)) == [NAMES[0], NAMES[2], NAMES[3]]
    assert all("1 laissés à la prochaine fois" in text for text in said[1:])
    assert not any(name in text for text in said for name in NAMES)
    getattr(mailed, how).clear()
    assert "1 courriels partis, 0 laissés" in notify(site)
    assert sorted(to(mailed.letters)) == list(NAMES)
    assert all(made.edition in letter.message["Subject"] for letter in mailed.letters)


def test_a_state_that_does_not_answer_makes_no_refresh_fail_and_is_told(
    site: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again(tmp_path)
    monkeypatch.setenv("SANOSCOPE_ETAT_URL", "postgresql://qui:motdepasse@127.0.0.1:1/base")
    report = told(site)
    assert (report.etat, report.code) == (PUBLISHED, 5)
    assert [(one.nom, one.detail) for one in report.avis] == [("abonnés", "etat-indisponible")]


def test_two_do_not_send_at_once(site: Workspace, tmp_path: Path, mailed: MailServer) -> None:
    subscribe(site, NAMES[0])
    again(tmp_path)
    run(site)
    with sending(site):
        assert "[deja-en-cours]" in notify(site, code=1)
    assert mailed.letters == []
    notify(site)
    assert to(mailed.letters) == [NAMES[0]]


def test_a_kill_repeats_the_mail_under_way_at_most_and_loses_none(
    site: Workspace, tmp_path: Path, mailed: MailServer
) -> None:
    """Killed once the server has a mail, before it says so: of all moments, the one at which a mail goes twice."""
    for name in NAMES:
        subscribe(site, name)
    again(tmp_path)
    run(site)
    under_way = []
    for kill_on in (1, 3):
        sender = subprocess.Popen(
            [sys.executable, "-m", "sanoscope", "notify", "--workspace", str(site.root)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        mailed.taken = killing(sender, kill_on, mailed)
        assert sender.wait(60) == -signal.SIGKILL
        assert len(mailed.letters) == kill_on
        under_way.append(mailed.letters[-1])
    mailed.taken = lambda _: None
    notify(site)
    assert sorted(to(mailed.letters)) == sorted([*NAMES, *to(under_way)])
    for letter in under_way:
        twice = [other for other in mailed.letters if other.to == letter.to]
        assert len({other.message["Message-ID"] for other in twice}) == 1
    assert "0 courriels partis" in notify(site)


def killing(process: "subprocess.Popen[bytes]", on: int, server: MailServer) -> Callable[[Letter], None]:
    def taken(_: Letter) -> None:
        if len(server.letters) == on:
            os.kill(process.pid, signal.SIGKILL)

    return taken


def test_where_no_mail_goes_notify_says_what_it_takes(tmp_path: Path) -> None:
    workspace = place(tmp_path)
    upgrade(workspace)
    said = notify(workspace, code=1)
    assert "[courriel-absent]" in said
    assert "courriel_serveur" in said
