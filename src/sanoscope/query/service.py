"""Answering many: the editions opened once, the answers kept, the same for pages, API and notebooks."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from sanoscope.access.baskets import Baskets
from sanoscope.access.scope import OPEN, Scope
from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition, open_edition
from sanoscope.edition.manifest import Manifest
from sanoscope.edition.publication import answering, current, editions, of_source, published, served
from sanoscope.engine.limits import within
from sanoscope.errors import ForbiddenError, NotFoundError
from sanoscope.query.answer import answer
from sanoscope.query.criteria import Query, about, complete_asked, parse
from sanoscope.query.dated import Pairs, pinned
from sanoscope.query.permission import About, check_reading
from sanoscope.query.reading import Asked, here
from sanoscope.query.table import Table, without_estimates
from sanoscope.sentence import Sentence
from sanoscope.workspace import Workspace

KEPT_ANSWERS = 500
"""Answers kept in memory: an edition never changes, so an answer does not either."""

KEPT_EDITIONS = 4
"""Editions kept open, each with a memory of its own (setting ``memoire_question``) for each of its fields."""


class Service:
    """Questions to the editions of a workspace; safe to share between threads.

    Args:
        workspace: where the editions are.
        catalogue: what can be asked.
        complete: the secure stores may be opened, for the readers who may see all; without it they never are.
    """

    def __init__(self, workspace: Workspace, catalogue: Catalogue, *, complete: bool = False) -> None:
        self.workspace = workspace
        self.catalogue = catalogue
        self.complete = complete
        self.baskets = Baskets(workspace)
        self._editions: OrderedDict[tuple[str, bool], Edition] = OrderedDict()
        self._answers: OrderedDict[tuple[str, ...], Table] = OrderedDict()
        self._lock, self._opening = threading.Lock(), threading.Lock()

    @property
    def opened(self) -> int:
        """Return how many editions are open."""
        return len(self._editions)

    def edition(self, name: str = "", *, public: bool = True) -> Edition:
        """Return an edition, its open store unless told otherwise; "" is the published one, as it is now.

        Raises:
            NotFoundError: there is no such edition, or none is published.
        """
        directory = self.workspace.editions
        name = name or current(directory)
        held = here().editions
        if (directory, name, public) not in held:
            held[directory, name, public] = self._open(name, public=public)
        return held[directory, name, public]

    def _open(self, name: str, *, public: bool) -> Edition:
        """Return an edition, opened now if it is not; one opens at a time, and what is open does not wait for it."""
        found = self._kept_open(name, public=public)
        if found:
            return found
        with self._opening:
            found = self._kept_open(name, public=public)
            if found:
                return found
            known = published(self.workspace.editions)
            if name not in known:
                message = Sentence("Aucune édition publiée ne s'appelle « %(nom)s ».", nom=name)
                raise NotFoundError("edition-introuvable", message, allowed=sorted(known))
            made = open_edition(
                self.workspace.editions, name, settings=self.workspace.settings, public=public, serving=True
            )
            with self._lock:
                self._editions[name, public] = made
                while len(self._editions) > KEPT_EDITIONS:  # closed once nobody reads it
                    self._editions.popitem(last=False)
            return made

    def _kept_open(self, name: str, *, public: bool) -> Edition | None:
        with self._lock:
            found = self._editions.get((name, public))
            if found:
                self._editions.move_to_end((name, public))
            return found

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
        with within(self.workspace.settings.duree_question):
            return self._question(slug, pairs, scope)

    def _question(self, slug: str, pairs: Iterable[tuple[str, str]], scope: Scope) -> tuple[Query, Edition]:
        restitution = self.catalogue.restitution(slug)
        given = list(pairs)
        complete = self._complete(restitution, dict(given), scope)
        check_reading(restitution, scope, slug, complete=complete)
        if complete and scope.masked and not self.complete:
            raise ForbiddenError(
                "version-absente",
                Sentence("Ce service ne donne que la version publiée des tableaux."),
                todo=Sentence("La version complète se demande à l'adresse du service sécurisé."),
            )
        given = self.pinned(restitution, given)
        named = next((value for name, value in given if name == "edition"), "")
        edition = self.answering(restitution, named, public=not complete)
        return parse(given, restitution, edition, scope, self.baskets), edition

    def about(self, slug: str, pairs: Iterable[tuple[str, str]]) -> About:
        """Return what a question is about, as far as rights go; whoever asks it.

        Where this service does not open the secure stores, the open one says where establishments are.

        Raises:
            NotFoundError: unknown restitution or edition.
            CriterionError: an unknown criterion, or one given twice.
        """
        restitution = self.catalogue.restitution(slug)
        given = list(pairs)
        complete = self._complete(restitution, dict(given), OPEN)
        given = self.pinned(restitution, given)
        named = next((value for name, value in given if name == "edition"), "")
        edition = self.answering(restitution, named, public=not (complete and self.complete))
        return about(given, restitution, edition, self.baskets, complete=complete and not edition.manifest.source)

    @staticmethod
    def _complete(restitution: Restitution, given: Mapping[str, str], scope: Scope) -> bool:
        """Tell whether a question is of the complete version: asked for, or the only one there is, or the reader's."""
        return complete_asked(given) or restitution.acces == "securise" or not scope.masked

    def ask(self, slug: str, pairs: Iterable[tuple[str, str]], scope: Scope) -> tuple[Query, Table]:
        """Return the question and its answer.

        Raises:
            TooLongError, BusyError: it asks for more time (``duree_question``) or memory than is granted.
        """
        with within(self.workspace.settings.duree_question):
            query, edition = self._question(slug, pairs, scope)
            return query, self.reply(query, edition, scope)

    def reply(self, query: Query, edition: Edition, scope: Scope) -> Table:
        """Return the answer to a checked question, from the edition that answers it (`question`).

        Raises:
            TooLongError, BusyError: as `ask`.
        """
        began, known = time.perf_counter(), self._known(query, edition) is not None
        with within(self.workspace.settings.duree_question):
            table = self._answer(query, edition, scope)
        here().asked.append(Asked(query.restitution, edition.nom, query.canonical, known, time.perf_counter() - began))
        return table

    def known(self, query: Query, edition: Edition) -> None:
        """Say of a question that its answer is with who asks: it is told as asked, and nothing is computed."""
        here().asked.append(Asked(query.restitution, edition.nom, query.canonical, kept=True, seconds=0.0))

    def depends(self, query: Query, edition: Edition) -> tuple[str, ...]:
        """Return all that an answer depends on, but the software: where it is the same, so is the answer."""
        settings = self.workspace.settings
        return (*self._key(query, edition), str(settings.seuil), str(settings.approche))

    def source(self, name: str) -> Edition | None:
        """Return the served edition of a source, None where none is published."""
        found = of_source(self.workspace.editions, name)
        return self.edition(found) if found else None

    def _key(self, query: Query, edition: Edition) -> tuple[str, ...]:
        """Return what an answer is kept by: the question, the edition as it is, those of the sources beside it."""
        crossed = self.catalogue.restitution(query.restitution).sources_croisees
        beside = (of_source(self.workspace.editions, name) for name in crossed)
        made = edition.manifest
        return (query.restitution, query.canonical, made.nom, made.etat, made.cree_le.isoformat(), *beside)

    def _known(self, query: Query, edition: Edition) -> Table | None:
        """Return an answer that is kept: it is the same for all those to whom it is answered."""
        with self._lock:
            return self._answers.get(self._key(query, edition))

    def _answer(self, query: Query, edition: Edition, scope: Scope) -> Table:
        kept = self._known(query, edition)
        if kept is None:
            kept = answer(
                query,
                scope,
                self.catalogue,
                edition,
                threshold=self.workspace.settings.seuil,
                plain=lambda asked: self._answer(asked, edition, scope),
                sources=self.source,
            )
            if not self.workspace.settings.approche:
                kept = without_estimates(kept)
            with self._lock:
                self._answers[self._key(query, edition)] = kept
                while len(self._answers) > KEPT_ANSWERS:
                    self._answers.popitem(last=False)
        return kept
