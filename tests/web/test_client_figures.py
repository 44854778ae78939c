"""A site, a workspace and the page give the same table of every restitution, cell by cell, states included."""

import re
from collections import Counter
from html import unescape

import pandas as pd
import pytest
import requests

from sanoscope import Client, Reponse
from sanoscope.access.journal import Journal
from sanoscope.catalogue.load import catalogue
from sanoscope.client.client import Critere
from sanoscope.client.html import cells
from sanoscope.query.table import State
from sanoscope.workspace import Workspace
from tests.web.test_pages import page_cells

NARROWED: dict[str, dict[str, Critere]] = {
    "actes-ccam-par-etablissement": {"activite": "acte:AHPA0090"},
    "parts-de-marche-hospi-diag": {"activite": "zone_attraction:290000017"},
    "hospidiag": {"etablissement": "290000017"},
}
"""What is asked where the whole table is too long for an answer, or is of no establishment."""

OTHERS: list[tuple[str, dict[str, Critere]]] = [
    ("cartographie-activite-mco", {"annee": [2022, 2023], "comparer": "n-1"}),
    ("casemix-mco", {"annee": 2023, "etablissement": "290000001", "regroupement": "cas", "comparer": "france"}),
    ("casemix-mco", {"annee": 2024, "mois": 6, "panier": ["290000001", "290000002"], "regroupement": "cas"}),
    ("profil-des-sejours-mco", {"annee": 2023, "zone": "departement:29"}),
]
QUESTIONS = [*((slug, NARROWED.get(slug, {})) for slug in catalogue().restitutions), *OTHERS]


@pytest.fixture(scope="module")
def readers(address: str, written: Workspace, key: str) -> dict[str, tuple[Client, Client]]:
    """Clients of the site and of the workspace, of anybody and of who may see all."""
    return {"": (Client(address), Client(written.root)), key: (Client(address, key), Client(written.root, key))}


def on_page(address: str, answer: Reponse, key: str) -> tuple[str, list[list[str]], list[list[str]]]:
    """The title, the texts and the states of the figures of the page of the same question."""
    where = f"{address}/restitutions/{answer.slug}{'' if key else '/integrer'}?{answer.requete}&page=toutes"
    page = requests.get(where, headers={"Authorization": f"Bearer {key}"} if key else {}, timeout=60).text
    body = page.split("<tbody>")[1].split("</tbody>")[0]
    states = [re.findall(r'<td class="nombre ?(\w*)"', row) for row in re.findall(r"<tr.*?</tr>", body, re.S)]
    title = re.search(r"<caption[^>]*>(.*?)</caption>", page)
    assert title
    return unescape(title[1]), page_cells(page), [[one or "exact" for one in row] for row in states]


MET: Counter[str] = Counter()
"""States that were met."""


@pytest.mark.parametrize(("slug", "criteria"), QUESTIONS, ids=[f"{s}-{len(c)}" for s, c in QUESTIONS])
def test_a_site_a_workspace_and_the_page_give_the_same_table(
    readers: dict[str, tuple[Client, Client]], address: str, key: str, slug: str, criteria: dict[str, Critere]
) -> None:
    who = "" if catalogue().restitution(slug).acces == "libre" else key
    there, here = (client.demander(slug, **criteria) for client in readers[who])
    for name in ("titre", "requete", "edition", "notes", "legende", "colonnes"):
        assert getattr(there, name) == getattr(here, name), name
    if not there.filigrane:  # which says when
        assert there.arrow().equals(here.arrow(), check_metadata=True)
    title, texts, states = on_page(address, here, who)
    for answer in (there, here):
        made = cells(answer)
        first = len(answer.etiquettes.labels)
        assert answer.titre == title
        assert [[one.text for one in row] for row in made] == texts
        assert [[one.state for one in row[first:]] for row in made] == states
        assert {state for row in states for state in row} == set(answer.legende)
    check_typed(here, states)
    MET.update(state for row in states for state in row)


def check_typed(answer: Reponse, states: list[list[str]]) -> None:
    """Polars, pandas and Arrow have the same cells: exact figures alone under the name of a measure."""
    frame, measures = answer.polars(), [one.nom for one in answer.colonnes if one.genre == "mesure"]
    assert frame.to_dicts() == answer.arrow().to_pylist()
    assert [list(row) for row in answer.etats.select(measures).rows()] == states
    other = answer.pandas()
    for name in measures:
        assert [None if pd.isna(one) else one for one in other[name]] == frame[name].to_list()
        assert ((frame[f"{name}_etat"] == "exact") == frame[name].is_not_null()).all()
        if f"{name}_estimation" in frame.columns:
            assert ((frame[f"{name}_etat"] == "approche") == frame[f"{name}_estimation"].is_not_null()).all()
        assert str(other[name].dtype) in ("Int64", "Float64")


def test_every_state_was_met() -> None:
    if MET.total():
        assert set(MET) == {state.value for state in State}


def test_small_counts_are_for_a_key_that_opens_them_and_the_journal_has_it(
    readers: dict[str, tuple[Client, Client]], written: Workspace, key: str
) -> None:
    asked: dict[str, Critere] = {"annee": 2023, "etablissement": "290000007", "regroupement": "racine"}
    there, here = (client.demander("casemix-mco", version="complete", **asked) for client in readers[key])
    assert there.polars()["sejours"].to_list() == here.polars()["sejours"].to_list()
    published = readers[""][0].demander("casemix-mco", **asked).etats["sejours"]
    assert {"exact", "masque"} <= set(published)
    assert set(here.etats["sejours"]) == {"exact"}
    small = here.polars()["sejours"].filter(published == "masque").to_list()
    assert small and all(0 < n < 11 for n in small)
    assert "ne pas diffuser" in here.filigrane and here.filigrane in here.html()
    told = [line for line in Journal(written).lines() if line.act == "demande"]
    assert "version=complete" in str(told[-1].told["criteres"])
