"""Indicators beside activity: joined by codes, and nothing of what is masked is given away by them."""

import re
import shutil
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import yaml
from fastapi.testclient import TestClient

from sanoscope import workspace as workspaces
from sanoscope.access.scope import OPEN, SECURE
from sanoscope.catalogue.load import HERE, Catalogue, catalogue, load
from sanoscope.edition import publication
from sanoscope.edition.edition import Edition, open_edition
from sanoscope.edition.published import build_published
from sanoscope.errors import CriterionError, SanoscopeError
from sanoscope.intake.receive import receive
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.crossed import Beside, bare, nothing_beside
from sanoscope.query.rounding import rounded
from sanoscope.query.service import Service
from sanoscope.query.table import Measured, State, Table
from sanoscope.web.app import create_app
from sanoscope.workspace import Workspace

BEDS = """BOR;AN;FI;RS;FI_EJ;LIT_MCO;JLI_MCO;JOU_MCO
MCO;2023;290000101;NORD;290000001;10;3000;2400
MCO;2023;290000102;SUD;290000001;5;1000;800
MCO;2023;290000002;DEUX;290000992;8;2000;1900
MCO;2023;290000301;TROIS NORD;290000003;9;3000;2000
MCO;2023;290000302;TROIS SUD;290000003;;;0
MCO;2023;350000001;CLINIQUE;350000999;0;0;0
MCO;2023;290000006;SIX;290000996;30;9000;8000
MCO;2023;290000007;SEPT;290000997;30;9000;8000
MCO;2023;350000003;HUIT;350000993;30;9000;8000
MCO;2023;350000005;NEUF;350000995;30;9000;8000
"""
WAITS = """finess;nom;passages;attente
290000001;UN;52310;B
290000002;DEUX;NC;A
350000001;CLINIQUE;900;C
"""
DOCTORS = """finess;nom;medecins
290000001;UN;31
290000004;QUATRE;6
"""
SOURCE = """
source: urgences-locales
libelle: Passages aux urgences, recueil local
champ: mco
editeur: Observatoire régional
licence: Licence Ouverte 2.0
lien: https://exemple.fr/urgences
restitutions: [urgences-locales]
totaux: calcules
mesures:
  passages: {de: urgences.passages, libelle: Passages, additive: true, definition: Passages de l'année.}
  medecins: {de: effectifs.medecins, libelle: Médecins des urgences, additive: true, definition: Médecins.}
  classe_attente: {de: urgences.attente, libelle: Attente, classes: [A, B, C], definition: Classe de l'attente.}
indicateurs:
  - &urgences
    nom: urgences
    motif: 'urgences_(?P<annee>\\d{4})\\.csv'
    entite: finess
    libelle: nom
    etats: {"": indisponible, "NC": indisponible}
  - <<: *urgences
    nom: effectifs
    motif: 'effectifs_(?P<annee>\\d{4})\\.csv'
"""
OF_SOURCE = {
    "slug": "urgences-locales",
    "titre": "Urgences locales",
    "objet": "Voir les urgences.",
    "contenu": ["Passages"],
    "theme": "activite",
    "sous_theme": "Urgences",
    "champ": "mco",
    "acces": "libre",
    "rythme": "annuel",
    "genre": "publiee",
    "source": "urgences-locales",
    "criteres": {"annee": "une", "mois": False, "zone": "etablissement", "etablissements": True},
    "lignes": ["finess"],
    "mesures": ["passages", "classe_attente"],
    "notice": "Champ. Source.",
}
INVENTED = {
    **OF_SOURCE,
    "slug": "sejours-et-lits",
    "titre": "Séjours et lits",
    "genre": "activite",
    "cube": "activite",
    "criteres": {
        "annee": "plusieurs",
        "mois": False,
        "zone": "etablissement",
        "etablissements": True,
        "activite": ["cas", "racine"],
    },
    "attributs": ["raison_sociale", "categorie"],
    "mesures": ["sejours", "sejours_hc", "dms_hc"],
    "indicateurs": [
        {"source": "sae", "mesure": "lits_mco"},
        {"source": "sae", "mesure": "occupation_mco", "nom": "occupation_site"},
        {"source": "urgences-locales", "mesure": "classe_attente"},
        {"source": "urgences-locales", "mesure": "passages"},
        {"source": "urgences-locales", "mesure": "medecins"},
    ],
    "rapports": [
        {
            "nom": "sejours_par_lit",
            "libelle": "Séjours par lit",
            "numerateur": "sejours_hc",
            "denominateur": "lits_mco",
            "decimales": 1,
            "definition": "Séjours complets par lit.",
        },
        {
            "nom": "occupation",
            "libelle": "Occupation",
            "numerateur": ["sejours_hc", "dms_hc"],
            "denominateur": "lits_mco",
            "par_jour": True,
            "facteur": 100,
            "unite": "%",
            "decimales": 1,
            "definition": "Nuits par lit et par jour.",
        },
    ],
}
INVENTED.pop("source")


