"""Subscriptions by mail, from the form to the end: double opt-in, one click, nothing told of who is subscribed."""

import io
import logging
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from playwright.sync_api import Browser

from sanoscope import logs
from sanoscope.catalogue.load import catalogue
from sanoscope.operate.subscribers import send
from sanoscope.query.service import Service
from sanoscope.serve.app import create_app as create_served
from sanoscope.state import subscriptions as module
from sanoscope.state.database import reading, rows
from sanoscope.state.subscriptions import Mail, Subscription, Subscriptions
from sanoscope.web.app import create_app
from sanoscope.web.mails import writer
from sanoscope.web.subscribing import checked_address
from sanoscope.workspace import Settings, Workspace
from tests.smtp import Letter, MailServer
from tests.web.conftest import served
from tests.web.reading import COLOURS, opened, violations
from tests.web.test_english import french_in
from tests.web.test_rgaa import STRUCTURE, wide

WHO, OTHER = "jeanne@exemple.fr", "paul@exemple.fr"
SLUG = "casemix-mco"
SITE = "https://stats.exemple.fr/pmsi"
PAGES = ("/abonnement", "/calendrier", "/nouveautes", f"/restitutions/{SLUG}", f"/restitutions/{SLUG}/notice")
"""Those that offer a subscription."""


@pytest.fixture
def place(small: Workspace, tmp_path: Path, mailed: MailServer) -> Workspace:
    """The small country's edition, in a workspace that sends mails."""
    (tmp_path / "editions").symlink_to(small.editions)
    settings = replace(
        small.settings,
        courriel_serveur=mailed.address,
        courriel_de="Sanoscope <sanoscope@exemple.fr>",
        adresse=SITE,
        abonnements_par_heure=50,
    )
    return Workspace(tmp_path, settings)


@pytest.fixture
def client(place: Workspace) -> TestClient:
    return reader(place)


def reader(place: Workspace, address: str = "192.0.2.7") -> TestClient:
    return TestClient(create_app(place), follow_redirects=False, client=(address, 1))


def ask(client: TestClient, who: str = WHO, subject: str = SLUG, prefix: str = "") -> Response:
    return client.post(f"{prefix}/abonnement", data={"courriel": who, "sujet": subject})


def link(letter: Letter, path: str) -> str:
    """The path and the query of a mail's link, without the site's own address."""
    (found,) = re.findall(rf"^{re.escape(SITE)}(\S*{path}\?jeton=[\w-]{{43}})$", letter.text, re.M)
    return str(found)


def token(path: str) -> str:
    return urlsplit(path).query.removeprefix("jeton=")


def count(place: Workspace, table: str = "abonnements") -> int:
    with reading(place) as state:
        return rows(state)[table] if state else 0


def confirmed(client: TestClient, mailed: MailServer, who: str = WHO, subject: str = SLUG) -> Letter:
    """Subscribe, and return the mail."""
    before = len(mailed.letters)
    assert ask(client, who, subject).status_code == 303
    letter = mailed.wait(before + 1)[-1]
    opened_link = link(letter, "/abonnement/confirmer")
    assert client.post("/abonnement/confirmer", data={"jeton": token(opened_link)}).status_code == 200
    return letter


def edition_mail(place: Workspace, subject: str = SLUG, language: str = "fr") -> Mail:
    """Subscribe without a page, and return the mail of the small edition."""
    box = Subscriptions(place)
    first = box.ask(f"{language}.{subject}@exemple.fr", subject, language)
    assert first
    links = box.attempt(first)
    assert links
    box.confirm(links.confirm, {})
    box.announce({"petite": {subject}})
    return next(m for m in box.waiting({"petite"}) if m.subscription.identifier == first.subscription.identifier)


# asked, confirmed, ended ----------------------------------------------------------------------------------------------


