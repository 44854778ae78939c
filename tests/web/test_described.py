"""What describes an answer to programs is what the answer is: others' readers take every open restitution's files."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from citeproc import (
    Citation,
    CitationItem,
    CitationStylesBibliography,
    CitationStylesStyle,
    formatter,
)
from citeproc.source.json import CiteProcJSON
from csvw import CSVW
from fastapi.testclient import TestClient
from frictionless import Package

from sanoscope import workspace as workspaces
from sanoscope.present.licences import LICENCES
from sanoscope.query.service import Service
from sanoscope.query.table import State
from sanoscope.web.app import create_app
from sanoscope.web.dcat import answered, listed
from sanoscope.workspace import Workspace

ASKED = {
    "actes-ccam-par-etablissement": "etablissement=290000017",
    "hospidiag": "etablissement=290000017",
    "parts-de-marche-hospi-diag": "etablissement=290000017",
}
"""The criteria of the restitutions that are not answered without."""

CASEMIX = "/api/v1/restitutions/casemix-mco"
QUESTION = "annee=2023&zone=departement:29"

STYLE = """<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0" default-locale="fr-FR">
<info><title>Essai</title><id>essai</id><updated>2024-01-01T00:00:00+00:00</updated></info>
<citation><layout><text variable="title"/></layout></citation>
<bibliography><layout suffix=".">
<names variable="author" suffix=". "><name/></names><text variable="title" font-style="italic"/>
<text variable="version" prefix=" (édition " suffix=")"/><text variable="publisher" prefix=". "/>
<date variable="issued" prefix=", "><date-part name="year"/></date><text variable="URL" prefix=". "/>
<date variable="accessed" prefix=" [lu en "><date-part name="year" suffix="]"/></date>
</layout></bibliography></style>"""


@pytest.fixture(scope="module")
def client(small: Workspace) -> TestClient:
    return TestClient(create_app(small))


@pytest.fixture(scope="module")
def packages(whole: Workspace, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The package of each open restitution, unpacked: its default question, or that of `ASKED`."""
    app, found = create_app(whole), {}
    service: Service = app.state.service
    asking = TestClient(app)
    for restitution in listed(service):
        slug = restitution.slug
        assert answered(service, restitution) == (slug not in ASKED), slug
        answer = asking.get(f"/api/v1/restitutions/{slug}/donnees?format=paquet&{ASKED.get(slug, '')}")
        assert answer.status_code == 200, answer.text
        found[slug] = tmp_path_factory.mktemp("paquet")
        zipfile.ZipFile(io.BytesIO(answer.content)).extractall(found[slug])
    return found


def test_frictionless_and_csvw_read_the_files_of_every_open_restitution(packages: dict[str, Path]) -> None:
    assert len(packages) > 90
    wrong, keys = [], 0
    for slug, folder in packages.items():
        report = Package.from_descriptor(str(folder / "datapackage.json")).validate()
        wrong += [f"{slug}, Frictionless : {error}" for error in report.flatten(["rowNumber", "fieldName", "note"])[:3]]
        (metadata,) = folder.glob("*.csv-metadata.json")
        read = CSVW(str(metadata), validate=True)
        (table,) = read.tables
        rows = list(table)
        if not read.is_valid:
            wrong.append(f"{slug}, CSVW")
        types = {c.name: c.datatype.base if c.datatype else "" for c in table.tableSchema.columns}
        figures = [name for name in types if f"{name}_etat" in types]
        assert figures or "transmissions" in slug, slug
        for row in rows:
            for name in figures:
                exact = row[f"{name}_etat"] == State.EXACT.value
                assert (row[name] is not None) == exact, (slug, name)
                assert row[name] is None or isinstance(row[name], {"integer": int, "double": float}[types[name]])
        keys += "primaryKey" in json.loads(metadata.read_text())["tableSchema"]
    assert not wrong, "\n".join(wrong[:10])
    assert keys > 10


def test_what_is_wrong_in_a_file_is_found(packages: dict[str, Path], tmp_path: Path) -> None:
    """The two readers are no judges if they take anything."""
    for path in packages["cartographie-activite-mco"].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (data,) = tmp_path.glob("*.csv")
    data.write_text(data.read_text().replace(",exact", ",exacte", 1))
    descriptor = json.loads((tmp_path / "datapackage.json").read_text())
    for name in ("bytes", "hash"):
        del descriptor["resources"][0][name]
    (tmp_path / "datapackage.json").write_text(json.dumps(descriptor))
    errors = Package.from_descriptor(str(tmp_path / "datapackage.json")).validate().flatten(["type"])
    assert ["constraint-error"] in errors
    assert not CSVW(f"{data}-metadata.json", validate=True).is_valid


