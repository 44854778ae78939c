"""Questions to the demo edition, beside the same sums scanned by DuckDB from the typed stays, in turn."""

import statistics
import time
from collections.abc import Callable

import duckdb

from benchmarks import DEMO, demo
from sanoscope.access.scope import OPEN, SECURE
from sanoscope.catalogue.load import catalogue
from sanoscope.edition.edition import open_edition
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse

RUNS = 9
KEPT = "substr(ghm, 1, 2) <> '90' AND type_sejour <> 'B'"
QUESTIONS = [
    ("cartographie-activite-mco", "annee=2023", "finess", "annee = 2023"),
    (
        "cartographie-activite-mco",
        "annee=2023&zone=departement:29&activite=cmd:05",
        "finess",
        "annee = 2023 AND finess LIKE '29%' AND substr(ghm, 1, 2) = '05'",
    ),
    ("casemix-mco", "annee=2023&regroupement=racine", "substr(ghm, 1, 5)", "annee = 2023"),
    (
        "casemix-mco",
        "annee=2022,2023,2024&regroupement=racine&etablissement=299999001",
        "annee, substr(ghm, 1, 5)",
        "finess = '299999001'",
    ),
    ("casemix-mco", "annee=2024&mois=6&regroupement=cas", "substr(ghm, 3, 1)", "annee = 2024 AND mois_sortie <= 6"),
    (
        "parts-de-marche-mco",
        "annee=2023&zone=departement:29",
        "annee, finess",
        "annee IN (2022, 2023) AND code_geo LIKE '29%'",
    ),
    (
        "parts-de-marche-mco",
        "annee=2023&zone=region:53&regroupement=cas",
        "annee, finess, substr(ghm, 3, 1)",
        "annee IN (2022, 2023) AND substr(code_geo, 1, 2) IN ('22', '29', '35', '56')",
    ),
]


def run() -> list[str]:
    """Return the lines of the report.

    Raises:
        FileNotFoundError: there is no demo edition: run ``make demo`` first.
    """
    place = demo()
    edition, public = (open_edition(place.editions, settings=place.settings, public=p) for p in (False, True))
    scan = duckdb.connect(config={"threads": 2})
    scan.execute("SET enable_progress_bar = false")
    stays = str(DEMO / "store" / "mco" / "*" / "*" / "*" / "rsa-*" / "sejours.parquet")
    scan.execute(f"CREATE TABLE sejours AS SELECT * FROM read_parquet('{stays}', union_by_name = true)")
    columns = [
        "question",
        "lignes",
        "réponse ouverte",
        "réponse sécurisée",
        "balayage des séjours",
        "balayage ÷ sécurisée",
    ]
    report = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for slug, criteria, keys, where in QUESTIONS:
        pairs = [part.split("=", 1) for part in criteria.split("&")]
        query = parse([(n, v) for n, v in pairs], catalogue().restitution(slug), edition, OPEN)
        sql = (
            f"SELECT {keys}, count(*), sum(duree), sum(age_ans), sum(CAST(sexe = '1' AS INT)), "
            f"sum(CAST(mode_sortie = '9' AS INT)) FROM sejours WHERE {where} AND {KEPT} GROUP BY ALL"
        )
        work: list[Callable[[], object]] = [
            lambda q=query: answer(q, OPEN, catalogue(), public),  # type: ignore[misc]
            lambda q=query: answer(q, SECURE, catalogue(), edition),  # type: ignore[misc]
            lambda s=sql: scan.execute(s).fetchall(),  # type: ignore[misc]
        ]
        masked, plain, scanned = _medians(work)
        rows = len(answer(query, OPEN, catalogue(), public))
        figures = f"{masked:.0f} ms | {plain:.0f} ms | {scanned:.0f} ms | {scanned / plain:.1f}"
        report.append(f"| `{slug} {criteria}` | {rows} | {figures} |")
    return report


def _medians(work: list[Callable[[], object]]) -> list[float]:
    """Return the median milliseconds of each, run in turn after a warm-up."""
    times: list[list[float]] = [[] for _ in work]
    for number in range(RUNS + 1):
        for index, function in enumerate(work):
            started = time.perf_counter()
            function()
            if number:
                times[index].append(1000 * (time.perf_counter() - started))
    return [statistics.median(values) for values in times]