def test_a_subscription_is_asked_confirmed_by_a_button_and_ended_by_another(
    client: TestClient, place: Workspace, mailed: MailServer
) -> None:
    form = client.get(f"/restitutions/{SLUG}").text
    assert f'<input type="hidden" name="sujet" value="{SLUG}">' in form
    sent = ask(client)
    assert (sent.status_code, sent.headers["location"]) == (303, "/abonnement/envoye")
    assert "Relevez votre courrier" in client.get("/abonnement/envoye").text
    (letter,) = mailed.wait(1)
    assert letter.to == (WHO,)
    title = catalogue().restitutions[SLUG].titre
    assert title in letter.text
    path = link(letter, "/abonnement/confirmer")
    for _ in range(3):  # what scans mails follows their links
        seen = client.get(path)
        assert "Recevoir un courriel à chaque mise à jour de" in seen.text
        assert not known(place, path).confirmed
    assert seen.headers["referrer-policy"] == "same-origin"
    assert seen.headers["cache-control"] == "no-store"
    assert client.get(path.replace("jeton=", "jeton=x")).status_code == 404
    done = client.post("/abonnement/confirmer", data={"jeton": token(path)})
    assert "Abonnement confirmé" in done.text
    assert WHO not in done.text
    assert known(place, path).confirmed
    end = link(letter, "/abonnement/fin")
    assert "<h1>Mettre fin à l'abonnement</h1>" in client.get(end).text
    assert count(place) == 1
    assert "Abonnement fini" in client.post(end).text
    assert count(place) == count(place, "jetons") == count(place, "envois") == 0
    assert "Abonnement fini" in client.post(end).text
    assert client.get(end).status_code == 404
    assert client.get(path).status_code == 404


def known(place: Workspace, path: str) -> Subscription:
    found = Subscriptions(place).known(token(path), module.CONFIRM)
    assert found
    return found


def test_a_mail_reader_ends_it_in_one_click(client: TestClient, place: Workspace, mailed: MailServer) -> None:
    """As RFC 8058 has it: a POST of one field to the header's address, from a site that is not ours."""
    message = confirmed(client, mailed).message
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = str(message["List-Unsubscribe"])
    assert address.startswith(f"<{SITE}/abonnement/fin?jeton=")
    body = {"List-Unsubscribe": "One-Click"}
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://webmail.exemple.org"}
    answer = client.post(address.strip("<>").removeprefix(SITE), data=body, headers=headers)
    assert answer.status_code == 200
    assert count(place) == 0


def test_all_those_of_an_address_end_by_one_button(client: TestClient, place: Workspace, mailed: MailServer) -> None:
    letters = [confirmed(client, mailed, WHO, subject) for subject in ("", "activite", SLUG)]
    confirmed(client, mailed, OTHER, SLUG)
    end = link(letters[1], "/abonnement/fin")
    (both,) = re.findall(r'formaction="([^"]+)"', client.get(end).text)
    client.post(both.replace("&amp;", "&"))
    assert count(place) == 1


def test_the_answer_does_not_tell_who_is_subscribed(client: TestClient, place: Workspace, mailed: MailServer) -> None:
    """New, asked a moment ago, subscribed: the same page, the same headers; the address alone gets another mail."""
    confirmed(client, mailed)
    ask(client, OTHER)
    mailed.wait(2)
    answers = [ask(client, who) for who in (WHO, OTHER, "neuf@exemple.fr")]
    told = [(a.status_code, a.content, sorted((k, v) for k, v in a.headers.items())) for a in answers]
    assert told[0] == told[1] == told[2]
    mailed.wait(3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "AGAIN", module.timedelta(seconds=-1))
        ask(client, WHO)
        assert "Déjà abonné" in mailed.wait(4)[-1].message["Subject"]
    assert count(place) == 3


# mails ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", ["", "activite", SLUG])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_mail_of_an_edition_says_what_it_brings_and_can_be_ended(
    client: TestClient, place: Workspace, mailed: MailServer, subject: str, language: str
) -> None:
    mail = edition_mail(place, subject, language)
    assert send(place, [mail], writer(Service(place, catalogue()))).sent == 1
    (letter,) = mailed.letters
    message, prefix = letter.message, "" if language == "fr" else "/en"
    assert message["Content-Language"] == language
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == "Sanoscope <sanoscope@exemple.fr>"
    assert message["Message-ID"].endswith("@exemple.fr>")
    assert "petite" in message["Subject"]
    end = link(letter, f"{prefix}/abonnement/fin")
    assert str(message["List-Unsubscribe"]) == f"<{SITE}{end}>"
    assert f"{SITE}{prefix}/nouveautes#petite" in letter.text
    head, _, body = letter.data.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 78
    assert body.isascii()
    assert b"List-Unsubscribe: <https" in letter.data  # neither cut nor encoded
    plain = re.sub(r"https?://\S+", "", f"{message['Subject']} {letter.text}")
    assert bool(french_in(f"<textarea>{plain}</textarea>")) == (language == "fr")
    for address in re.findall(rf"{re.escape(SITE)}(\S+)", letter.text):
        assert client.get(address).status_code == 200, address


