"""The catalogue is DCAT-AP, page after page, as harvesters read it; names lead where their reader wants to go."""

from collections.abc import Callable
from pathlib import Path

import pyshacl
import pytest
from fastapi.testclient import TestClient
from rdflib import RDF, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS
from rdflib.term import Node

from sanoscope.present.exports import FORMATS
from sanoscope.query.service import Service
from sanoscope.web.app import create_app
from sanoscope.web.dcat import DCAT, FILE_TYPES, HYDRA, Described, answered, entry, listed
from sanoscope.web.linked import PER_PAGE, preferred
from sanoscope.workspace import Workspace

SHAPES = Path(__file__).parent / "formes-dcat-ap.ttl"
PARSED = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml"}
UDATA = ((HYDRA.PartialCollectionView, HYDRA.next), (HYDRA.PagedCollection, HYDRA.nextPage))
"""The kinds of pages that udata knows, in its order, and what it follows of each."""

CKAN = ((HYDRA.PagedCollection, HYDRA.next),)

Ask = Callable[[str], bytes]


@pytest.fixture(scope="module")
def client(whole: Workspace) -> TestClient:
    return TestClient(create_app(whole))


@pytest.fixture(scope="module")
def service(client: TestClient) -> Service:
    found: Service = client.app.state.service  # type: ignore[attr-defined]
    return found


@pytest.fixture(scope="module")
def pages(client: TestClient) -> list[Graph]:
    """The pages of the catalogue, as udata finds them."""
    return walked(client, "/catalogue.ttl", UDATA)


def walked(client: TestClient, url: str, known: tuple[tuple[URIRef, URIRef], ...]) -> list[Graph]:
    """Follow pages as a harvester does: each is read alone; of the first kind of page that it has, the next one."""
    form = PARSED[url.rpartition(".")[2]]
    found = []
    while url:
        answer = client.get(url)
        assert answer.status_code == 200, answer.text
        page = Graph().parse(data=answer.text, format=form)
        found.append(page)
        url = ""
        for kind, follows in known:
            if (None, RDF.type, kind) in page:
                following = page.value(page.value(predicate=RDF.type, object=kind), follows)
                url = str(following or "")
                break
    return found


def harvested(page: Graph) -> dict[str, Node]:
    """Return the datasets that udata takes from a page, by identifier: it takes whatever is one there."""
    return {str(page.value(node, DCTERMS.identifier)): node for node in page.subjects(RDF.type, DCAT.Dataset)}


def test_a_harvester_finds_each_open_restitution_once(pages: list[Graph], service: Service) -> None:
    names = [name for page in pages for name in harvested(page)]
    assert names == sorted(set(names), key=names.index)
    assert set(names) == {f"http://testserver/id/restitutions/{one.slug}" for one in listed(service)}
    assert len(names) > 90
    assert [len(harvested(page)) for page in pages[:-1]] == [PER_PAGE] * (len(pages) - 1)
    closed = [one.slug for one in service.catalogue.restitutions.values() if one.acces != "libre"]
    assert closed
    said = {str(part) for page in pages for triple in page for part in triple}
    assert not {f"http://testserver/id/restitutions/{slug}" for slug in closed} & said


def test_what_a_harvester_takes_of_a_dataset_is_what_it_needs(pages: list[Graph], service: Service) -> None:
    for page in pages:
        for name, node in harvested(page).items():
            slug = name.rpartition("/")[2]
            taken = page.resource(node)
            title = taken.value(DCTERMS.title)  # the first there is, whatever its language
            assert str(title) == service.catalogue.restitution(slug).titre
            assert {one.language for one in page.objects(node, DCTERMS.description)} >= {"fr"}  # type: ignore[union-attr]
            assert not isinstance(page.value(node, DCTERMS.temporal), URIRef)  # which it would go and fetch
            for file in page.objects(node, DCAT.distribution):
                assert page.value(file, DCAT.downloadURL) or page.value(file, DCAT.accessURL)
                assert page.value(file, DCAT.accessService) is None  # it would be an API, and the service no service
    services = [node for page in pages for node in page.subjects(RDF.type, DCAT.DataService)]
    assert services == [URIRef("http://testserver/api/v1")]
    served = set(pages[0].objects(services[0], DCAT.servesDataset))
    assert served == {node for page in pages for node in harvested(page).values()}


