"""The mail server of the settings, for reports and subscribers alike."""

import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from sanoscope.workspace import Settings

TIMEOUT = 30
"""How long the server is waited for (seconds)."""

USER, PASSWORD = "SANOSCOPE_COURRIEL_UTILISATEUR", "SANOSCOPE_COURRIEL_MOT_DE_PASSE"
"""Environment variables of a server that asks who speaks: a password is no setting."""


@contextmanager
def server(settings: Settings) -> Iterator[smtplib.SMTP]:
    """Yield the mail server, spoken to as the settings say; a password is never said in clear.

    Raises:
        OSError: it is not there, its certificate is not good, it refuses (`smtplib.SMTPException` is one).
        ValueError: its port is no number.
    """
    host, _, port = settings.courriel_serveur.partition(":")
    user = os.environ.get(USER, "")
    if user and not settings.courriel_chiffrement:
        raise smtplib.SMTPNotSupportedError("a password needs courriel_chiffrement")
    context = ssl.create_default_context()
    if settings.courriel_chiffrement == "tls":
        opened: smtplib.SMTP = smtplib.SMTP_SSL(host or "localhost", int(port or 465), timeout=TIMEOUT, context=context)
    else:
        opened = smtplib.SMTP(host or "localhost", int(port or 25), timeout=TIMEOUT)
    with opened:
        if settings.courriel_chiffrement == "starttls":
            opened.starttls(context=context)
        if user:
            opened.login(user, os.environ.get(PASSWORD, ""))
        yield opened
