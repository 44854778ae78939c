"""The main pages on the demo edition: how long the server takes, first and then again, and the bytes that it sends."""

import statistics
import time

from fastapi.testclient import TestClient

from benchmarks import demo
from sanoscope.present.numbers import french
from sanoscope.web.app import create_app

COLD, WARM = 15, 60
"""Times that each page is asked for: of a service that has answered nothing yet, of one that has."""

PAGES = {
    "accueil": "/",
    "menu des restitutions": "/restitutions",
    "formulaire": "/restitutions/casemix-mco",
    "résultat, casemix par CAS": "/restitutions/casemix-mco?annee=2023&regroupement=cas",
    "résultat, casemix par racine": "/restitutions/casemix-mco?annee=2023&regroupement=racine",
    "le même, comparé à N-1": "/restitutions/casemix-mco?annee=2023&regroupement=racine&comparer=n-1",
    "résultat, carte de France": "/restitutions/cartographie-activite-mco?annee=2023",
    "le même, trié": "/restitutions/cartographie-activite-mco?annee=2023&tri=-sejours",
    "1 560 lignes, la deuxième page sur 3": "/restitutions/cartographie-activite-mco?annee=2022,2023,2024&page=2",
    "les mêmes, toutes ensemble": "/restitutions/cartographie-activite-mco?annee=2022,2023,2024&page=toutes",
    "résultat, parts de marché": "/restitutions/parts-de-marche-mco?annee=2023&zone=departement:29",
    "le même, intégré": "/restitutions/parts-de-marche-mco/integrer?annee=2023&zone=departement:29",
}


def run() -> list[str]:
    """Return the lines of the report.

    Raises:
        FileNotFoundError: there is no demo edition: run ``make demo`` first.
    """
    place = demo()
    first: dict[str, list[float]] = {name: [] for name in PAGES}
    for number in range(COLD + 1):  # the first loads what Python loads once
        for name, address in PAGES.items():
            client = TestClient(create_app(place))
            client.get("/sante")  # the edition is open, its names are read
            client.get("/restitutions/casemix-mco")
            took, _ = _took(client, address)
            first[name] += [took] if number else []
    client = TestClient(create_app(place))
    report = ["| page | première fois p50, p95 | ensuite p50, p95 | octets, gzip |", "|---|---|---|---|"]
    for name, address in PAGES.items():
        _took(client, address)
        again = [_took(client, address) for _ in range(WARM)]
        times = ", ".join(_centiles(first[name])), ", ".join(_centiles([time for time, _ in again]))
        report.append(f"| {name} | {times[0]} | {times[1]} | {french(again[0][1] / 1000, 1)} ko |")
    return report


def _took(client: TestClient, address: str) -> tuple[float, int]:
    """Return the milliseconds that a page takes and the bytes that are sent, as packed."""
    started = time.perf_counter()
    answer = client.get(address, headers={"accept-encoding": "gzip"})
    took = 1000 * (time.perf_counter() - started)
    answer.raise_for_status()
    return took, int(answer.headers["content-length"])


def _centiles(times: list[float]) -> tuple[str, str]:
    return f"{statistics.median(times):.0f}", f"{statistics.quantiles(times, n=20)[-1]:.0f} ms"


if __name__ == "__main__":
    print("\n".join(run()))