def written(root: Path, *restitutions: dict[str, object]) -> Path:
    """Return a catalogue: what is needed of the package's, a source of one's own, restitutions of one's own."""
    place = root / "catalogue"
    shutil.copytree(HERE / "communs", place / "communs")
    kept = {
        "champs": ("mco", "smr"),
        "sources": ("sae", "bilan-social", "smr-2025"),
        "restitutions": (
            *("equipements-et-capacites", "ressources-humaines", "ressources-humaines-par-metier"),
            "cartographie-activite-smr",
        ),
    }
    for folder, names in kept.items():
        (place / folder).mkdir()
        for name in names:
            shutil.copy(HERE / folder / f"{name}.yaml", place / folder)
    (place / "sources" / "urgences-locales.yaml").write_text(SOURCE, encoding="utf-8")
    for one in (OF_SOURCE, *restitutions):
        text = yaml.safe_dump(one, allow_unicode=True)
        (place / "restitutions" / f"{one['slug']}.yaml").write_text(text, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return load(written(tmp_path_factory.mktemp("croise"), INVENTED))


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory, books: Catalogue) -> Beside:
    """The served editions of two sources, of establishments of the small country."""
    root = Path(tmp_path_factory.mktemp("sources"))
    place = workspaces.create(root / "espace")
    (root / "MCO_2023r.csv").write_text(BEDS, encoding="utf-8")
    (root / "urgences_2023.csv").write_text(WAITS, encoding="utf-8")
    (root / "effectifs_2023.csv").write_text(DOCTORS, encoding="utf-8")
    wanted = [books.source(name).attendu for name in ("sae", "urgences-locales")]
    assert receive(place, [*root.glob("*_2023*.csv")], published=wanted).clean
    opened = {}
    for name in ("sae", "urgences-locales"):
        build_published(place, books, name, name=name)
        opened[name] = open_edition(place.editions, name, settings=place.settings, public=True)
    return opened.get


def ask(edition: Edition, books: Catalogue, sources: Beside, slug: str = "sejours-et-lits", **criteria: str) -> Table:
    scope = OPEN if edition.public else SECURE
    query = parse(criteria.items(), books.restitution(slug), edition, scope)
    return answer(query, scope, books, edition, sources=sources)


def column(table: Table, name: str) -> dict[str, object]:
    """The cells of a column by FINESS ("" for the total): the figure where it is exact, else its state."""
    codes = next(label.values for label in table.labels if label.name == "finess")
    for label in table.labels:
        if label.name == name:
            return dict(zip(codes, map(str, label.values), strict=True))
    own = next(figure for figure in table.figures if figure.name == name)
    cells = [rounded(own, row) if state is State.EXACT else state.value for row, state in enumerate(own.states)]
    return dict(zip(codes, cells, strict=True))


# what is joined ---------------------------------------------------------------------------------------------------


