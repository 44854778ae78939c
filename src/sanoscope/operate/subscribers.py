"""Subscribers told of the editions that are published: which mails are due, sent one by one, each once.

What a mail says is for whoever writes it: this room knows neither pages nor languages.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from queue import Full, Queue
from smtplib import SMTPDataError, SMTPRecipientsRefused

from sanoscope import logs
from sanoscope.catalogue.load import Catalogue
from sanoscope.edition import manifest as manifests
from sanoscope.edition import publication
from sanoscope.errors import SanoscopeError
from sanoscope.operate.lines import say_mails
from sanoscope.operate.mail import server
from sanoscope.state.database import sending
from sanoscope.state.subscriptions import Links, Mail, Subscriptions
from sanoscope.workspace import Settings, Workspace

Write = Callable[[Mail, Links], EmailMessage]
"""What makes the message of a mail, its links in it."""


ONE = (SMTPRecipientsRefused, SMTPDataError, ValueError)
"""What is wrong with one mail; anything else keeps them all."""

QUEUE = 100
"""Mails to confirm that a process has before it; `notify` sends those beyond."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of mails.

    Attributes:
        sent: how many went.
        left: how many wait for the next time.
        given_up: how many were tried too often, or are no longer to be sent.
        why: what kept the last one, the name of an exception: no address.
    """

    sent: int = 0
    left: int = 0
    given_up: int = 0
    why: str = ""


def by_mail(settings: Settings) -> bool:
    """Tell whether the settings let mails go to subscribers: a server, a sender, an address for their links."""
    return all((settings.courriel_serveur, settings.courriel_de, settings.adresse))


def updated(workspace: Workspace, catalogue: Catalogue) -> dict[str, frozenset[str]]:
    """Return the subjects of which each published edition has new figures: restitutions, their themes, "" for all.

    A field that an edition took over as it was is none of them: nothing of it has changed.
    """
    found = {}
    for name in sorted(publication.published(workspace.editions)):
        try:
            manifest = manifests.read(workspace.editions / name / manifests.PUBLIC)
        except SanoscopeError:  # removed, or unreadable: nothing to tell of it
            continue
        restitutions = [r for r in catalogue.restitutions.values() if manifest.renouvelle(r)]
        found[name] = frozenset(s for r in restitutions for s in (r.slug, r.theme, ""))
    return found


def notify(workspace: Workspace, catalogue: Catalogue, write: Write) -> Sent:
    """Tell subscribers of the published editions that they were not told of, and send again what failed.

    Raises:
        SanoscopeError: ``deja-en-cours``: another process is sending; those of the state.
    """
    box = Subscriptions(workspace)
    if not by_mail(workspace.settings):
        box.tidy()
        return Sent()
    published = updated(workspace, catalogue)
    box.announce(published)
    if not box.waiting(published):
        return Sent()
    with sending(workspace):
        return send(workspace, box.waiting(published), write)


def send(workspace: Workspace, mails: Sequence[Mail], write: Write) -> Sent:
    """Send mails over one connection; one that the server refuses stays for the next time, and so do all without it.

    A mail is written down as gone once the server has taken it: if this process dies between the two, it goes again,
    under the same Message-ID.
    """
    box, sent, given_up, gone, why = Subscriptions(workspace), 0, 0, 0, ""
    try:
        with server(workspace.settings) as smtp:
            for mail in mails:
                links = box.attempt(mail)
                if links is None:  # unsubscribed a moment ago
                    gone += 1
                    continue
                try:
                    smtp.send_message(write(mail, links))
                except (OSError, ValueError) as error:
                    given_up += box.failed(mail)
                    if not isinstance(error, ONE):
                        raise
                    why = type(error).__name__
                    smtp.rset()  # raises where the server has gone
                    continue
                box.sent(mail)
                sent += 1
    except (OSError, ValueError) as error:
        why = type(error).__name__
    told = Sent(sent, len(mails) - sent - given_up - gone, given_up, why)
    say_mails(told.sent, told.left, told.given_up, told.why)
    return told


class Courier:
    """Sends the mails to confirm behind the requests that ask for them, one after another, in a thread of its own.

    What a process has not sent when it stops, or could not, is sent by `notify`.

    Args:
        workspace: whose mails.
        write: what makes them.
    """

    def __init__(self, workspace: Workspace, write: Write) -> None:
        self._workspace, self._write = workspace, write
        self._queue: Queue[Mail] = Queue(QUEUE)
        self._starting, self._thread = threading.Lock(), threading.Thread(target=self._work, daemon=True)

    def take(self, mail: Mail) -> None:
        """Have a mail sent, and do not wait for it."""
        with self._starting:
            if not self._thread.ident:
                self._thread.start()
        with suppress(Full):
            self._queue.put_nowait(mail)

    def _work(self) -> None:
        while True:
            mail = self._queue.get()
            try:
                send(self._workspace, [mail], self._write)
            except Exception as error:  # the next one is to go all the same
                logs.crash(error)