def test_the_whole_catalogue_is_dcat_ap(pages: list[Graph], service: Service) -> None:
    described = Described(service, "http://testserver")
    known = service.editions()
    for restitution in listed(service):
        one = entry(service, restitution, "http://testserver", known)
        for manifest in one.versions:
            edition = service.answering(restitution, manifest.nom)
            described.version(one, edition, asked=answered(service, restitution, manifest.nom))
    together = described.graph
    for page in pages:
        together += page
    shapes = Graph().parse(SHAPES)
    conforms, _, told = pyshacl.validate(together, shacl_graph=shapes)
    assert conforms, told[:3000]
    assert len(set(together.objects(None, DCAT.hasVersion))) > 90


def test_what_is_not_dcat_ap_is_found(client: TestClient) -> None:
    """The shapes are no judges if they take anything."""
    together = Graph()
    for path in ("casemix-mco", "casemix-mco/editions/petite"):
        together.parse(data=client.get(f"/catalogue/{path}.ttl").text, format="turtle")
    shapes = Graph().parse(SHAPES)
    assert pyshacl.validate(together, shacl_graph=shapes)[0]
    broken = (
        (DCAT.keyword, None),
        (DCTERMS.accrualPeriodicity, URIRef("http://purl.org/cld/freq/weekly")),
        (DCTERMS.publisher, Literal("Sanoscope")),
    )
    name = URIRef("http://testserver/id/restitutions/casemix-mco")
    for predicate, value in broken:
        before = list(together.objects(name, predicate))
        together.remove((name, predicate, None))
        if value:
            together.add((name, predicate, value))
        assert not pyshacl.validate(together, shacl_graph=shapes)[0], predicate
        together.remove((name, predicate, None))
        for one_before in before:
            together.add((name, predicate, one_before))


def test_the_forms_say_the_same(client: TestClient, pages: list[Graph]) -> None:
    for extension in ("jsonld", "rdf"):
        form = PARSED[extension]
        read = Graph().parse(data=client.get(f"/catalogue.{extension}?page=2").text, format=form)
        unpaged = {t for t in read if "page=" not in str(t[0]) + str(t[2]) and not _blank(t)}
        assert unpaged == {t for t in pages[1] if "page=" not in str(t[0]) + str(t[2]) and not _blank(t)}
        title = read.resource(URIRef("http://testserver/id/restitutions/casemix-mco")).value(DCTERMS.title)
        assert str(title) == "Casemix MCO"
        (following,) = read.objects(None, HYDRA.next)
        assert str(following) == f"http://testserver/catalogue.{extension}?page=3"


def test_ckan_follows_the_same_pages(client: TestClient, pages: list[Graph]) -> None:
    assert len(walked(client, "/catalogue.ttl", CKAN)) == len(pages)


def _blank(triple: tuple[Node, Node, Node]) -> bool:
    return not all(isinstance(part, URIRef | Literal) for part in triple)


def test_every_format_is_a_file_type_or_no_file(pages: list[Graph], client: TestClient) -> None:
    assert {*FORMATS} - {*FILE_TYPES} <= {"arrow"}
    page = pages[0]
    for node in list(harvested(page).values())[1:2]:
        for file in page.objects(node, DCAT.distribution):
            answer = client.get(str(page.value(file, DCAT.downloadURL)))
            media = str(page.value(file, DCAT.mediaType)).partition("media-types/")[2]
            assert answer.headers["content-type"].startswith(media)


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", "text/turtle"),
        ("*/*", "text/turtle"),
        ("application/ld+json", "application/ld+json"),
        ("text/turtle;q=0.1, application/rdf+xml", "application/rdf+xml"),
        ("text/html", ""),
        ("image/png", "application/problem+json"),
    ],
)
def test_the_catalogue_is_given_as_it_is_accepted(client: TestClient, accept: str, media: str) -> None:
    answer = client.get("/catalogue", headers={"Accept": accept}, follow_redirects=False)
    assert answer.headers.get("content-type", "").partition(";")[0] == media
    expected = {"": (303, "http://testserver/restitutions"), "application/problem+json": (406, None)}
    assert (answer.status_code, answer.headers.get("location")) == expected.get(media, (200, None))
    if answer.status_code != 406:
        assert answer.headers["vary"].startswith("Accept")


