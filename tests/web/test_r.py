"""The R package against a live site: it installs, its tests pass, it gives of every restitution what pages show.

Its documentation and its Quarto documents are executed too. All of it is skipped, and says why, where R is not there.
"""

import csv
import json
import os
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import yaml

from sanoscope.access.scope import OPEN
from sanoscope.catalogue.load import catalogue
from sanoscope.query.table import State
from tests.web.bad_site import bad_site
from tests.web.test_pages import QUESTIONS as PAGES
from tests.web.test_pages import page_cells

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "clients" / "r"
PAGE = ROOT / "docs" / "clients-r.md"
DOCUMENTS = sorted((ROOT / "docs" / "carnets").glob("*.qmd"))
NEEDED = ("httr2", "jsonlite", "tibble", "testthat", "knitr")
LOCAL = "http://127.0.0.1:8000"
"""The site that documents and documentation name, in whose place the live one is asked."""

NARROWED = {
    "actes-ccam-par-etablissement": "activite=acte:AHPA0090",
    "parts-de-marche-hospi-diag": "activite=zone_attraction:290000017",
    "hospidiag": "etablissement=290000017",
}
"""What is asked where the whole table is too long for an answer, or is of no establishment."""

QUESTIONS = [
    *((one.slug, NARROWED.get(one.slug, "")) for one in catalogue().restitutions.values()),
    *PAGES,
    ("casemix-mco", "annee=2023&zone=departement:29&regroupement=racine&version=complete"),
]
"""Every restitution, then questions whose cells are in every state, small counts among them."""

RULE = "\n\n".join


