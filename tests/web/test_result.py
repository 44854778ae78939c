"""The page of a result by its address: sorted, filtered, compared, cited, embedded."""

import json
import re
from html import unescape

import pytest
from fastapi.testclient import TestClient

from sanoscope.access.scope import OPEN
from sanoscope.catalogue.load import catalogue
from sanoscope.query.table import State
from sanoscope.web import tableau
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace
from tests.web.test_pages import QUESTIONS, page_cells

CARTO = "/restitutions/cartographie-activite-mco?annee=2023"
CASEMIX = "/restitutions/casemix-mco?annee=2023&regroupement=racine"
HIDDEN = ("1 à 10", "s.", "–", "…")


@pytest.fixture(scope="module")
def client(small: Workspace) -> TestClient:
    return TestClient(create_app(small), raise_server_exceptions=False)


def figure(text: str) -> float:
    return float(re.sub(r"[≈\s\u202f]", "", text).replace(",", "."))


@pytest.mark.parametrize("sort", ["sejours", "-sejours", "dms", "-age_moyen"])
def test_a_sorted_page_is_in_order_and_hides_where_the_hidden_would_be(client: TestClient, sort: str) -> None:
    cells = page_cells(client.get(f"{CASEMIX}&tri={sort}").text)
    columns = re.findall(r'data-tri="(\w+)"', client.get(CASEMIX).text)
    place = columns.index(sort.removeprefix("-"))
    *details, total = cells
    assert total[0] == "Total"
    shown = [figure(row[place]) for row in details if row[place] not in HIDDEN]
    assert len(shown) > 2
    assert shown == sorted(shown, reverse=sort.startswith("-"))
    last = details[len(shown) :]
    assert all(row[place] in HIDDEN for row in last)
    assert [row[0] for row in last] == sorted(row[0] for row in last)


def test_the_link_of_a_column_goes_round(client: TestClient) -> None:
    def link(address: str, name: str) -> str:
        found = re.search(rf'href="([^"]+)" rel="nofollow" data-tri="{name}"', client.get(address).text)
        assert found
        return unescape(found[1])

    first = link(CASEMIX, "sejours")
    second = link(first, "sejours")
    assert first == f"{CASEMIX}&tri=-sejours#tableau"
    assert second == f"{CASEMIX}&tri=sejours#tableau"
    assert link(second, "sejours") == f"{CASEMIX}#tableau"
    assert link(CASEMIX, "racine") == f"{CASEMIX}&tri=racine#tableau"
    assert 'aria-sort="descending"' in client.get(first).text
    assert "aria-sort" not in client.get(CASEMIX).text


def test_a_filter_keeps_rows_by_their_labels_and_the_total_of_all(client: TestClient) -> None:
    every, some = page_cells(client.get(CARTO).text), client.get(f"{CARTO}&filtre=prive HOPITAL")
    kept = page_cells(some.text)
    assert [row for row in every[:-1] if row[2] == "PRIVÉ" and "Hôpital" in row[1]] == kept[:-1] != []
    assert kept[-1] == every[-1]
    assert f"{len(kept) - 1} lignes sur {len(every) - 1}" in some.text or "1 ligne sur" in some.text
    assert "Aucune ligne ne contient ce texte" in client.get(f"{CARTO}&filtre=zzz").text