def test_a_restitution_invented_in_yaml_crosses_two_sources(
    edition: Edition, books: Catalogue, sources: Beside
) -> None:
    table = ask(edition, books, sources, annee="2023")
    beds = column(table, "lits_mco")
    assert beds["290000001"] == 15, "the sum of its sites"
    assert beds["290000002"] == 8, "its own code"
    assert beds["290000003"] == "indisponible", "one of its sites lacks it"
    assert beds["290000004"] == "indisponible", "it is not there"
    assert beds[""] == "indisponible", "some of the rows lack it"
    occupation = column(table, "occupation_site")
    assert occupation["290000001"] == "indisponible", "what does not add up is of one site alone"
    assert occupation["290000002"] == 95.0
    assert occupation["350000001"] == "sans_objet", "no bed could be occupied"
    classes = column(table, "classe_attente")
    assert (classes["290000001"], classes["290000002"], classes["290000004"]) == ("B", "A", "non disponible")
    doctors = column(table, "medecins")
    assert (doctors["290000001"], doctors["290000004"]) == (31, 6)
    assert doctors["290000002"] == "indisponible", "the other file of the source has it, this one does not"
    stays = column(table, "sejours_hc")
    ratio = column(table, "sejours_par_lit")
    assert ratio["290000001"] == pytest.approx(round(float(str(stays["290000001"])) / 15, 1))
    assert ratio["350000001"] == "sans_objet", "no bed"
    nights = float(str(stays["290000002"])) * float(str(column(table, "dms_hc")["290000002"]))
    assert column(table, "occupation")["290000002"] == pytest.approx(round(100 * nights / (8 * 365), 1))
    assert set(table.beside) == {"sae", "urgences-locales"}


def test_a_total_is_the_sum_of_rows_that_all_have_it(edition: Edition, books: Catalogue, sources: Beside) -> None:
    table = ask(edition, books, sources, annee="2023", panier="290000001,290000002")
    assert column(table, "lits_mco")[""] == 23
    assert column(table, "occupation_site")[""] == "indisponible"


def test_the_nearest_year_before_is_taken_and_said(edition: Edition, books: Catalogue, sources: Beside) -> None:
    after = ask(edition, books, sources, annee="2024")
    assert column(after, "lits_mco")["290000001"] == 15
    assert any("2024 : les chiffres croisés sont de 2023" in note for note in map(str, after.notes))
    nights = float(str(column(after, "sejours_hc")["290000002"])) * float(str(column(after, "dms_hc")["290000002"]))
    assert column(after, "occupation")["290000002"] == pytest.approx(round(100 * nights / (8 * 366), 1))
    before = ask(edition, books, sources, annee="2022")
    assert set(column(before, "lits_mco").values()) == {"indisponible"}
    assert any("n'a ni 2022 ni une année d'avant" in note for note in map(str, before.notes))
    both = ask(edition, books, sources, annee="2022,2023", etablissement="290000001")
    own = next(figure for figure in both.figures if figure.name == "lits_mco")
    years = next(label.values for label in both.labels if label.name == "annee")
    assert dict(zip(years, own.values, strict=True)) == {"2022": None, "2023": 15}


def test_without_an_edition_of_the_source_the_rest_of_the_table_stands(
    edition: Edition, books: Catalogue, sources: Beside
) -> None:
    table = ask(edition, books, nothing_beside, annee="2023")
    restitution = books.restitution("sejours-et-lits")
    assert set(column(table, "lits_mco").values()) == {"indisponible"}
    assert set(column(table, "sejours_par_lit").values()) == {"indisponible"}
    assert any("aucune édition n'en est publiée" in note for note in map(str, table.notes))
    full = ask(edition, books, sources, annee="2023")
    assert bare(table, restitution).figures == bare(full, restitution).figures