def test_a_package_says_what_it_is(client: TestClient) -> None:
    path = f"{CASEMIX}/donnees?{QUESTION}&format=paquet"
    first, again = client.get(path), client.get(path)
    assert first.content == again.content
    package = zipfile.ZipFile(io.BytesIO(first.content))
    assert package.namelist() == [
        "casemix-mco_2023.csv",
        "casemix-mco_2023.csv-metadata.json",
        "datapackage.json",
        "CITATION.bib",
        "LISEZMOI.md",
    ]
    assert package.read("casemix-mco_2023.csv") == client.get(f"{CASEMIX}/donnees?{QUESTION}&format=csv").content
    told = package.read("LISEZMOI.md").decode()
    for said in ("# Casemix MCO", "Édition : petite", "`exact` : Valeur exacte.", "Licence Ouverte", "## Définitions"):
        assert said in told
    assert "http://testserver/id/restitutions/casemix-mco/editions/petite?annee=2023" in told
    assert {info.date_time[0] for info in package.infolist()} == {int(told.split("(en cours), ")[1][:4])}
    english = client.get(f"/en/restitutions/casemix-mco/donnees?{QUESTION}&format=paquet")
    read = zipfile.ZipFile(io.BytesIO(english.content)).read
    assert "## Definitions" in read("LISEZMOI.md").decode()
    assert json.loads(read("casemix-mco_2023.csv-metadata.json"))["@context"][1] == {"@language": "en"}


def test_the_columns_described_are_those_of_the_file(client: TestClient) -> None:
    answer = client.get(f"{CASEMIX}/donnees?{QUESTION}&format=csv")
    header = next(csv.reader(io.StringIO(answer.text)))
    links = dict(_links(answer.headers["Link"]))
    columns = client.get(links["application/csvm+json"])
    package = client.get(links["application/vnd.datapackage+json"])
    assert columns.headers["content-type"] == "application/csvm+json"
    told = columns.json()
    assert [column["titles"][0] for column in told["tableSchema"]["columns"]] == header
    at = columns.url.join(told["url"])
    assert client.get(str(at)).content == answer.content
    described = package.json()
    (resource,) = described["resources"]
    assert [field["name"] for field in resource["schema"]["fields"]] == header
    assert client.get(resource["path"]).content == answer.content
    assert described["version"] == "petite"
    assert described["licenses"][0]["name"] == "etalab-2.0"
    states = next(f for f in resource["schema"]["fields"] if f["name"] == "sejours_etat")
    assert states["constraints"]["enum"] == [state.value for state in State]


def _links(header: str) -> Iterator[tuple[str, str]]:
    for link in header.split(", <"):
        if 'rel="describedby"' in link:
            yield link.split('type="')[1].rstrip('"'), link.partition(">")[0].lstrip("<")


def test_a_source_keeps_its_licence_and_is_named(whole: Workspace) -> None:
    told = TestClient(create_app(whole)).get("/api/v1/restitutions/equipements-et-capacites/datapackage").json()
    assert told["licenses"] == [
        {"name": "etalab-2.0", "path": LICENCES["etalab-2.0"].address, "title": LICENCES["etalab-2.0"].title}
    ]
    assert told["sources"][0]["path"].startswith("http")


def test_terms_that_are_no_known_licence_are_told_as_they_are(packages: dict[str, Path]) -> None:
    told = [json.loads((folder / "datapackage.json").read_text()) for folder in packages.values()]
    said = {one.get("conditions", "") for one in told if "licenses" not in one}
    assert "propre à qui les transmet" in said
    assert "" not in said


def test_who_publishes_and_the_licence_are_settings(small: Workspace, tmp_path: Path) -> None:
    place = workspaces.create(tmp_path / "espace")
    text = (place.root / "sanoscope.toml").read_text()
    text = text.replace('editeur = "Sanoscope"', 'editeur = "Une agence"').replace('"etalab-2.0"\n', '"CC-BY-4.0"\n')
    text = text.replace('adresse = ""', 'adresse = "https://stats.exemple.fr"')
    (place.root / "sanoscope.toml").write_text(text)
    place.editions.rmdir()
    place.editions.symlink_to(small.editions)
    told = TestClient(create_app(workspaces.load(place.root))).get(f"{CASEMIX}/datapackage?{QUESTION}").json()
    assert told["contributors"] == [{"title": "Une agence", "role": "publisher"}]
    assert told["licenses"][0]["name"] == "CC-BY-4.0"
    assert told["id"].startswith("https://stats.exemple.fr/id/restitutions/casemix-mco/editions/petite?annee=2023")
    assert tuple(LICENCES) == workspaces.LICENCES[1:]


