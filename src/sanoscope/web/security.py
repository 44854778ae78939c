"""To whom a weakness of the site is told: ``/.well-known/security.txt`` (RFC 9116)."""

from datetime import UTC, date, datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from sanoscope.errors import NotFoundError
from sanoscope.query.service import Service
from sanoscope.sentence import Sentence
from sanoscope.web.site import root

PATH = "/.well-known/security.txt"


def security_pages(service: Service) -> APIRouter:
    """Return the file on a service; there is none where the setting ``securite_contact`` is empty."""
    routes = APIRouter()

    @routes.get(PATH)
    def told(request: Request) -> PlainTextResponse:
        settings = service.workspace.settings
        if not settings.securite_contact:
            raise NotFoundError(
                "contact-absent",
                Sentence("Ce site ne dit pas à qui signaler une faille."),
                todo=Sentence("Qui le tient peut le dire : réglage « securite_contact »."),
            )
        text = written(settings.securite_contact, settings.adresse or root(request), datetime.now(UTC).date())
        return PlainTextResponse(text)

    return routes


def written(contact: str, site: str, today: date) -> str:
    r"""Return the file, good until the end of next month: who reads it later asks again.

    >>> print(written("mailto:a@exemple.fr", "https://stats.exemple.fr", date(2026, 11, 29)))
    Contact: mailto:a@exemple.fr
    Expires: 2026-12-31T23:59:59Z
    Preferred-Languages: fr, en
    Canonical: https://stats.exemple.fr/.well-known/security.txt
    <BLANKLINE>
    """
    after_next = (today.replace(day=1) + timedelta(62)).replace(day=1)
    last = after_next - timedelta(1)
    lines = {
        "Contact": contact,
        "Expires": f"{last.isoformat()}T23:59:59Z",
        "Preferred-Languages": "fr, en",
        "Canonical": f"{site}{PATH}",
    }
    return "".join(f"{name}: {value}\n" for name, value in lines.items())
