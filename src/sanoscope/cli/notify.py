"""What ``sanoscope notify`` does: mails to subscribers, what wrote them, how many went."""

from sanoscope.catalogue.load import catalogue
from sanoscope.errors import SanoscopeError
from sanoscope.operate import subscribers
from sanoscope.operate.subscribers import Write, by_mail
from sanoscope.query.service import Service
from sanoscope.web.mails import writer
from sanoscope.workspace import Workspace


def writes(workspace: Workspace) -> Write:
    """Return what makes the messages of a workspace's mails."""
    return writer(Service(workspace, catalogue()))


def notify(workspace: Workspace) -> tuple[str, bool]:
    """Send what waits, and return what there is to say of it, and whether all went.

    Raises:
        SanoscopeError: ``courriel-absent``: the settings let no mail go; ``deja-en-cours``; those of the state.
    """
    told = subscribers.notify(workspace, catalogue(), writes(workspace))
    if not by_mail(workspace.settings):
        raise SanoscopeError(
            "courriel-absent",
            "Cet espace de travail n'envoie pas de courriels à des abonnés.",
            todo="Il y faut les réglages courriel_serveur et courriel_de, et adresse, celle du site.",
        )
    why = f" ({told.why})" if told.why else ""
    left = f"{told.left} laissés à la prochaine fois, {told.given_up} abandonnés{why}"
    return f"{told.sent} courriels partis, {left}.", not (told.left or told.given_up)
