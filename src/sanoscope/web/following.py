"""Ways to follow what is updated, offered on the pages about it: by mail where mails can go, by RSS and iCalendar."""

from dataclasses import dataclass
from urllib.parse import urlencode

from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.operate.subscribers import by_mail
from sanoscope.query.service import Service
from sanoscope.web.language import Language, marked
from sanoscope.web.site import THEMES

ALL = marked("Toutes les restitutions")


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be followed, and how.

    Attributes:
        subject: a restitution's slug, a theme or "" for all: what the form is about, or begins with.
        mail: whether mails can go to subscribers.
        choices: headings and, under each, (subject, title): what the form lets choose from; empty where it does not.
        rss, calendar: paths of the feed and of the calendar that tell the same.
    """

    subject: str
    mail: bool
    choices: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    rss: str
    calendar: str


def of_restitution(service: Service, restitution: Restitution) -> Offer:
    """Return how to follow a restitution."""
    rss, calendar = f"/nouveautes.rss?theme={restitution.theme}", f"/calendrier.ics?restitution={restitution.slug}"
    return Offer(restitution.slug, by_mail(service.workspace.settings), (), rss, calendar)


def of_any(service: Service, subject: str = "") -> Offer:
    """Return how to follow what the reader chooses, a subject chosen to begin with."""
    restitutions = service.catalogue.restitutions
    if subject in restitutions:
        one = of_restitution(service, restitutions[subject])
        rss, calendar = one.rss, one.calendar
    else:
        suffix = f"?{urlencode({'theme': subject})}" if subject else ""
        rss, calendar = f"/nouveautes.rss{suffix}", f"/calendrier.ics{suffix}"
    return Offer(subject, by_mail(service.workspace.settings), _choices(service), rss, calendar)


def subject_title(subject: str, catalogue: Catalogue, language: Language) -> str:
    """Return what a subject is called: a restitution, a theme, or all."""
    if subject in catalogue.restitutions:
        return language.gettext(catalogue.restitutions[subject].titre)
    return language.gettext(THEMES.get(subject, subject) or ALL)


def subject_page(subject: str, catalogue: Catalogue) -> str:
    """Return the path of what a subject is about."""
    if subject in catalogue.restitutions:
        return f"/restitutions/{subject}"
    return f"/themes/{subject}" if subject in THEMES else "/restitutions"


def _choices(service: Service) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    offered = sorted(service.offered(), key=lambda r: r.titre)
    held = {r.theme for r in offered}
    return (
        (marked("Toutes"), (("", ALL),)),
        (marked("Un thème"), tuple((theme, title) for theme, title in THEMES.items() if theme in held)),
        (marked("Une restitution"), tuple((r.slug, r.titre) for r in offered)),
    )