@pytest.mark.parametrize("name", ["texte", "bibtex", "csl-json"])
def test_an_answer_is_cited_pinned_to_its_edition(client: TestClient, name: str) -> None:
    answer = client.get(f"{CASEMIX}/citation?{QUESTION}&format={name}")
    assert "http://testserver/restitutions/casemix-mco?annee=2023" in answer.text
    assert "edition=petite" in answer.text
    assert "Casemix MCO" in answer.text


def test_a_citation_is_rendered_by_a_csl_processor(client: TestClient) -> None:
    items: list[dict[str, Any]] = client.get(f"{CASEMIX}/citation?{QUESTION}&format=csl-json").json()
    style = CitationStylesStyle(io.StringIO(STYLE), validate=False)
    bibliography = CitationStylesBibliography(style, CiteProcJSON(items), formatter.plain)
    bibliography.register(Citation([CitationItem(items[0]["id"])]))
    (line,) = map(str, bibliography.bibliography())
    assert line.startswith("Sanoscope. Casemix MCO — 2023 — Finistère (29)")
    assert "(édition petite)" in line
    assert "lu en 20" in line
    page = client.get(f"/restitutions/casemix-mco?{QUESTION}&regroupement=racine").text
    assert "application/ld+json" in page
    assert f"&#34;id&#34;: &#34;{items[0]['id']}&#34;" in page


@pytest.mark.parametrize("path", ["csvw?annee=1800", "datapackage?foo=1", "citation?format=apa", "csvw?format=csv"])
def test_what_cannot_be_described_is_refused(client: TestClient, path: str) -> None:
    answer = client.get(f"{CASEMIX}/{path}")
    assert answer.status_code == 400
    assert answer.json()["admis"] or answer.json()["conseil"]


def test_structured_data_is_a_block_of_data_that_ends_where_it_should(client: TestClient) -> None:
    for path, kind in (
        ("/", "DataCatalog"),
        ("/restitutions/casemix-mco", "Dataset"),
        (f"/en/restitutions/casemix-mco?{QUESTION}&regroupement=racine", "Dataset"),
    ):
        page = client.get(path).text
        block = page.split('<script type="application/ld+json">')[1].split("</script>")[0]
        assert not {"<", ">", "&"} & set(block)
        told = json.loads(block)
        assert told["@type"] == kind
        assert told["license"] == LICENCES["etalab-2.0"].address
        assert "&#34;" not in block
    assert told["identifier"].startswith("http://testserver/id/restitutions/casemix-mco/editions/petite?annee=2023")
    files = {one["encodingFormat"]: one["contentUrl"] for one in told["distribution"]}
    assert client.get(files["text/csv"]).status_code == 200
    assert {"name", "description"} <= set(told["variableMeasured"][0])


def examples() -> list[tuple[str, str, list[str]]]:
    """The examples of the page on these standards: what is accepted, the address, what the answer must hold."""
    page = (Path(__file__).parents[2] / "docs" / "normes-catalogue.md").read_text(encoding="utf-8")
    told = re.findall(r"```sh\n([^\n]+)\n```\n\n```text\n(.+?)\n```", page, re.DOTALL)
    assert len(told) == page.count("```sh")
    return [
        (dict(re.findall(r'-H "(\w+): ([^"]+)"', line)).get("Accept", "*/*"), line.split('"$SITE')[1][:-1], text)
        for line, text in ((line, text.splitlines()) for line, text in told)
    ]


@pytest.mark.parametrize(("accept", "path", "lines"), examples())
def test_the_examples_of_the_documentation_hold(client: TestClient, accept: str, path: str, lines: list[str]) -> None:
    site = "http://testserver"
    answer = client.get(path.replace("$SITE", site), headers={"Accept": accept}, follow_redirects=False)
    head = [f"{answer.status_code}", *(f"{name}: {value}" for name, value in answer.headers.items())]
    said = "\n".join([*head, "" if answer.headers.get("content-type") == "application/zip" else answer.text])
    for line in lines:
        assert line.replace("$SITE", site) in said, line
