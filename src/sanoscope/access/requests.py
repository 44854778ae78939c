"""Requests: a reader asks for a right for his organisation; an administrator of the site, another than he, decides.

What is asked is never changed. The right that approving gives bears the identifier of its request, so that both are
told together; it may be narrower than what was asked, never wider.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, insert, select, update

from sanoscope.access.journal import OPERATOR, Journal
from sanoscope.access.reader import Reader
from sanoscope.access.rights import Right, check_period, columns, give_in, grant_of_row, now, today
from sanoscope.access.scope import FRANCE, Grant
from sanoscope.errors import CriterionError, ForbiddenError, NotFoundError, SanoscopeError, SignInError
from sanoscope.sentence import Sentence
from sanoscope.state.database import reading, writing
from sanoscope.state.tables import accounts, requests, written
from sanoscope.workspace import Workspace

MOST = 10
"""Requests of an account that may wait together."""

LONGEST = 500
"""Characters of a reason, or of an answer."""

WAITING, GIVEN, REFUSED, CANCELLED = "attente", "accordee", "refusee", "annulee"

STATES: Mapping[str, str] = {
    WAITING: Sentence("en attente"),
    GIVEN: Sentence("accordée"),
    REFUSED: Sentence("refusée"),
    CANCELLED: Sentence("annulée"),
}
"""What has become of a request, in words."""

OPERATING = Reader(name=OPERATOR, role="site")
"""Who decides by a command, on the machine itself."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request.

    Attributes:
        identifier: names it, and the right that it became.
        account, name, organisation: who asked, for whom.
        grant, start, end, reason: what was asked, why.
        asked: when.
        state: a key of `STATES`.
        decided, decider, answer: when, by whom and in which words it was decided; "" while it waits.
    """

    identifier: str
    account: str
    name: str
    organisation: str
    grant: Grant
    start: date
    end: date
    reason: str
    asked: str
    state: str
    decided: str
    decider: str
    answer: str


class Requests:
    """The requests of a workspace; safe to share between threads and processes.

    Args:
        workspace: whose.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self._journal = workspace, Journal(workspace)

    def ask(self, reader: Reader, grant: Grant, start: date, end: date, reason: str) -> Request:
        """Ask for a right, for the organisation of who is signed in.

        Raises:
            SignInError: ``connexion-requise``.
            CriterionError: ``droit-invalide``, ``texte-trop-long``, ``trop-de-demandes``.
            SanoscopeError: those of `writing`.
        """
        if not reader.session:
            raise SignInError("connexion-requise", Sentence("Un droit se demande une fois connecté."))
        why = checked_text(reason, "motif")
        _check_to_come(start, end, why)
        made = secrets.token_hex(6)
        told = columns(grant, start, end, why)
        with writing(self.workspace) as state:
            own = (requests.c.compte == reader.account, requests.c.etat == WAITING)
            if state.execute(select(func.count()).select_from(requests).where(*own)).scalar_one() >= MOST:
                raise CriterionError(
                    "trop-de-demandes",
                    Sentence("Vous avez déjà %(n)s demandes en attente.", n=MOST),
                    todo=Sentence("Attendez une réponse, ou annulez-en une."),
                )
            named = {"identifiant": made, "compte": reader.account, "organisation": reader.organisation}
            at = written(datetime.now(UTC), fine=True)  # in their order, asked one after another
            undecided = {"etat": WAITING, "decide_le": "", "decide_par": "", "reponse": ""}
            state.execute(insert(requests).values(**named, **told, demande_le=at, **undecided))
            organisation = reader.organisation
            self._journal.add(state, reader.name, "demande-faite", demande=made, organisation=organisation, **told)
            return _found(state, made)

    def waiting(self, organisation: str = "") -> list[Request]:
        """Return the requests that wait, of an organisation or of all, the first asked first."""
        return [one for one in reversed(self.of(organisation)) if one.state == WAITING]

    def of(self, organisation: str = "") -> list[Request]:
        """Return the requests of an organisation, or of all, the last asked first."""
        wanted = _all().order_by(requests.c.demande_le.desc(), requests.c.identifiant)
        with reading(self.workspace) as state:
            if state is None:
                return []
            own = wanted.where(requests.c.organisation == organisation) if organisation else wanted
            return [_of_row(row) for row in state.execute(own).mappings()]

    def find(self, identifier: str) -> Request:
        """Return a request.

        Raises:
            NotFoundError: ``demande-inconnue``.
            SanoscopeError: those of `reading`.
        """
        with reading(self.workspace) as state:
            if state is None:
                raise _unknown()
            return _found(state, identifier)

    def approve(
        self,
        identifier: str,
        by: Reader,
        *,
        answer: str = "",
        grant: Grant | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> Right:
        """Give the right that a request asks for, and return it.

        Args:
            identifier, by: which, and who decides.
            answer: to who asked.
            grant, start, end: what is given, where it is less than what was asked.

        Raises:
            NotFoundError: ``demande-inconnue``.
            ForbiddenError: ``reserve-aux-administrateurs``, ``demande-la-sienne``.
            CriterionError: ``demande-decidee``, ``demande-depassee``, ``droit-invalide``, ``texte-trop-long``.
            SanoscopeError: those of `writing`.
        """
        said = checked_text(answer, "reponse")
        with writing(self.workspace) as state:
            asked = _decidable(state, identifier, by)
            given = grant or asked.grant
            first, last = start or asked.start, end or asked.end
            _check_to_come(first, last, asked.reason)
            _check_within(asked, given, first, last)
            right = Right(asked.identifier, asked.organisation, given, first, last, asked.reason, "")
            give_in(state, self._journal, right, by.name)
            self._decide(state, asked, by, GIVEN, said)
        return right

    def refuse(self, identifier: str, by: Reader, answer: str) -> None:
        """Refuse a request, and say why.

        Raises:
            NotFoundError: ``demande-inconnue``.
            ForbiddenError: ``reserve-aux-administrateurs``, ``demande-la-sienne``.
            CriterionError: ``demande-decidee``, ``reponse-absente``, ``texte-trop-long``.
            SanoscopeError: those of `writing`.
        """
        said = checked_text(answer, "reponse")
        with writing(self.workspace) as state:
            asked = _decidable(state, identifier, by)
            if not said:
                raise CriterionError(
                    "reponse-absente",
                    Sentence("Un refus dit pourquoi."),
                    todo=Sentence("Écrivez une réponse : qui a demandé la lira."),
                    criterion="reponse",
                )
            self._decide(state, asked, by, REFUSED, said)

    def cancel(self, identifier: str, by: Reader) -> None:
        """Cancel a request of one's own, or of one's organisation for who administers it.

        Raises:
            NotFoundError: ``demande-inconnue``: it is another's, or there is none.
            CriterionError: ``demande-decidee``.
            SanoscopeError: those of `writing`.
        """
        with writing(self.workspace) as state:
            asked = _found(state, identifier)
            administers = by.role and by.organisation == asked.organisation
            if not by.account or not (by.account == asked.account or administers):
                raise _unknown()
            _check_waiting(asked)
            self._decide(state, asked, by, CANCELLED, "")

    def _decide(self, state: Connection, asked: Request, by: Reader, what: str, answer: str) -> None:
        values = {"etat": what, "decide_le": now(), "decide_par": by.name, "reponse": answer}
        state.execute(update(requests).where(requests.c.identifiant == asked.identifier).values(**values))
        told = {"demande": asked.identifier, "organisation": asked.organisation, "reponse": answer}
        self._journal.add(state, by.name, f"demande-{what}", **told)


def _decidable(state: Connection, identifier: str, by: Reader) -> Request:
    """Return a request that waits, for who may decide of it."""
    if by.role != "site":
        raise ForbiddenError(
            "reserve-aux-administrateurs", Sentence("Qui administre le site décide des demandes de droits.")
        )
    asked = _found(state, identifier)
    if by.account == asked.account:
        raise ForbiddenError(
            "demande-la-sienne",
            Sentence("Qui demande un droit ne décide pas de sa demande."),
            todo=Sentence("Un autre administrateur du site en décide, ou l'exploitant ; vous pouvez l'annuler."),
        )
    _check_waiting(asked)
    return asked


def _check_waiting(asked: Request) -> None:
    if asked.state != WAITING:
        raise CriterionError(
            "demande-decidee",
            Sentence("Cette demande n'attend plus : elle est %(etat)s.", etat=STATES[asked.state]),
            todo=Sentence("Un droit accordé se retire ; un droit refusé se redemande."),
        )


def _check_to_come(start: date, end: date, reason: str) -> None:
    """Do nothing if a right may be given still.

    Raises:
        CriterionError: ``droit-invalide``.
    """
    check_period(start, end, reason)
    if end < today():
        raise CriterionError(
            "droit-invalide",
            Sentence("Ce droit aurait déjà fini, le %(jour)s.", jour=end),
            todo=Sentence("Donnez un jour de fin à venir."),
            criterion="au",
        )


def _check_within(asked: Request, grant: Grant, start: date, end: date) -> None:
    """Do nothing if a right is what was asked, or less."""
    where, wanted = grant.perimeter, asked.grant.perimeter
    inside = wanted == FRANCE or (where.kind == wanted.kind and where.codes <= wanted.codes)
    profile = grant.profile != "securise" or asked.grant.profile == "securise"
    days = asked.start <= start and end <= asked.end
    if inside and profile and days and grant.domains <= asked.grant.domains:
        return
    raise CriterionError(
        "demande-depassee",
        Sentence("Ce droit est plus large que celui qui est demandé."),
        todo=Sentence(
            "Accordez autant ou moins : profil, périmètre, domaines et jours. Sinon refusez, et dites pourquoi."
        ),
    )


def checked_text(text: str, criterion: str) -> str:
    """Return a reason or an answer, on one line.

    Raises:
        CriterionError: ``texte-trop-long``.
    """
    kept = " ".join(text.split())
    if len(kept) > LONGEST:
        raise CriterionError(
            "texte-trop-long",
            Sentence("Ce texte a %(n)s caractères.", n=len(kept)),
            allowed=[Sentence("%(n)s caractères au plus", n=LONGEST)],
            criterion=criterion,
        )
    return kept


def _all() -> Select[tuple[Any, ...]]:
    return select(requests, accounts.c.nom).join(accounts, accounts.c.identifiant == requests.c.compte)


def _found(state: Connection, identifier: str) -> Request:
    row = state.execute(_all().where(requests.c.identifiant == identifier)).mappings().first()
    if row is None:
        raise _unknown()
    return _of_row(row)


def _of_row(of: RowMapping) -> Request:
    asker = of["identifiant"], of["compte"], of["nom"], of["organisation"]
    start, end = date.fromisoformat(of["du"]), date.fromisoformat(of["au"])
    decided = of["etat"], of["decide_le"], of["decide_par"], of["reponse"]
    return Request(*asker, grant_of_row(of), start, end, of["motif"], of["demande_le"], *decided)


def _unknown() -> SanoscopeError:
    return NotFoundError(
        "demande-inconnue",
        Sentence("Cette demande n'est pas connue."),
        todo=Sentence("Repartez de la liste des demandes."),
    )
