"""Answering many: the editions opened once, the answers kept, the same for pages, API and notebooks."""

import threading
from collections import OrderedDict
from collections.abc import Iterable

from sanoscope.access.baskets import Baskets
from sanoscope.access.scope import Scope
from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition, open_edition
from sanoscope.edition.manifest import Manifest
from sanoscope.edition.publication import answering, current, editions, published, served
from sanoscope.errors import NotFoundError
from sanoscope.query.answer import answer
from sanoscope.query.criteria import Query, parse
from sanoscope.query.dated import Pairs, pinned
from sanoscope.query.table import Table, without_estimates
from sanoscope.sentence import Sentence
from sanoscope.workspace import Workspace

KEPT_ANSWERS = 500
"""Answers kept in memory: an edition never changes, so an answer does not either."""

KEPT_EDITIONS = 4
TIME_LIMIT = 30.0
"""Seconds that a question may take."""


class Service:
    """Questions to the editions of a workspace; safe to share between threads.

    Args:
        workspace: where the editions are.
        catalogue: what can be asked.
    """

    def __init__(self, workspace: Workspace, catalogue: Catalogue) -> None:
        self.workspace = workspace
        self.catalogue = catalogue
        self.baskets = Baskets(workspace.state)
        self._editions: OrderedDict[tuple[str, bool], Edition] = OrderedDict()
        self._answers: OrderedDict[tuple[str, str, str, Scope], Table] = OrderedDict()
        self._lock = threading.Lock()

    def edition(self, name: str = "", *, public: bool = True) -> Edition:
        """Return an edition, its open store unless told otherwise; "" is the published one, as it is now.

        Raises:
            NotFoundError: there is no such edition, or none is published.
        """
        name = name or current(self.workspace.editions)
        with self._lock:
            if (name, public) not in self._editions:
                known = published(self.workspace.editions)
                if name not in known:
                    message = Sentence("Aucune édition publiée ne s'appelle « %(nom)s ».", nom=name)
                    raise NotFoundError("edition-introuvable", message, allowed=sorted(known))
                settings = self.workspace.settings
                self._editions[name, public] = open_edition(
                    self.workspace.editions, name, settings=settings, public=public, timeout=TIME_LIMIT
                )
            self._editions.move_to_end((name, public))
            while len(self._editions) > KEPT_EDITIONS:
                self._editions.popitem(last=False)
            return self._editions[name, public]

    def answering(self, restitution: Restitution, name: str = "", *, public: bool = True) -> Edition:
        """Return the edition that answers a restitution, seen by its field: the one named, else the one that has it.

        Raises:
            NotFoundError: there is no such edition, none is published, or none has the restitution's figures.
        """
        found = name or answering(self.workspace.editions, restitution)
        return self.edition(found, public=public).answering(restitution)

    def editions(self) -> list[Manifest]:
        """Return what readers may know of the editions: those published and still there, the latest first."""
        known = published(self.workspace.editions)
        return [manifest for manifest in editions(self.workspace.editions) if manifest.nom in known]

    def offered(self) -> tuple[Restitution, ...]:
        """Return the restitutions that some served edition answers; all of them as long as none is published."""
        known = tuple(self.catalogue.restitutions.values())
        if not served(self.workspace.editions):
            return known
        return tuple(restitution for restitution in known if self.answers(restitution))

    def answers(self, restitution: Restitution) -> bool:
        """Tell whether some edition that is served has a restitution's figures."""
        try:
            answering(self.workspace.editions, restitution)
        except NotFoundError:
            return False
        return True

    def pinned(self, restitution: Restitution, pairs: Iterable[tuple[str, str]]) -> Pairs:
        """Return criteria with, in the place of a ``date``, the edition that answered a restitution that day."""
        return pinned(pairs, restitution, self.workspace.editions)

    def question(self, slug: str, pairs: Iterable[tuple[str, str]], scope: Scope) -> tuple[Query, Edition]:
        """Return the checked question and the edition that will answer it.

        Raises:
            NotFoundError: unknown restitution or edition.
            CriterionError: unknown criterion or value.
        """
        restitution = self.catalogue.restitution(slug)
        given = self.pinned(restitution, pairs)
        named = next((value for name, value in given if name == "edition"), "")
        edition = self.answering(restitution, named, public=scope.masked)
        return parse(given, restitution, edition, scope, self.baskets), edition

    def ask(self, slug: str, pairs: Iterable[tuple[str, str]], scope: Scope) -> tuple[Query, Table]:
        """Return the question and its answer."""
        query, edition = self.question(slug, pairs, scope)
        return query, self._answer(query, edition, scope)

    def _answer(self, query: Query, edition: Edition, scope: Scope) -> Table:
        key = (query.restitution, query.canonical, edition.nom, scope)
        with self._lock:
            kept = self._answers.get(key)
        if kept is None:
            kept = answer(
                query,
                scope,
                self.catalogue,
                edition,
                threshold=self.workspace.settings.seuil,
                plain=lambda asked: self._answer(asked, edition, scope),
            )
            if not self.workspace.settings.approche:
                kept = without_estimates(kept)
            with self._lock:
                self._answers[key] = kept
                while len(self._answers) > KEPT_ANSWERS:
                    self._answers.popitem(last=False)
        return kept
