"""English is whole: every type of page under ``/en`` is walked, and what is read there is English.

French is told by its commonest words and its accents, not by our catalogue of messages; what is marked ``lang="fr"``
(names, labels of nomenclatures) is left aside.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from html import escape, unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import openpyxl
import orjson
import pytest
from fastapi.testclient import TestClient

from sanoscope.access.scope import OPEN
from sanoscope.catalogue.load import catalogue
from sanoscope.present.exports import FORMATS
from sanoscope.query.service import Service
from sanoscope.web.app import create_app
from sanoscope.web.language import language
from sanoscope.web.plan import paths
from sanoscope.workspace import Workspace

WORDS = re.compile(
    r"(?<![\w/=&?.-])(le|la|les|des|du|de|un|une|et|ou|pour|par|dans|sur|avec|est|sont|pas|qui|que|ce|cette|aux|au|"
    r"nombre|toutes|tous|aucun|aucune|voir|valeur|valeurs|lignes|par|effectif|effectifs|inconnu|mois|hommes|femmes|"
    r"secteur|erreur|critère|panier|établissements?|édition|année|années|zone|titre|du|il|elle|n'est|l'\w+|d'\w+)"
    r"(?![\w/=&:-])",
    re.IGNORECASE,
)
ACCENTED = re.compile(r"[\w'-]*[àâçèéêëîïôùûœÀÂÇÉÈÊÎÔ][\w'-]*")
ALLOWED = frozenset({"département", "départements", "département'", "départements'", "français"})
"""Words of English pages that accents do not betray: the département has no English name, quoted too; the switch."""

NAMES = re.compile(
    r"“[^”]*”|Côtes-d'Armor|Finistère|Île-de-France|Auvergne-Rhône-Alpes|Provence-Alpes-Côte d'Azur|Pays de la Loire|"
    r"Centre-Val de Loire|La Réunion|Salazar-González"
)
"""What English quotes: codes and names between its quotation marks, places, authors."""

SAID = ("alt", "title", "placeholder", "aria-label", "data-une", "data-plusieurs", "data-toutes", "data-total", "label")
"""Attributes that are read."""

VOID = frozenset({"meta", "link", "br", "img", "input", "source", "hr", "area", "col", "wbr"})
PLAIN = frozenset({"title", "textarea"})
"""Elements of text alone, which cannot mark the names in it."""
UNREAD = frozenset({"script", "style", "code"})


class Read(HTMLParser):
    """What is read in a page, outside of what says that it is French."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = names
        self._plain = False
        self.texts: list[str] = []
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given, self._plain = dict(attrs), tag in PLAIN
        aside = tag in UNREAD or given.get("lang") == "fr" or given.get("hreflang") == "fr" or any(self._open[-1:])
        if not aside:
            self.texts += [self._without_names(given[name] or "") for name in SAID if name in given]
        if tag not in VOID:
            self._open.append(aside)

    def _without_names(self, text: str) -> str:
        for name in self._names:
            text = text.replace(name, "")
        return text

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._open[-1:]):
            self.texts.append(self._without_names(data) if self._plain else data)


def french_in(html: str, names: Sequence[str] = ()) -> list[str]:
    """Return the texts of a page that are French, each with what tells it; what is text alone may hold names."""
    page = Read(names)
    page.feed(html)
    page.close()
    found = []
    for text in page.texts:
        plain = NAMES.sub("", re.sub(r"https?://\S+|/\S+", "", " ".join(unescape(text).split())))
        words = {*WORDS.findall(plain), *(w for w in ACCENTED.findall(plain) if w.lower() not in ALLOWED)}
        if words or "«" in plain:
            found.append(f"{sorted(words)} : {text.strip()[:160]}")
    return found


@pytest.fixture(scope="module")
def client(small: Workspace) -> TestClient:
    return TestClient(create_app(small))


@pytest.fixture(scope="module")
def service(small: Workspace) -> Service:
    return Service(small, catalogue())