def test_a_comparison_keeps_what_is_crossed_of_its_own_rows(
    edition: Edition, books: Catalogue, sources: Beside
) -> None:
    for kind, criteria in (("n-1", {}), ("france", {"zone": "departement:29"})):
        table = ask(edition, books, sources, annee="2023", comparer=kind, **criteria)
        assert column(table, "lits_mco")["290000001"] == 15
        own = next(figure for figure in table.figures if figure.name == "lits_mco")
        totals = {s for s, of in zip(own.states, table.kinds, strict=True) if of == "total"}
        assert totals == {State.NOT_AVAILABLE}
        assert len({figure.name for figure in table.figures}) == len(table.figures)


# what is not given away -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("criteria", [{}, {"activite": "racine:04M05"}, {"activite": "cas:C"}, {"zone": "region:53"}])
def test_crossing_gives_no_masked_figure_away(
    criteria: dict[str, str], public: Edition, books: Catalogue, sources: Beside
) -> None:
    """The open answer is that of before, and a ratio is made of nothing but exact cells of it, as they are shown."""
    restitution, asked = books.restitution("sejours-et-lits"), {"annee": "2023", **criteria}
    table = ask(public, books, sources, **asked)
    alone = bare(table, restitution)
    assert alone.figures == bare(ask(public, books, nothing_beside, **asked), restitution).figures
    columns = {figure.name: figure for figure in table.figures}
    hidden = 0
    for ratio in restitution.rapports:
        for row, state in enumerate(columns[ratio.nom].states):
            parts = [columns[name] for name in ratio.de]
            exact = all(part.states[row] is State.EXACT for part in parts)
            hidden += not exact and parts[-1].states[row] is State.EXACT
            assert exact or state is not State.EXACT
            assert not columns[ratio.nom].estimates, "what is approached gives no ratio"
            if state is State.EXACT:
                assert _made_of_what_is_shown(ratio.nom, columns, row)
    assert hidden, "nothing was masked beside known beds: this proves nothing"


def _made_of_what_is_shown(name: str, columns: dict[str, Measured], row: int) -> bool:
    stays, beds = (float(rounded(columns[of], row) or 0) for of in ("sejours_hc", "lits_mco"))
    nights = stays * float(rounded(columns["dms_hc"], row) or 0)
    wanted = stays / beds if name == "sejours_par_lit" else 100 * nights / (365 * beds)
    return columns[name].values[row] == pytest.approx(wanted)


# who may be told --------------------------------------------------------------------------------------------------

STAFF = {"source": "bilan-social", "mesure": "etp_medicaux"}


def refused(tmp_path: Path, **changes: object) -> str:
    with pytest.raises(SanoscopeError) as error:
        load(written(tmp_path, {**INVENTED, "rapports": [], **changes}))
    assert error.value.code == "catalogue-invalide"
    return error.value.message


def test_a_source_of_rights_is_crossed_for_its_own_readers_alone(tmp_path: Path) -> None:
    said = refused(tmp_path / "libre", indicateurs=[STAFF])
    assert "etp_medicaux (bilan-social) y serait dit à d'autres lecteurs que ceux de ressources-humaines" in said
    assert "autres lecteurs" in refused(tmp_path / "domaine", indicateurs=[STAFF], acces="identifie", domaine="qualite")
    criteria = {**INVENTED["criteres"], "zone": "residence"}  # type: ignore[dict-item]
    by_residence = {"indicateurs": [STAFF], "acces": "identifie", "domaine": "rh", "criteres": criteria}
    assert "autres lecteurs" in refused(tmp_path / "residence", **by_residence)
    right = {**INVENTED, "rapports": [], "indicateurs": [STAFF], "acces": "identifie", "domaine": "rh"}
    assert load(written(tmp_path / "bien", right)).restitution("sejours-et-lits").acces == "identifie"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"indicateurs": [{"source": "smr-2025", "mesure": "journees"}], "rapports": []},
            "n'est pas une source d'indicateurs",
        ),
        ({"indicateurs": [{"source": "sae", "mesure": "lits"}], "rapports": []}, "« sae » n'a pas lits"),
        ({"indicateurs": [{"source": "sae", "mesure": "lits_mco", "nom": "sejours"}]}, "sejours y est deux fois"),
        ({"indicateurs": []}, "rapports : ils vont avec des indicateurs"),
        ({"lignes": ["finess", "cas"]}, "dont les lignes sont [finess]"),
        ({"criteres": {"annee": "une", "zone": "etablissement"}}, "sans mois ni précédente"),
        ({"rapports": [{**INVENTED["rapports"][0], "denominateur": "lits"}]}, "lits n'est ni une mesure"),  # type: ignore[index]
        ({"rapports": [{**INVENTED["rapports"][0], "denominateur": "classe_attente"}]}, "est une classe"),  # type: ignore[index]
    ],
)
def test_a_crossing_that_means_nothing_is_refused(changes: dict[str, object], said: str, tmp_path: Path) -> None:
    with pytest.raises(SanoscopeError) as error:
        load(written(tmp_path, {**INVENTED, **changes}))
    assert said in error.value.message