def test_the_canonical_address_keeps_how_it_is_looked_at(client: TestClient) -> None:
    answer = client.get(
        "/restitutions/casemix-mco?tri=-sejours&filtre=++04+é&annee=2023&mois=&regroupement=racine",
        follow_redirects=False,
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{CASEMIX}&tri=-sejours&filtre=04%20%C3%A9"
    assert client.get(answer.headers["location"], follow_redirects=False).status_code == 200


@pytest.fixture
def short(small: Workspace, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The site with pages of four rows."""
    monkeypatch.setattr(tableau, "ROWS", 4)
    return TestClient(create_app(small), raise_server_exceptions=False)


@pytest.mark.parametrize("look", ["", "&tri=-sejours", "&tri=dms&filtre=e"])
@pytest.mark.parametrize("path", [CASEMIX, CASEMIX.replace("?", "/integrer?")])
def test_the_pages_of_a_long_table_hold_all_its_rows_in_order(short: TestClient, path: str, look: str) -> None:
    *details, total = page_cells(short.get(f"{path}{look}&page=toutes").text)
    first = short.get(f"{path}{look}")
    *found, shown_total = page_cells(first.text)
    assert 2 < len(found) < len(details) and shown_total == total
    following = re.compile(r'href="([^"#]+)#tableau" rel="nofollow">Suivante<')
    number, address = 1, following.search(first.text)
    while address:
        number += 1
        assert unescape(address[1]) == f"{path}{look}&page={number}"
        page = short.get(unescape(address[1])).text
        *rows, shown_total = page_cells(page)
        assert shown_total == total
        assert f"lignes {len(found) + 1} à {len(found) + len(rows)} sur {len(details)}" in page
        found += rows
        address = following.search(page)
    assert found == details


def test_another_order_begins_at_the_first_page_and_files_are_whole(short: TestClient) -> None:
    page = unescape(short.get(f"{CASEMIX}&page=2").text)
    assert f'href="{CASEMIX}&tri=-sejours#tableau"' in page
    assert f'href="{CASEMIX}&page=3#tableau" rel="nofollow">Suivante' in page
    assert "les totaux et les fichiers sont ceux de toutes les lignes" in page
    assert 'name="page"' not in page.split('class="filtre"')[1].split("</form>")[0]
    file = f"/api/v1{CASEMIX.replace('?', '/donnees?')}&format=csv"
    assert file in page
    together = unescape(short.get(f"{CASEMIX}&page=toutes").text)
    assert f'href="{CASEMIX}&tri=-sejours&page=toutes#tableau"' in together
    assert 'name="page" value="toutes"' in together
    assert len(short.get(file).text.splitlines()) - 1 == len(page_cells(together)) > 6
    assert "data-par-pages" in page and "data-par-pages" not in together
    assert short.get(f"{CASEMIX}&page=1", follow_redirects=False).headers["location"] == CASEMIX


def test_a_short_table_has_no_pages(client: TestClient) -> None:
    assert "Pages du tableau" not in client.get(CASEMIX).text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("&page=2", "page : « 2 » n&#39;est pas admis"),
        ("&page=0", "page : « 0 » n&#39;est pas admis"),
        ("&page=-1", "toutes"),
        ("&page=²", "un numéro, à partir de 1"),
        ("&tri=-sejour", "« sejours »"),
        ("&tri=sejours&tri=dms", "donné deux fois"),
        (f"&filtre={'a' * 101}", "plus de 100"),
        ("&comparer=region", "une seule région"),
        ("&comparer=n-2", "« n-2 » n&#39;est pas admis"),
        ("&tri=<script>", "&lt;script&gt;"),
    ],
)
def test_what_cannot_be_looked_at_says_why(client: TestClient, more: str, words: str) -> None:
    answer = client.get(CASEMIX + more)
    assert answer.status_code == 400
    assert words in answer.text


def test_how_it_is_looked_at_is_no_criterion(client: TestClient) -> None:
    answer = client.get("/api/v1/restitutions/casemix-mco/donnees?annee=2023&tri=sejours")
    assert (answer.status_code, answer.json()["code"]) == (400, "critere-inconnu")


@pytest.mark.parametrize(("slug", "criteria"), QUESTIONS)
def test_no_header_is_empty_and_every_mask_has_its_words(client: TestClient, slug: str, criteria: str) -> None:
    page = client.get(f"/restitutions/{slug}?{criteria}").text
    assert not re.findall(r"<th[^>]*>\s*</th>", page)
    buttons = re.findall(
        r'<td class="nombre (\w+)"><button type="button" popovertarget="([\w-]+)" title="([^"]+)"', page
    )
    words = {state.value for state in State} - {"exact"}
    assert {state for state, _, _ in buttons} <= words
    assert len(buttons) == len(re.findall(r'<td class="nombre \w+">', page))
    for _, target, _ in set(buttons):
        assert f'<div popover id="{target}"' in page
    # a mask says the same of every cell of its state: nothing of the cell itself
    assert len({title for state, _, title in buttons if state in ("masque", "secret")}) <= 2
    for target in re.findall(r'class="info" popovertarget="([\w-]+)"', page):
        assert f'<div popover id="{target}"' in page


def test_comparisons_are_links_to_the_same_question(client: TestClient) -> None:
    address = "/restitutions/casemix-mco?annee=2023&zone=departement:29&regroupement=racine"
    page = unescape(client.get(address).text)
    switch = page.split('<nav class="comparer"')[1].split("</nav>")[0]
    links = re.findall(r'href="([^"]+)"( aria-current="true")?', switch)
    assert links == [
        (address, ' aria-current="true"'),
        *((f"{address}&comparer={kind}", "") for kind in ("n-1", "region", "france")),
    ]
    compared = unescape(client.get(links[2][0]).text)
    assert "— comparé à : Bretagne</h1>" in compared
    assert f"{address.split('?')[1]}&comparer=region&format=xlsx" in compared


def test_a_restitution_that_shows_the_year_before_says_so(client: TestClient) -> None:
    page = client.get("/restitutions/parts-de-marche-mco?annee=2023&zone=departement:29").text
    assert "L'année précédente est déjà dans le tableau" in page
    assert "comparer=n-1" not in page


def test_links_and_citations_lead_to_the_same_answer(client: TestClient) -> None:
    page = unescape(client.get(CASEMIX).text)
    pinned = f"http://testserver{CASEMIX}&edition=petite"
    assert pinned in page
    citation, entry, reference, frame = re.findall(r"<textarea[^>]*>(.*?)</textarea>", page, re.S)
    assert json.loads(reference)[0]["URL"] == pinned
    assert pinned in citation and f"url = {{{pinned}}}" in entry
    assert entry.startswith("@misc{sanoscope-petite-") and entry.rstrip().endswith("}")
    assert entry.count("{") == entry.count("}")
    address = re.search(r'src="([^"]+)"', frame)
    assert address
    assert page_cells(client.get(unescape(address[1])).text) == page_cells(client.get(pinned).text)


def test_only_the_bare_page_may_be_framed_elsewhere(client: TestClient) -> None:
    bare = "/restitutions/casemix-mco/integrer?annee=2023"
    for address, status in ((bare, 200), (f"{bare}&anne=1", 400), (f"{bare}&tri=rien", 400), ("/en" + bare, 200)):
        answer = client.get(address)
        assert answer.status_code == status
        policy = answer.headers["content-security-policy"]
        assert policy.endswith("frame-ancestors *")
        assert "default-src 'none'; script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "set-cookie" not in answer.headers
    for address in ("/", CASEMIX, "/restitutions/casemix-mco", "/nulle-part", "/static/tableau.js", "/en" + CASEMIX):
        assert client.get(address).headers["content-security-policy"].endswith("frame-ancestors 'self'")


def test_english_figures_are_written_as_english_does(client: TestClient) -> None:
    french, english = (page_cells(client.get(prefix + CASEMIX).text) for prefix in ("", "/en"))
    assert len(french) == len(english)
    for one, other in zip(french, english, strict=True):
        translated = [text.replace("\u202f", "").replace(".", "") for text in one[2:]]
        assert [re.sub(r"[,\u202f]", "", t).replace("1 à 10", "1 to 10") for t in translated] == [
            re.sub(r"[,.]", "", text) for text in other[2:]
        ]
    assert any("." in text for row in english for text in row[2:])


TOO_SMALL = {
    "chirurgie-ambulatoire-mco",
    "developpement-had",
    "flux-entrants-entre-etablissements-mco",
    "flux-entre-etablissements-mco",
    "gestes-marqueurs-mco",
    "ip-dms-et-occupation-mco",
}
"""What the small country shows no figure of for a département: each has a test of its picture elsewhere."""


@pytest.mark.parametrize(
    "slug", [s for s, r in catalogue().restitutions.items() if OPEN.may_read(r) and r.graphiques and not r.source]
)
def test_pictures_are_where_the_table_is(client: TestClient, slug: str) -> None:
    restitution = catalogue().restitution(slug)
    zone = "&zone=" + ("region:53" if catalogue().champ(restitution).libre == "region" else "departement:29")
    zone = zone if restitution.criteres.zone else ""
    page = client.get(f"/restitutions/{slug}?annee=2023{zone}", follow_redirects=True).text
    for source in re.findall(r'<img src="(/restitutions/[^"]+)"', page):
        assert client.get(unescape(source)).status_code == 200
    drawn = page.count('<figure class="image"')
    assert drawn == page.count('<a href="#tableau">')
    assert drawn or slug in TOO_SMALL


def test_the_title_names_levels_as_readers_do(client: TestClient) -> None:
    question = "casemix-mco?annee=2023&regroupement=doac&activite=racine:04M05"
    titles = [
        re.findall(r"<h1>(.*?)</h1>", unescape(client.get(f"{prefix}/restitutions/{question}").text))[0]
        for prefix in ("", "/en")
    ]
    plain = [re.sub("<[^>]+>", "", title) for title in titles]
    assert plain[0].endswith(" — par domaine d'activité (DoAc)")
    assert "Racine de GHM 04M05 " in plain[0]
    assert plain[1].endswith(" — by field of activity (DoAc)")
    assert "doac" not in " ".join(plain)