ERRORS = (
    "/nulle-part",
    "/restitutions/inconnue",
    "/restitutions/casemix-mco?annee=1990",
    "/restitutions/casemix-mco?anne=2022",
    "/restitutions/casemix-mco?annee=2022&etablissement=123",
    "/restitutions/casemix-mco?annee=2022&zone=departement:99",
    "/restitutions/casemix-mco?annee=2022&activite=racine:99Z99",
    "/restitutions/casemix-mco?annee=2022&portee=panier",
    "/restitutions/casemix-mco?annee=2022&niveau_zone=region",
    "/restitutions/casemix-mco?annee=2022&niveau_activite=racine&activite=chirurgie",
    "/restitutions/casemix-mco?annee=2022&tri=rien",
    "/restitutions/casemix-mco?annee=2022&comparer=france",
    "/restitutions/casemix-mco?edition=rien",
    "/restitutions/casemix-mco/integrer?annee=1990",
    "/restitutions?champ=rien",
    "/fiches/rien",
    "/fiches/fiche-regionale?region=99",
    "/fiches/fiche-etablissement?etablissement=rien",
    "/fiches/fiche-nationale?edition=rien",
    "/paniers?coche=123",
    "/paniers?region=rien",
    "/paniers?page=rien",
    "/paniers/0123456789abcdef0123456789abcdef",
    "/recherche?q=%3F",
    "/recherche?q=" + "x" * 300,
    "/themes/rien",
    "/nouveautes?theme=rien",
    "/editions/comparer?de=rien&a=petite",
    "/restitutions/casemix-mco?date=hier",
    "/restitutions/casemix-mco?date=2020-01-01",
)
OTHERS = (
    "/restitutions/casemix-mco/formulaire?annee=2022&compter=oui",
    "/restitutions/casemix-mco/zones?niveau_zone=region",
    "/restitutions/casemix-mco/suggestions?activite=chir&niveau_activite=racine",
    "/recherche?q=chirurgie",
    "/recherche?q=zzzzzzzz",
    "/recherche/suggestions?q=casemix",
    "/fiches/fiche-regionale?region=53&annee=2023",
    "/fiches/fiche-ght?ght=GHT%2029&annee=2022",
    "/fiches/statistiques-mco-par-ghm/formulaire?activite=racine:04M05",
    "/paniers?nom=c",
    "/paniers?dans=casemix-mco",
)


def test_french_is_seen() -> None:
    """The oracle can fail."""
    assert french_in("<p>Aucune ligne</p>")
    assert french_in('<p lang="en" title="12 établissements">x</p>')
    assert french_in('<p><span lang="fr">Les lignes</span> du tableau</p>')
    assert not french_in('<p><span lang="fr">Les lignes</span> of the table</p>')
    assert french_in("<p>Édition d5</p>")


@pytest.mark.parametrize("path", [*paths(catalogue()), *ERRORS, *OTHERS])
def test_a_page_is_in_english(client: TestClient, path: str) -> None:
    answer = client.get("/en" + ("" if path == "/" else path))
    assert answer.status_code < 500
    assert answer.headers["content-language"] == "en"
    assert "\n".join(french_in(answer.text)) == ""


def questions(service: Service) -> Iterator[tuple[str, str]]:
    """Yield the questions whose answers are read: by default, with other criteria, with each comparison."""
    for slug, restitution in service.catalogue.restitutions.items():
        if restitution.acces == "libre":
            yield slug, ""
            yield slug, "comparer=n-1"
    finess = sorted(service.edition().finess)
    yield "casemix-mco", "annee=2021,2022"
    yield "casemix-mco", "annee=2022&mois=3&regroupement=cas"
    yield "casemix-mco", f"annee=2022&etablissement={finess[0]}"
    yield "casemix-mco", f"annee=2022&panier={finess[0]},{finess[1]}"
    yield "casemix-mco", "annee=2022&secteur=public"
    yield "cartographie-activite-mco", "annee=2022&zone=departement:29&comparer=region"
    yield "cartographie-activite-mco", "annee=2022&zone=departement:29&comparer=france"
    yield "cartographie-activite-mco", "annee=2022&zone=departement:22"


def test_answers_are_in_english(client: TestClient, service: Service) -> None:
    found, read, names = {}, 0, _names(service)
    for slug, question in questions(service):
        for page in ("", "/integrer"):
            path = f"/en/restitutions/{slug}{page}?{question or 'edition='}"
            answer = client.get(path)
            read += "<table" in answer.text
            if french := french_in(answer.text, names):
                found[path] = french
    assert "\n".join(f"{path}\n  " + "\n  ".join(texts) for path, texts in found.items()) == ""
    assert read > 20


def test_fiches_with_names_in_their_titles_are_in_english(client: TestClient, service: Service) -> None:
    names = _names(service)
    for path in ("fiche-ght?ght=GHT%2029", "statistiques-mco-par-ghm?activite=racine:04M05"):
        assert "\n".join(french_in(client.get(f"/en/fiches/{path}").text, names)) == ""


def test_pictures_are_in_english(client: TestClient, service: Service) -> None:
    """The texts of an SVG, its title and its description among them."""
    found, read, names = {}, 0, _names(service)
    seen: set[tuple[str, ...]] = set()
    for slug, question in questions(service):
        page = unescape(client.get(f"/en/restitutions/{slug}?{question or 'edition='}").text)
        for address in re.findall(r'<img src="(/[^"]*(?:graphique|carte)\.svg[^"]*)"', page):
            assert address.startswith("/en/")
            kind = (urlsplit(address).path, *parse_qs(urlsplit(address).query).get("genre", ()), question[:8])
            if kind in seen:  # the same words around other figures
                continue
            seen.add(kind)
            drawn = client.get(address)
            assert drawn.status_code == 200
            read += 1
            if french := french_in(_without(drawn.text, names)):
                found[address] = french
    assert "\n".join(f"{path}\n  " + "\n  ".join(texts) for path, texts in found.items()) == ""
    assert read > 5