def test_the_mails_of_an_english_page_are_in_english(client: TestClient, mailed: MailServer) -> None:
    ask(client, prefix="/en")
    (letter,) = mailed.wait(1)
    assert "/en/abonnement/confirmer?jeton=" in letter.text
    plain = re.sub(r"https?://\S+", "", f"{letter.message['Subject']} {letter.text}")
    assert french_in(f"<textarea>{plain}</textarea>") == []
    page = client.get(link(letter, "/en/abonnement/confirmer"))
    assert french_in(page.text) == []
    done = client.post("/en/abonnement/confirmer", data={"jeton": token(link(letter, "/en/abonnement/confirmer"))})
    assert french_in(done.text) == []
    end = link(letter, "/en/abonnement/fin")
    assert french_in(client.get(end).text) == []
    assert french_in(client.post(end).text) == []
    assert french_in(client.get(end).text) == []
    for path in ("/abonnement", "/abonnement/envoye", f"/abonnement?sujet={SLUG}"):
        assert french_in(client.get(f"/en{path}").text) == []
    assert french_in(client.post("/en/abonnement", data={"courriel": "x", "sujet": ""}).text) == []


# refused --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    ["", "x", "a@b", "a b@exemple.fr", "é@exemple.fr", "a@exemple.fr\nBcc: b@exemple.fr", "a@exemple.fr, b@exemple.fr",
     "<a@exemple.fr>", "a..b@exemple.fr", "a@-exemple.fr", f"{'a' * 250}@exemple.fr", "a@[127.0.0.1]"],
)  # fmt: skip
def test_what_is_no_address_is_refused_near_its_field(client: TestClient, place: Workspace, wrong: str) -> None:
    answer = ask(client, wrong)
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text
    assert 'role="alert"' in answer.text
    assert count(place) == 0


def test_an_address_is_the_same_in_capitals(client: TestClient, place: Workspace, mailed: MailServer) -> None:
    assert checked_address(" Jeanne.O'Hara+pmsi@Exemple.FR ") == "jeanne.o'hara+pmsi@exemple.fr"
    ask(client, WHO.upper())
    ask(client, WHO)
    assert mailed.wait(1)[0].to == (WHO,)
    assert count(place) == 1


def test_an_unknown_subject_is_refused(client: TestClient, place: Workspace) -> None:
    assert ask(client, subject="rien").status_code == 400
    assert client.get("/abonnement?sujet=<script>").status_code == 400
    assert count(place) == 0


def test_another_site_can_neither_ask_nor_confirm(client: TestClient, place: Workspace, mailed: MailServer) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    data = {"courriel": WHO, "sujet": SLUG}
    assert client.post("/abonnement", data=data, headers=foreign).status_code == 403
    assert count(place) == 0
    ask(client)
    path = link(mailed.wait(1)[0], "/abonnement/confirmer")
    refused = client.post("/abonnement/confirmer", data={"jeton": token(path)}, headers=foreign)
    assert refused.status_code == 403
    assert not known(place, path).confirmed


def test_an_address_asks_so_often_an_hour(place: Workspace, mailed: MailServer) -> None:
    few = replace(place, settings=replace(place.settings, abonnements_par_heure=2))
    one = reader(few)
    assert [ask(one, f"{n}@exemple.fr").status_code for n in range(3)] == [303, 303, 429]
    refused = ask(one, "3@exemple.fr")
    assert 3500 < int(refused.headers["retry-after"]) <= 3600
    assert "au plus 2 par heure" in refused.text
    assert count(place) == 2
    mailed.wait(2)


# off ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("without", ["courriel_serveur", "courriel_de", "adresse"])
def test_where_no_mail_goes_pages_say_nothing_of_it(place: Workspace, mailed: MailServer, without: str) -> None:
    on, off = reader(place), reader(replace(place, settings=replace(place.settings, **{without: ""})))
    for path in PAGES:
        for prefix in ("", "/en"):
            assert 'name="courriel"' in on.get(prefix + path).text
            page = off.get(prefix + path).text
            assert "/nouveautes.rss" in page
            assert not re.search(r'courriel|\bmail\b|method="post"', page), path
    assert ask(off).status_code == 404
    assert not place.state.exists()
    end = link(confirmed(on, mailed), "/abonnement/fin")
    assert off.post(end).status_code == 200  # who is subscribed can always leave
    assert count(place) == 0