# what is filtered -------------------------------------------------------------------------------------------------


def test_rows_are_kept_by_what_they_show_of_a_crossed_column(
    edition: Edition, books: Catalogue, sources: Beside
) -> None:
    whole = ask(edition, books, sources, annee="2023")
    for seuil, wanted in (
        ("lits_mco:8-15", {"290000001", "290000002"}),
        ("lits_mco:9-29", {"290000001"}),
        ("lits_mco:30-", {"290000006", "290000007", "350000003", "350000005"}),
        ("lits_mco:-8", {"290000002", "350000001"}),
        ("classe_attente:a", {"290000002"}),
        ("lits_mco:8-,classe_attente:B", {"290000001"}),
        ("lits_mco:1000-", set()),
    ):
        table = ask(edition, books, sources, annee="2023", seuil=seuil)
        found = column(table, "sejours")
        assert set(found) == wanted, "no total is left: it is of all rows"
        assert found == {code: of for code, of in column(whole, "sejours").items() if code in wanted}
        assert any("écartées parce que leur chiffre n'est pas connu" in note for note in map(str, table.notes))
        assert parse_again(edition, books, table) == table.query
    assert (
        "seuil=classe_attente:A,lits_mco:8-15.5"
        in ask(edition, books, sources, seuil="lits_mco:08-15.50, classe_attente:a").query
    )
    assert "Lits en tout : de 8 à 15" in str(ask(edition, books, sources, seuil="lits_mco:8-15").title)


def parse_again(edition: Edition, books: Catalogue, table: Table) -> str:
    return parse(parse_qsl(table.query), books.restitution("sejours-et-lits"), edition, SECURE).canonical


def test_a_filter_says_nothing_of_what_is_masked(public: Edition, books: Catalogue, sources: Beside) -> None:
    """"""
    asked = {"annee": "2023", "activite": "racine:15M05"}
    whole = ask(public, books, sources, **asked)
    shown = column(whole, "sejours_par_lit")
    masked = {code for code, of in shown.items() if isinstance(of, str)} - {""}
    assert {of for code, of in shown.items() if code in masked} & {"secret", "masque"}, "this proves nothing"
    for low, high in ((None, 0), (0, None), (None, 1), (0, 1_000_000)):
        bounds = "-".join("" if bound is None else str(bound) for bound in (low, high))
        table = ask(public, books, sources, **asked, seuil=f"sejours_par_lit:{bounds}")
        wanted = {
            code
            for code, of in shown.items()
            if code and isinstance(of, int | float) and (low is None or of >= low) and (high is None or of <= high)
        }
        assert set(column(table, "sejours")) == wanted
        for figure in table.figures:
            before = column(whole, figure.name)
            assert column(table, figure.name) == {code: before[code] for code in wanted}
        assert "total" not in table.kinds