def test_what_is_asked_first_by_udata_is_answered(client: TestClient) -> None:
    """It asks the address it is given for its headers, to know the form."""
    assert client.head("/catalogue").headers["content-type"].startswith("text/turtle")
    assert client.head("/catalogue.rdf").headers["content-type"].startswith("application/rdf+xml")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/catalogue.ttl?page=0", 400, "valeur-inconnue"),
        ("/catalogue.ttl?page=deux", 400, "valeur-inconnue"),
        ("/catalogue.ttl?page=99", 404, "page-inconnue"),
        ("/catalogue.n3", 404, "forme-inconnue"),
        ("/catalogue/rien.ttl", 404, "restitution-inconnue"),
        ("/catalogue/medicaments-en-sus-par-etablissement.ttl", 404, "hors-catalogue"),
        ("/catalogue/casemix-mco/editions/rien.ttl", 404, "edition-introuvable"),
        ("/id/restitutions/rien", 404, "restitution-inconnue"),
        ("/id/restitutions/casemix-mco/editions/rien", 404, "edition-introuvable"),
        ("/id/restitutions/casemix-mco/editions/sae", 404, "restitution-absente"),
        ("/id/ailleurs", 404, "page-inconnue"),
    ],
)
def test_what_is_not_there_is_told(client: TestClient, path: str, status: int, code: str) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.json()["code"] == code


@pytest.mark.parametrize(
    ("name", "accept", "there"),
    [
        ("casemix-mco", "text/html", "/restitutions/casemix-mco"),
        ("casemix-mco", "*/*", "/restitutions/casemix-mco"),
        ("casemix-mco", "application/json", "/api/v1/restitutions/casemix-mco"),
        ("casemix-mco", "text/turtle", "/catalogue/casemix-mco.ttl"),
        ("casemix-mco/editions/petite", "text/html", "/restitutions/casemix-mco?edition=petite"),
        (
            "casemix-mco/editions/petite?annee=2023&zone=departement:29",
            "application/json",
            "/api/v1/restitutions/casemix-mco/donnees?annee=2023&zone=departement:29&edition=petite",
        ),
        (
            "casemix-mco/editions/petite?annee=2023",
            "application/ld+json",
            "/catalogue/casemix-mco/editions/petite.jsonld",
        ),
    ],
)
def test_a_name_leads_where_its_reader_wants_to_go(client: TestClient, name: str, accept: str, there: str) -> None:
    address = f"/id/restitutions/{name}"
    answer = client.get(address, headers={"Accept": accept}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"http://testserver{there}"
    assert answer.headers["vary"].startswith("Accept")
    assert client.get(address, headers={"Accept": accept}).status_code == 200


def test_a_version_is_described_with_files_that_never_change(client: TestClient) -> None:
    name = "http://testserver/id/restitutions/casemix-mco/editions/petite"
    read = Graph().parse(data=client.get(name, headers={"Accept": "text/turtle"}).text, format="turtle")
    node = URIRef(name)
    assert (node, RDF.type, DCAT.Dataset) in read
    assert read.value(node, DCAT.isVersionOf) == URIRef("http://testserver/id/restitutions/casemix-mco")
    titles = {t.language: str(t) for t in read.objects(node, DCTERMS.title) if isinstance(t, Literal)}
    assert titles["fr"] == "Casemix MCO, édition petite"
    assert set(titles) == {"fr", "en"}
    files = [read.value(file, DCAT.downloadURL) for file in read.objects(node, DCAT.distribution)]
    assert len(files) == len({*FORMATS} & {*FILE_TYPES})
    answer = client.get(str(next(url for url in files if str(url).endswith("=csv"))))
    assert "immutable" in answer.headers["cache-control"]


def test_nothing_published_is_an_empty_catalogue(workspace: Workspace) -> None:
    answer = TestClient(create_app(workspace)).get("/catalogue.ttl")
    read = Graph().parse(data=answer.text, format="turtle")
    assert list(read.subjects(RDF.type, DCAT.Catalog))
    assert not harvested(read)


def test_a_weight_that_is_no_number_weighs_nothing() -> None:
    assert preferred("text/turtle;q=beaucoup", ("text/turtle",)) == ""
    assert preferred("text/*;q=0.2, */*;q=0.1", ("application/json", "text/html")) == "text/html"
