#!/usr/bin/env python3
"""Mesure ce qu'un lecteur attend : les pages ouvertes dans Chromium ralenti, comme le fait Lighthouse d'un téléphone.

« scripts/page_speed.py [ESPACE] » ; sans argument, demo-workspace (« make demo » le fait). Le processeur est ralenti
quatre fois, le réseau est une 4G lente (150 ms, 1,6 Mbit/s), l'écran celui d'un téléphone ; chaque page est ouverte
cinq fois, cache vide, du même service : la médiane. Chromium se nomme par la variable CHROMIUM.
"""

import os
import statistics
import sys
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from screenshots import served

from sanoscope.present.numbers import french
from sanoscope.workspace import load as load_workspace

ROOT = Path(__file__).parents[1]
RUNS = 5
SLOWER = 4
"""Times that the processor is slowed."""
NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
"""Slow 4G, as Lighthouse has it: round trip (ms), bytes a second."""
PHONE: dict[str, Any] = {"viewport": {"width": 412, "height": 823}, "device_scale_factor": 1.75, "is_mobile": True}
PAGES = {
    "accueil": "/",
    "menu": "/restitutions",
    "formulaire": "/restitutions/casemix-mco/formulaire",
    "résultat": "/restitutions/casemix-mco?annee=2023&regroupement=racine",
    "résultat de 500 lignes": "/restitutions/cartographie-activite-mco?annee=2023",
    "graphique": "/restitutions/casemix-mco?annee=2023&regroupement=racine#graphique",
    "carte": "/restitutions/cartographie-activite-mco?annee=2023#carte",
    "panier": "/paniers",
}
"""Of the last two kinds, the page opens at its picture, which comes alive."""
OBSERVED = """
globalThis.vu = { lcp: 0, cls: 0, longues: [] };
new PerformanceObserver((l) => { for (const e of l.getEntries()) vu.lcp = e.startTime; })
  .observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) vu.cls += e.value; })
  .observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((l) => { for (const e of l.getEntries()) vu.longues.push([e.startTime, e.duration]); })
  .observe({ type: "longtask", buffered: true });
"""
ENOUGH = 50
"""A task that takes longer (ms) keeps the reader waiting, by what it takes beyond."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reader waits for.

    Attributes:
        fcp, lcp: first and largest contentful paint (ms).
        tbt: total blocking time: of each long task after the first paint, what it takes beyond 50 ms (ms).
        cls: cumulative layout shift, all shifts added up.
        bytes: received, packed; ``requests`` how many.
    """

    fcp: float
    lcp: float
    tbt: float
    cls: float
    bytes: float
    requests: float


def opened(browser: Browser, address: str) -> Seen:
    """Open a page once, with an empty cache."""
    context = browser.new_context(locale="fr-FR", reduced_motion="reduce", **PHONE)
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", NETWORK)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    received: list[float] = []
    tools.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.add_init_script(OBSERVED)
    answer = page.goto(address, wait_until="networkidle", timeout=120_000)
    if not answer or not answer.ok:
        raise SystemExit(f"{address} : {answer.status if answer else 'pas de réponse'}")
    page.wait_for_timeout(1500)
    seen = page.evaluate("vu")
    fcp = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    context.close()
    blocked = sum(max(0.0, took - ENOUGH) for start, took in seen["longues"] if start + took > fcp)
    return Seen(fcp, seen["lcp"], blocked, seen["cls"], sum(received), len(received))


def measured(site: str) -> dict[str, Seen]:
    """Return the median of each page."""
    found = {}
    with sync_playwright() as play:
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, path in PAGES.items():
            runs = [opened(browser, site + path) for _ in range(RUNS)]
            found[name] = Seen(*(statistics.median(values) for values in zip(*map(astuple, runs), strict=True)))
        browser.close()
    return found


def main() -> None:
    """Measure each page and write the table of docs/mesures.md."""
    workspace = load_workspace(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "demo-workspace")
    with served(workspace) as site:
        found = measured(site)
    print("| page | premier affichage | plus grand élément | blocage | décalage | octets reçus | requêtes |")
    print("|---|---|---|---|---|---|---|")
    for name, seen in found.items():
        times = " | ".join(f"{french(value / 1000, 2)} s" for value in (seen.fcp, seen.lcp))
        sizes = f"{french(seen.tbt, 0)} ms | {french(seen.cls, 3)} | {french(seen.bytes / 1000, 0)} ko"
        print(f"| {name} | {times} | {sizes} | {seen.requests:.0f} |")


if __name__ == "__main__":
    main()