@pytest.mark.parametrize(
    ("seuil", "said"),
    [
        ("lits:1-2", "seuil : « lits:1-2 » n'est pas admis"),
        ("sejours:1-11", "seuil : « sejours:1-11 » n'est pas admis"),
        ("lits_mco:-", "n'est pas admis"),
        ("lits_mco:9-8", "n'est pas admis"),
        ("lits_mco:A", "n'est pas admis"),
        ("lits_mco", "n'est pas admis"),
        ("lits_mco:1e99-", "n'est pas admis"),
        ("classe_attente:D", "n'est pas admis"),
        ("classe_attente:1-2", "n'est pas admis"),
        ("lits_mco:1-,lits_mco:-2", "donnée deux fois"),
    ],
)
def test_a_threshold_that_means_nothing_is_refused_by_name(
    seuil: str, said: str, edition: Edition, books: Catalogue, sources: Beside
) -> None:
    with pytest.raises(CriterionError) as error:
        ask(edition, books, sources, seuil=seuil)
    assert said in error.value.message
    assert error.value.criterion == "seuil"
    query = {"annee": "2023", "seuil": "lits_mco:1-"}
    with pytest.raises(CriterionError) as unknown:
        parse(query.items(), books.restitution("cartographie-activite-smr"), edition, SECURE)
    assert unknown.value.code == "critere-inconnu"


# what is served ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(small: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Service:
    """The small country, and no source yet."""
    place = workspaces.create(Path(tmp_path_factory.mktemp("servi")) / "espace")
    shutil.copytree(small.editions, place.editions, symlinks=True, dirs_exist_ok=True)
    return Service(place, catalogue())


def test_an_answer_follows_the_source_that_is_published_beside_it(served: Service, tmp_path: Path) -> None:
    pairs = [("annee", "2023"), ("edition", "petite")]
    before = served.ask("ip-dms-et-occupation-mco", pairs, OPEN)[1]
    assert set(column(before, "lits_mco").values()) == {"indisponible"}
    for beds in ("10", "12"):
        (tmp_path / "MCO_2023r.csv").write_text(BEDS.replace("NORD;290000001;10", f"NORD;290000001;{beds}"))
        assert receive(served.workspace, [tmp_path / "MCO_2023r.csv"], published=[catalogue().source("sae").attendu])
        build_published(served.workspace, catalogue(), "sae", name=f"sae-{beds}")
        publication.publish(served.workspace.editions, f"sae-{beds}")
        after = served.ask("ip-dms-et-occupation-mco", pairs, OPEN)[1]
        assert column(after, "lits_mco")["290000001"] == int(beds) + 5
        assert after.beside == (f"sae-{beds}",)
    asked = "/restitutions/ip-dms-et-occupation-mco{}?annee=2023&seuil=lits_mco:10-29&edition=petite"
    with TestClient(create_app(served.workspace)) as client:
        form = client.get(asked.format("/formulaire")).text
        assert re.search(r'<input type="text" id="seuil" name="seuil" value="lits_mco:10-29"', form)
        assert "<code>lits_mco</code> : Lits en tout" in form
        page = client.get(asked.format(""))
        assert "seuil=lits_mco:10-29" in page.text
        assert "290000001" in page.text
        assert "290000002" not in page.text.split("<tbody")[1].split("</tbody")[0]
        told = client.get("/api/v1" + asked.format("/donnees"))
        assert [row["finess"] for row in told.json()["lignes"]] == ["290000001"]
        assert "immutable" not in told.headers["Cache-Control"], "the source beside it may be published again"
        assert "seuil=lits_mco:10-29" in told.headers["Link"]
        drawn = client.get(asked.format("/graphique.svg") + "&genre=nuage-croise")
        assert drawn.status_code == 200, drawn.text
        assert " style=" not in drawn.text
        assert "Indicateurs : édition sae-12." in unescape(drawn.text)
        refused = client.get("/api/v1" + asked.format("/donnees").replace("lits_mco:10-29", "lits:10-29"))
        assert (refused.status_code, refused.json()["code"]) == (400, "valeur-inconnue")
        assert "lits_mco:MIN-MAX" in refused.json()["admis"]
