"""Prometheus metrics: how many requests, how long, how many wait; which edition, which refresh. Never a figure of it.

Labels are words of ours: routes as they are declared, restitutions of the catalogue, statuses.
"""

import os
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from fastapi import APIRouter, Request, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import InfoMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from sanoscope import __version__
from sanoscope.edition import manifest as manifests
from sanoscope.edition.publication import served
from sanoscope.errors import NotFoundError, SanoscopeError
from sanoscope.operate.measures import RefreshMetrics
from sanoscope.query.reading import Asked
from sanoscope.query.service import Service
from sanoscope.sentence import Sentence
from sanoscope.workspace import Workspace, networks

disable_created_metrics()  # type: ignore[no-untyped-call] # when each series began is nobody's question

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Variable that names the directory where several processes put what they count; absent where there is one."""

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the durations (s): the last one is that of a question."""


class Metrics:
    """What a process counts, and what the workspace says when it is asked.

    Args:
        workspace: whose edition and refresh are told.
        service: whose open editions are counted.
    """

    def __init__(self, workspace: Workspace, service: Service) -> None:
        self._service = service
        self._own = own = CollectorRegistry()
        self.requests = Histogram(
            "sanoscope_requete_secondes",
            "Durée des requêtes, attente comprise",
            ("route", "methode", "statut"),
            buckets=BUCKETS,
            registry=own,
        )
        self.questions = Counter("sanoscope_questions", "Questions répondues", ("restitution", "memoire"), registry=own)
        self.working = Counter(
            "sanoscope_question_secondes", "Temps passé à répondre à des questions", ("restitution",), registry=own
        )
        self.busy = _gauge("sanoscope_requetes_au_travail", "Requêtes au travail", own)
        self.waiting = _gauge("sanoscope_requetes_en_attente", "Requêtes qui attendent leur tour", own)
        self.waited = Histogram(
            "sanoscope_attente_secondes", "Attente d'une requête avant son tour", buckets=BUCKETS, registry=own
        )
        self.refused = Counter("sanoscope_requetes_refusees", "Requêtes refusées faute de place", registry=own)
        self.crashes = Counter("sanoscope_pannes", "Requêtes où quelque chose s'est cassé", registry=own)
        self.opened = _gauge("sanoscope_editions_ouvertes", "Éditions ouvertes", own)
        of_edition, of_refresh = EditionMetrics(workspace.editions), RefreshMetrics(workspace.operations)
        self.shown: tuple[EditionMetrics, RefreshMetrics] = (of_edition, of_refresh)

    def places(self, taken: int, waiting: int) -> None:
        """Keep how many requests are at work and how many wait."""
        self.busy.set(taken)
        self.waiting.set(waiting)

    def answered(self, route: str, method: str, status: int, seconds: float, asked: Sequence[Asked]) -> None:
        """Count a request and its questions."""
        self.requests.labels(route, method, str(status)).observe(seconds)
        for question in asked:
            self._asked(question)
        self.opened.set(self._service.opened)

    def _asked(self, question: Asked) -> None:
        self.questions.labels(question.restitution, "oui" if question.kept else "non").inc()
        if not question.kept:
            self.working.labels(question.restitution).inc(question.seconds)

    def text(self) -> bytes:
        """Return what all the processes counted, and what the workspace says, as Prometheus reads it."""
        told = CollectorRegistry()
        for collector in self.shown:
            told.register(collector)
        if SHARED not in os.environ:
            return generate_latest(self._own) + generate_latest(told)
        _forget_the_dead(Path(os.environ[SHARED]))
        MultiProcessCollector(told)  # type: ignore[no-untyped-call]
        return generate_latest(told)

    def families(self) -> Iterator[Metric]:
        """Yield every metric there may be, without values."""
        yield from self._own.collect()
        for collector in self.shown:
            yield from collector.describe()


class EditionMetrics(Collector):
    """Tells the edition that is served.

    Args:
        directory: the editions of the workspace.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def describe(self) -> Iterator[Metric]:
        """Yield what may be told, without values."""
        yield _info()

    def collect(self) -> Iterator[Metric]:
        """Yield the edition that is served; its name is empty where there is none."""
        name, told = served(self._directory), _info()
        labels = {"version": __version__, "edition": name, "construite": "", "etat": ""}
        try:
            known = manifests.read(self._directory / name / manifests.PUBLIC) if name else None
        except SanoscopeError:
            known = None
        if known:
            labels |= {"construite": known.cree_le.isoformat(timespec="seconds"), "etat": known.etat}
        told.add_metric([], labels)
        yield told


def metrics_route(metrics: Metrics, allowed: str) -> APIRouter:
    """Return ``/metrics``, for those of some networks; for others, there is nothing there.

    Args:
        metrics: what is told.
        allowed: the networks, as the setting has them.
    """
    routes, known = APIRouter(), networks(allowed)

    @routes.get("/metrics", include_in_schema=False)
    def read(request: Request) -> Response:
        reader = _address(request)
        if reader is None or not any(reader in network for network in known):
            raise NotFoundError(
                "page-inconnue",
                Sentence("Il n'y a rien à l'adresse « %(path)s ».", path="/metrics"),
                todo=Sentence("Repartez de l'accueil."),
            )
        return Response(metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})

    return routes


def _address(request: Request) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(request.client.host if request.client else "")
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _gauge(name: str, text: str, registry: CollectorRegistry) -> Gauge:
    return Gauge(name, text, registry=registry, multiprocess_mode="livesum")


def _info() -> InfoMetricFamily:
    return InfoMetricFamily("sanoscope_edition", "Édition servie, et version du logiciel")


def _forget_the_dead(directory: Path) -> None:
    """Forget what processes that are no more said of themselves: only what they counted stays."""
    for file in directory.glob("gauge_live*_*.db"):
        process = int(file.stem.rpartition("_")[2])
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            mark_process_dead(process, str(directory))  # type: ignore[no-untyped-call]
        except PermissionError:
            pass
