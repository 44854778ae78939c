"""The calendar as iCalendar (RFC 5545): an event an edition published, one an update that is announced.

And one a restitution for its next update, which keeps its identifier and moves to another day when the update is done.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.operate.planned import Calendar
from sanoscope.query.updates import Update, due, last
from sanoscope.web.feeds import (
    address,
    identifier,
    planned_address,
    planned_identifier,
    planned_subject,
    planned_title,
    summary,
    title,
)
from sanoscope.web.language import Language

LONGEST = 75
"""Octets of a line (RFC 5545, §3.1)."""


def icalendar(
    news: list[Update],
    restitutions: Iterable[Restitution],
    planned: Calendar,
    catalogue: Catalogue,
    *,
    theme: str,
    site: str,
    language: Language,
) -> bytes:
    """Return the calendar.

    Args:
        news: the editions that were published, the latest first.
        restitutions: those whose next update is told, where they have one already.
        planned: what the operator announces.
        catalogue: what the announced updates are about.
        theme: the theme that it is about, "" for all.
        site: address of the site, without a last slash.
        language: what it is written in.
    """
    known = last(news)
    stamps = {r.slug: u.told.when for u in reversed(news) for r in u.restitutions}
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Sanoscope//Calendrier//FR"]
    lines += _text("X-WR-CALNAME", language.gettext("Calendrier des mises à jour"))
    for update in news:
        said = title(update, language), summary(update, theme, language)
        lines += _event(
            identifier(update), update.told.when, update.told.when.date(), said, address(update, site, language)
        )
    for one in planned.planned:
        said = planned_title(one, language), planned_subject(one, catalogue, language)
        lines += _event(planned_identifier(one), planned.when, one.day, said, planned_address(one, site, language))
    for restitution in restitutions:
        if restitution.slug in known:
            day = due(restitution.rythme, known[restitution.slug])
            name = language.gettext(restitution.titre)
            said = (
                language.gettext("Mise à jour attendue : %(titre)s", titre=name),
                language.gettext("Une prévision, d'après le rythme de la restitution, pas une promesse."),
            )
            there = f"{site}{language.href(f'/restitutions/{restitution.slug}')}"
            uid = f"urn:sanoscope:attendue:{restitution.slug}"
            lines += _event(uid, stamps[restitution.slug], day, said, there)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _event(uid: str, stamp: datetime, day: date, said: tuple[str, str], where: str) -> Iterator[str]:
    """Yield the lines of an event that takes a whole day."""
    yield "BEGIN:VEVENT"
    yield f"UID:{uid}"
    yield f"DTSTAMP:{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}"
    yield from _text("SUMMARY", said[0])
    yield from _text("DESCRIPTION", said[1])
    yield f"URL:{where}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _text(name: str, text: str) -> Iterator[str]:
    """Yield a property of type TEXT, what separates values escaped (RFC 5545, §3.3.11)."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    yield f"{name}:{text}"


def _folded(line: str) -> Iterator[str]:
    """Yield a line in parts of 75 octets at most, each but the first after a blank, no character cut in two."""
    part = ""
    for character in line:
        if len((part + character).encode()) > LONGEST:
            yield part
            part = " "
        part += character
    yield part