# no address in the log ------------------------------------------------------------------------------------------------


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    hook, stream = sys.excepthook, io.StringIO()
    logs.configure(Settings(niveau="detail"), stream)
    yield stream
    sys.excepthook = hook
    logs.silence()
    logging.captureWarnings(False)
    logging.getLogger().handlers.clear()


def test_no_address_and_no_token_is_in_the_log(
    place: Workspace, mailed: MailServer, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = TestClient(create_served(place), follow_redirects=False)
    letter = confirmed(client, mailed)
    end = link(letter, "/abonnement/fin")
    client.get(end)
    ask(client, "pas une adresse de jeanne")
    mailed.refused.add(OTHER)
    mail = Subscriptions(place).ask(OTHER, "", "fr")
    assert mail
    writes = writer(Service(place, catalogue()))
    assert send(place, [mail], writes).why == "SMTPRecipientsRefused"
    away = replace(place, settings=replace(place.settings, courriel_serveur="127.0.0.1:1"))
    assert send(away, [mail], writes).why == "ConnectionRefusedError"
    monkeypatch.setenv("SANOSCOPE_ETAT_URL", "postgresql://qui:motdepasse@127.0.0.1:1/base")
    assert ask(client).status_code == 503
    client.post(end)
    written = log.getvalue()
    assert '"evenement": "courriels"' in written
    assert '"route": "/abonnement/fin"' in written
    for secret in ("jeanne", "paul", "exemple.fr", token(end), "motdepasse"):
        assert secret not in written, secret


# in a browser ---------------------------------------------------------------------------------------------------------


def test_it_works_without_javascript(browser: Browser, place: Workspace, mailed: MailServer) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    with served(place) as address:
        page.goto(f"{address}/restitutions/{SLUG}")
        page.get_by_label("Votre adresse de courriel").fill(WHO)
        page.get_by_role("button", name="Être prévenu par courriel").click()
        assert page.locator("h1").text_content() == "Relevez votre courrier"
        (letter,) = mailed.wait(1)
        page.goto(address + link(letter, "/abonnement/confirmer"))
        page.get_by_role("button", name="Confirmer l'abonnement").click()
        assert page.locator("h1").text_content() == "Abonnement confirmé"
        page.goto(address + link(letter, "/abonnement/fin"))
        page.get_by_role("button", name="Mettre fin à l'abonnement").click()
        assert page.locator("h1").text_content() == "Abonnement fini"
    context.close()
    assert count(place) == 0


@pytest.mark.parametrize(("scheme", "rules"), [("light", None), ("dark", COLOURS)], ids=["light", "dark"])
def test_every_page_of_it_is_accessible(
    browser: Browser, place: Workspace, mailed: MailServer, scheme: str, rules: object
) -> None:
    place.calendar.write_text("date,quoi,restitution,champ\n2100-01-09,Tout,,\nx,y,,\n", encoding="utf-8")
    page = opened(browser, scheme=scheme)
    with served(place) as address:
        page.goto(f"{address}/abonnement?sujet={SLUG}")
        page.locator("#courriel").fill(WHO)
        page.locator("form.abonnement button").click()
        (letter,) = mailed.wait(1)
        links = [link(letter, path) for path in ("/abonnement/confirmer", "/abonnement/fin")]
        for path in (*PAGES, *links, "/abonnement/envoye", "/en/abonnement", "wrong", "confirm", "end"):
            if path == "wrong":
                page.goto(f"{address}/abonnement")
                page.locator("#courriel").evaluate("e => { e.type = 'text'; e.value = 'x'; }")
                page.locator("form.abonnement button").click()
                assert page.locator("#faute-courriel").is_visible()
            elif path in ("confirm", "end"):
                page.goto(address + links[path == "end"])
                page.locator("main button").first.click()
            else:
                page.goto(address + path)
            assert violations(page, rules) == [], path
            assert page.evaluate(STRUCTURE) == [], path
            page.set_viewport_size({"width": 320, "height": 700})
            assert wide(page) <= 0, path
            page.set_viewport_size({"width": 1280, "height": 700})
    page.context.close()