@dataclass(frozen=True)
class R:
    """R with the package, and the site that it asks."""

    environment: dict[str, str]

    def script(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run Rscript; return what it writes."""
        return ran("Rscript", "--vanilla", *arguments, env=self.environment, cwd=cwd)


def ran(*command: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=cwd, timeout=300, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with the package, as R itself builds and installs it."""
    if not shutil.which("Rscript"):
        pytest.skip("Rscript n'est pas là : le paquet R n'est pas éprouvé (make tools)")
    asked = f"cat(Filter(function(p) !requireNamespace(p, quietly = TRUE), c({', '.join(map(repr, NEEDED))})))"
    if missing := ran("Rscript", "--vanilla", "-e", asked).split():
        pytest.skip(f"des paquets de R ne sont pas là : {', '.join(missing)} (make tools)")
    place = tmp_path_factory.mktemp("r")
    library = place / "bibliotheque"
    library.mkdir()
    ran("R", "CMD", "build", str(PACKAGE), cwd=place)
    (archive,) = place.glob("sanoscope_*.tar.gz")
    ran("R", "CMD", "INSTALL", "--no-test-load", f"--library={library}", str(archive))
    return library


@pytest.fixture(scope="module")
def r(installed: Path, address: str, key: str) -> R:
    paths = os.pathsep.join(filter(None, (str(installed), os.environ.get("R_LIBS", ""))))
    told = {"R_LIBS": paths, "SANOSCOPE_ADRESSE": address, "SANOSCOPE_CLE": key, "LC_ALL": "C.UTF-8"}
    return R({**os.environ, **told})


def test_the_package_is_documented_whole(r: R) -> None:
    told = r.script(
        "-e",
        "print(tools::undoc('sanoscope')); print(tools::codoc('sanoscope')); print(tools::checkDocFiles('sanoscope')); "
        "print(tools::checkS3methods('sanoscope'))",
    )
    assert told.strip() == ""


def test_code_is_ascii_whatever_the_locale_it_is_built_in() -> None:
    for path in PACKAGE.glob("R/*.R"):
        assert path.read_text(encoding="utf-8").isascii(), path.name


def test_its_own_tests_pass_on_a_live_site(r: R, address: str) -> None:
    """Those of addresses that the site does not have are skipped, and no others."""
    script = (
        f"found <- as.data.frame(testthat::test_dir('{PACKAGE / 'tests' / 'testthat'}', reporter = 'silent', "
        "package = 'sanoscope', load_package = 'installed', stop_on_failure = FALSE)); "
        "found$said <- vapply(found$result, function(of) paste(vapply(of, function(one) "
        "if (inherits(one, 'expectation_success')) '' else conditionMessage(one), ''), collapse = ' '), ''); "
        "cat(jsonlite::toJSON(found[c('test', 'nb', 'failed', 'error', 'skipped', 'said')]))"
    )
    with bad_site() as bad:
        told = R({**r.environment, "SANOSCOPE_ESSAI": bad.address}).script("-e", script)
    found = json.loads(told)
    wrong = [one for one in found if one["failed"] or one["error"]]
    assert not wrong, RULE(f"{one['test']}: {one['said']}" for one in wrong)
    assert len(found) > 15
    assert sum(one["nb"] for one in found) > 70
    missing = [
        path
        for path in ("/api/v1/restitutions/casemix-mco/criteres", "/api/v1/codes")
        if requests.get(address + path, timeout=30).status_code == 404
    ]
    assert len([one for one in found if one["skipped"]]) == len(missing)


@pytest.fixture(scope="module")
def given(r: R, tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[dict[str, str]]]:
    """The cells that R gives of every question, by its rank."""
    folder = tmp_path_factory.mktemp("cellules")
    with (folder / "questions.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["numero", "slug", "criteres", "cle"])
        for rank, (slug, criteria) in enumerate(QUESTIONS):
            writer.writerow([rank, slug, criteria, "oui" if known(slug, criteria) else "non"])
    r.script(str(Path(__file__).with_name("every_question.R")), "questions.csv", "cellules.csv", cwd=folder)
    found = defaultdict(list)
    with (folder / "cellules.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            found[int(line["question"])].append(line)
    return found


def known(slug: str, criteria: str) -> bool:
    """Tell whether a question is for an account alone."""
    return "version=" in criteria or not OPEN.may_read(catalogue().restitution(slug))


MET: Counter[str] = Counter()
"""States that were met."""


@pytest.mark.parametrize("rank", range(len(QUESTIONS)), ids=[" ".join(filter(None, one)) for one in QUESTIONS])
def test_r_gives_what_the_page_shows_and_the_api_says(
    given: dict[int, list[dict[str, str]]], address: str, key: str, rank: int
) -> None:
    slug, criteria = QUESTIONS[rank]
    headers = {"Authorization": f"Bearer {key}"} if known(slug, criteria) else {}
    told = requests.get(f"{address}/api/v1/restitutions/{slug}/donnees?{criteria}", headers=headers, timeout=60).json()
    names = [one["nom"] for one in told["colonnes"] if one["nom"] != "filigrane"]
    measures = {one["nom"] for one in told["colonnes"] if one["genre"] == "mesure"}
    cells: dict[tuple[int, str], dict[str, str]] = {(int(c["ligne"]), c["colonne"]): c for c in given[rank]}
    assert cells.keys() == {(row, name) for row in range(1, len(told["lignes"]) + 1) for name in names}
    for row, line in enumerate(told["lignes"], 1):
        for name in names:
            cell = cells[row, name]
            assert cell["genre"] == line["genre"]
            if name not in measures:
                assert cell["valeur"] == line[name]
                continue
            assert cell["etat"] == line[f"{name}_etat"]
            for column, key_of in (("valeur", name), ("estimation", f"{name}_estimation"), ("marge", f"{name}_marge")):
                assert (float(cell[column]) if cell[column] else None) == line.get(key_of), (row, key_of)
            MET[cell["etat"]] += 1
    page = f"{address}/restitutions/{slug}{'' if headers else '/integrer'}?{told['requete']}&page=toutes"
    shown, states = on_page(page, headers)
    rows = range(1, len(told["lignes"]) + 1)
    assert [[cells[row, name]["affiche"].strip() for name in names] for row in rows] == shown
    assert [[cells[row, name]["etat"] for name in names if name in measures] for row in rows] == states


def on_page(address: str, headers: dict[str, str]) -> tuple[list[list[str]], list[list[str]]]:
    """Return the texts of the rows of a page, and the states of their figures."""
    page = requests.get(address, headers=headers, timeout=60).text
    body = page.split("<tbody>")[1].split("</tbody>")[0]
    states = [re.findall(r'<td class="nombre ?(\w*)"', row) for row in re.findall(r"<tr.*?</tr>", body, re.S)]
    return page_cells(page), [[one or "exact" for one in row] for row in states]


def test_cells_of_every_state_were_compared() -> None:
    if MET.total():
        assert set(MET) == {state.value for state in State}


LATER = {"sano_criteres": "/api/v1/restitutions/casemix-mco/criteres", "sano_codes": "/api/v1/codes"}
"""What asks addresses that a site may not have."""


@pytest.mark.parametrize("page", [PAGE, PACKAGE / "README.md"], ids=["page", "readme"])
def test_the_examples_of_its_documentation_run(r: R, address: str, tmp_path: Path, page: Path) -> None:
    blocks = re.findall(r"^```r\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)
    assert blocks
    lacking = [name for name, path in LATER.items() if requests.get(address + path, timeout=30).status_code == 404]
    kept = [block for block in blocks if not any(name in block for name in lacking)]
    (tmp_path / "exemples.R").write_text("\n".join(kept).replace(LOCAL, address), encoding="utf-8")
    told = r.script("-e", "source('exemples.R', echo = TRUE, encoding = 'UTF-8')", cwd=tmp_path)
    assert "Cellules (" in told or page != PAGE


def test_every_function_and_every_error_is_documented() -> None:
    page = PAGE.read_text(encoding="utf-8")
    exported = re.findall(r"^export\((\w+)\)", (PACKAGE / "NAMESPACE").read_text(), re.M)
    assert len(exported) > 8
    assert [name for name in exported if f"{name}(" not in page] == []
    code = "".join(path.read_text() for path in PACKAGE.glob("R/*.R"))
    codes = set(re.findall(r'arreter\(\s*"([\w-]+)"', code))
    assert [one for one in codes - {"restitution-inconnue"} if f"`{one}`" not in page] == []
    assert [path.name for path in DOCUMENTS if f"(carnets/{path.name})" not in page] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=[path.stem for path in DOCUMENTS])
def test_every_document_is_executed(r: R, tmp_path: Path, document: Path) -> None:
    """By knitr, chunk by chunk: an error or a warning of one is a failure."""
    head = yaml.safe_load(document.read_text(encoding="utf-8").split("---\n")[1])
    assert (head["lang"], head["engine"]) == ("fr", "knitr")
    asked = (
        f"options(warn = 2); knitr::opts_chunk$set(error = FALSE, warning = NA); "
        f"knitr::knit('{document}', output = 'fait.md', quiet = TRUE)"
    )
    r.script("-e", asked, cwd=tmp_path)
    made = (tmp_path / "fait.md").read_text(encoding="utf-8")
    assert "`r " not in made
    assert re.search(r"^\|.*\|$", made, re.M)
    assert "Sanoscope. " in made
    assert "Édition petite (en cours) du " in made
    pictures = re.findall(r'(?:src="|\]\()(figure/[^")]+)', made)
    assert len(pictures) == document.read_text(encoding="utf-8").count("#| fig-alt")
    assert all((tmp_path / picture).stat().st_size > 1000 for picture in pictures)
