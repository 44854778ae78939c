"""The last refresh as Prometheus metrics, read from its report: for ``/metrics``, and in a file for a node exporter."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sanoscope.operate.lines import seconds
from sanoscope.operate.report import CODES, REPORTS, Report
from sanoscope.workspace import put

FILE = "metriques.prom"
LINES = {"lues": "lignes_lues", "acceptees": "lignes_acceptees", "refusees": "lignes_refusees"}


def last_report(directory: Path) -> Report | None:
    """Return the report of the last refresh; None where there is none, or none that can be read.

    Args:
        directory: what refreshing leaves in the workspace.
    """
    try:
        told = json.loads((directory / REPORTS / "dernier.json").read_text(encoding="utf-8"))
        return Report(**{name: value for name, value in told.items() if name in Report.__dataclass_fields__})
    except (OSError, ValueError, TypeError):
        return None


class RefreshMetrics(Collector):
    """Tells the last refresh, as its report is when it is asked.

    Args:
        directory: what refreshing leaves in the workspace.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def describe(self) -> Iterator[Metric]:
        """Yield what may be told, without values."""
        yield from _families()

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of the last refresh; none where there was none."""
        report = last_report(self._directory)
        if report is None or not report.fin:
            return
        state, end, took, lines = _families()
        for name in CODES:
            state.add_metric([name], float(report.etat == name))
        end.add_metric([], datetime.fromisoformat(report.fin).timestamp())
        took.add_metric([], seconds(report))
        for name, field in LINES.items():
            lines.add_metric([name], getattr(report, field))
        yield from (state, end, took, lines)


def write(directory: Path) -> None:
    """Write the metrics of the last refresh in a file that a node exporter reads (``--collector.textfile``)."""
    registry = CollectorRegistry()
    registry.register(RefreshMetrics(directory))
    put(directory / FILE, generate_latest(registry).decode())


def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
    name = "sanoscope_mise_a_jour"
    return (
        GaugeMetricFamily(f"{name}_etat", "1 pour l'état où est la dernière mise à jour", labels=["etat"]),
        GaugeMetricFamily(f"{name}_fin_secondes", "Fin de la dernière mise à jour (secondes depuis 1970)"),
        GaugeMetricFamily(f"{name}_duree_secondes", "Durée de la dernière mise à jour"),
        GaugeMetricFamily(f"{name}_lignes", "Lignes des fichiers reçus par la dernière mise à jour", labels=["sort"]),
    )