def test_files_are_in_english_and_say_the_same(client: TestClient, service: Service) -> None:
    """Every text of a workbook, every text that a JSON file has for readers; machine names and figures as in French."""
    found, read, names = {}, 0, _names(service)
    for slug, question in questions(service):
        page = unescape(client.get(f"/en/restitutions/{slug}?{question or 'edition='}").text)
        if 'class="defile resultat"' not in page:  # a criterion that this restitution refuses
            continue
        read += 1
        links = dict(re.findall(r'href="(/en/restitutions/[\w-]+/donnees\?[^"]+format=([\w-]+))" download', page))
        by_format = {name: client.get(link).content for link, name in links.items()}
        assert set(by_format) == set(FORMATS)
        french = {name: client.get(link.replace("/en/", "/api/v1/")).content for link, name in links.items()}
        book = openpyxl.load_workbook(io.BytesIO(by_format["xlsx"]))
        assert book.sheetnames == ["Table", "Notes"]
        document, before = orjson.loads(by_format["json"]), orjson.loads(french["json"])
        told = [str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell]
        told += [document["titre"], *document["notes"], *(line["sens"] for line in document["legende"])]
        told += [
            column[key]
            for column in document["colonnes"]
            for key in ("libelle", "unite", "definition")
            if key in column
        ]
        told += by_format["csv-fr"].decode("utf-8-sig").splitlines()[:1]
        readme = zipfile.ZipFile(io.BytesIO(by_format["paquet"])).read("LISEZMOI.md").decode()
        told += re.sub(r"`[^`]*`|https?://\S+|Licence Ouverte", "", readme).splitlines()
        told += _of_standards(orjson.loads(by_format["json-stat"]), orjson.loads(by_format["sdmx-json"]))
        html = "".join(f"<textarea>{escape(text)}</textarea>" for text in told if text != document["requete"])
        if french_ones := french_in(html, names):
            found[slug, question] = french_ones
        assert by_format["csv"].splitlines()[0] == french["csv"].splitlines()[0]
        assert [column["nom"] for column in document["colonnes"]] == [column["nom"] for column in before["colonnes"]]
        figures = [column["nom"] for column in document["colonnes"] if column["genre"] == "mesure"]
        for line, other in zip(document["lignes"], before["lignes"], strict=True):
            assert [line[name] for name in figures] == [other[name] for name in figures]
    assert read > 20
    assert "\n".join(f"{path}\n  " + "\n  ".join(texts) for path, texts in found.items()) == ""


def _of_standards(dataset: dict[str, Any], message: dict[str, Any]) -> list[str]:
    """Return what a JSON-stat and an SDMX-JSON have for readers, but for the names of codes."""
    (structure,) = message["data"]["structures"]
    attributes = structure["attributes"]["observation"]
    return [
        dataset["label"],
        *(one["label"] for one in dataset["dimension"].values()),
        *dataset["dimension"]["mesure"]["category"]["label"].values(),
        *(one["libelle"] for one in dataset["extension"]["attributs"]),
        *(one["name"] for one in structure["dimensions"]["observation"]),
        *(one["name"] for one in attributes),
        *(value["name"] for one in attributes for value in one.get("values", ()) if "name" in value),
    ]


def _names(service: Service) -> list[str]:
    """Return the names of establishments and the labels of nomenclatures, the longest first."""
    edition = service.edition()
    names = {one.raison_sociale for one in edition.finess.values()}
    names |= {label for labels in edition.libelles.values() for label in labels.values()}
    return sorted(names, key=len, reverse=True)


def _without(svg: str, names: Sequence[str]) -> str:
    """Return an SVG without names, whole or cut: its texts have no element of their own to say « fr »."""

    def cut(found: re.Match[str]) -> str:
        stem = unescape(found[1])
        return "><" if any(name.startswith(stem) for name in names) else found[0]

    svg = re.sub(r">([^<]+)…\W*<", cut, svg)
    for name in names:
        svg = svg.replace(escape(name), "").replace(escape(name, quote=False), "")
    return svg


def test_figures_and_days_follow_the_language(client: TestClient, service: Service) -> None:
    _, table = service.ask("casemix-mco", [("annee", "2022")], OPEN)
    english = unescape(client.get("/en/restitutions/casemix-mco?annee=2022").text)
    made = service.edition().manifest.cree_le
    assert f"built on {made.day} {made:%B} {made.year}." in english
    assert "\u202f" not in english
    french = unescape(client.get("/restitutions/casemix-mco?annee=2022").text)
    assert f"construite le {language('fr').date(made)}." in french
    assert table.title in french  # a file, the API, keep the French that they had
    assert isinstance(table.title, str)
