"""What is new, as a page and as feeds: RSS 2.0 and Atom (RFC 4287), an entry an edition or an announced update."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from urllib.parse import quote
from xml.etree import ElementTree as ET

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from sanoscope.catalogue.load import Catalogue
from sanoscope.errors import CriterionError, suggest
from sanoscope.operate.planned import Calendar, Planned, calendar
from sanoscope.query.service import Service
from sanoscope.query.updates import Update, updates
from sanoscope.sentence import Sentence
from sanoscope.web import language as languages
from sanoscope.web.following import of_any
from sanoscope.web.language import Language
from sanoscope.web.menu import field_name, fields
from sanoscope.web.site import THEMES, page, root

ATOM = "http://www.w3.org/2005/Atom"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
KEPT = 50
"""Entries that a feed has at most."""


def feeds(service: Service) -> APIRouter:
    """Return the page and the feeds of updates on a service; each takes ``?theme=``."""
    routes = APIRouter()

    @routes.get("/nouveautes")
    def news_page(request: Request, theme: str = "") -> HTMLResponse:
        known = updates(service, chosen_theme(theme))
        offre = of_any(service, theme)
        news, champs = [(u, u.of(theme)) for u in known], fields(service.catalogue)
        return page(request, "nouveautes.html", theme=theme, nouveautes=news, champs=champs, offre=offre)

    @routes.get("/nouveautes.atom")
    def atom_feed(request: Request, theme: str = "") -> Response:
        told = entries(service, chosen_theme(theme), site=root(request), language=languages.of(request))
        body = atom(told, theme=theme, site=root(request), language=languages.of(request))
        return Response(body, media_type="application/atom+xml; charset=utf-8")

    @routes.get("/nouveautes.rss")
    def rss_feed(request: Request, theme: str = "") -> Response:
        told = entries(service, chosen_theme(theme), site=root(request), language=languages.of(request))
        body = rss(told, theme=theme, site=root(request), language=languages.of(request))
        return Response(body, media_type="application/rss+xml; charset=utf-8")

    return routes


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a feed: its title, what names it for ever, when it was said, its address, what it tells."""

    title: str
    identifier: str
    when: datetime
    link: str
    summary: str


def entries(service: Service, theme: str, *, site: str, language: Language) -> list[Entry]:
    """Return what a feed tells: what is announced from today on, the soonest first, and what is done, the latest first.

    Args:
        service: whose news.
        theme: the theme that it is about, "" for all.
        site: address of the site, without a last slash.
        language: what it is written in.
    """
    told, catalogue = announced(service, theme), service.catalogue
    coming = [
        Entry(
            planned_title(one, language),
            planned_identifier(one),
            told.when,
            planned_address(one, site, language),
            planned_subject(one, catalogue, language),
        )
        for one in told.since(today())
    ]
    done = [
        Entry(
            title(update, language),
            identifier(update),
            update.told.when,
            address(update, site, language),
            summary(update, theme, language),
        )
        for update in updates(service, theme)
    ]
    return [*coming, *done][:KEPT]


def announced(service: Service, theme: str = "", restitution: str = "") -> Calendar:
    """Return what the operator announces of a theme or of a restitution; all for ""."""
    found = calendar(service.workspace, service.catalogue)
    if not (theme or restitution):
        return found
    known = service.catalogue.restitutions.values()
    return found.about([r for r in known if theme in ("", r.theme) and restitution in ("", r.slug)])


def today() -> date:
    """Return the day that it is (UTC)."""
    return datetime.now(UTC).date()


def planned_identifier(planned: Planned) -> str:
    """Return what names an announced update as long as its line is what it is."""
    return f"urn:sanoscope:annonce:{planned.print}"


def planned_title(planned: Planned, language: Language) -> str:
    """Return the title of an announced update; what its operator wrote is told as it is."""
    return language.gettext("Annoncé pour le %(jour)s : %(quoi)s", jour=language.date(planned.day), quoi=planned.what)


def planned_subject(planned: Planned, catalogue: Catalogue, language: Language) -> str:
    """Return what an announced update is about: a restitution, a field, or the whole site."""
    if planned.restitution:
        return language.gettext(catalogue.restitutions[planned.restitution].titre)
    if planned.champ:
        return language.gettext(field_name(planned.champ, catalogue))
    return language.gettext("Toutes les restitutions")


def planned_address(planned: Planned, site: str, language: Language) -> str:
    """Return the address of an announced update: its line of the calendar."""
    return f"{site}{language.href('/calendrier')}#annonce-{planned.print}"


def identifier(update: Update) -> str:
    """Return what names an update for ever: the edition and the fingerprint of what it published."""
    return f"urn:sanoscope:edition:{quote(update.told.edition)}:{update.told.print}"


def title(update: Update, language: Language) -> str:
    """Return the title of an entry."""
    years = ", ".join(str(year) for year, _ in update.told.years)
    return language.gettext("Édition %(nom)s : années %(annees)s.", nom=update.told.edition, annees=years)


def coverage(update: Update, language: Language) -> str:
    """Return which years of an update are not whole, and up to when they go; "" where all are."""
    return " ".join(
        language.gettext("%(annee)s va jusqu'à %(mois)s.", annee=year, mois=language.month(month))
        for year, month in update.told.partial
    )


def summary(update: Update, theme: str, language: Language) -> str:
    """Return what an update brought: the years that are not whole, then its restitutions by name."""
    names = ", ".join(language.gettext(restitution.titre) for restitution in update.of(theme))
    return " ".join(
        [*filter(None, [coverage(update, language)]), language.gettext("Mises à jour : %(noms)s.", noms=names)]
    )


def atom(told: Sequence[Entry], *, theme: str, site: str, language: Language) -> bytes:
    """Return an Atom feed.

    Args:
        told: its entries.
        theme: the theme that it is about, "" for all.
        site: address of the site, without a last slash.
        language: what it is written in.
    """
    ET.register_namespace("", ATOM)
    feed = ET.Element(f"{{{ATOM}}}feed", {XML_LANG: language.code})
    query = f"?theme={theme}" if theme else ""

    def add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
        made = ET.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
        made.text = text or None
        return made

    add(feed, "title", _named(theme, language))
    add(feed, "id", f"{site}{language.href('/nouveautes')}{query}")
    add(feed, "updated", max(one.when for one in told).isoformat() if told else "1970-01-01T00:00:00Z")
    add(add(feed, "author"), "name", "Sanoscope")
    add(feed, "link", rel="self", href=f"{site}{language.href('/nouveautes.atom')}{query}")
    add(feed, "link", rel="alternate", type="text/html", href=f"{site}{language.href('/nouveautes')}{query}")
    for one in told:
        entry = add(feed, "entry")
        add(entry, "title", one.title)
        add(entry, "id", one.identifier)
        add(entry, "updated", one.when.isoformat())
        add(entry, "link", rel="alternate", type="text/html", href=one.link)
        add(entry, "summary", one.summary)
    return _document(feed)


def rss(told: Sequence[Entry], *, theme: str, site: str, language: Language) -> bytes:
    """Return an RSS 2.0 feed; the same arguments as `atom`."""
    feed = ET.Element("rss", {"version": "2.0"})
    channel = ET.SubElement(feed, "channel")
    query = f"?theme={theme}" if theme else ""
    page_address = f"{site}{language.href('/nouveautes')}{query}"
    described = language.gettext("Ce qui est mis à jour sur Sanoscope, édition par édition.")
    for name, text in {
        "title": _named(theme, language),
        "link": page_address,
        "description": described,
        "language": language.code,
    }.items():
        ET.SubElement(channel, name).text = text
    for one in told:
        item = ET.SubElement(channel, "item")
        ET.SubElement(item, "title").text = one.title
        ET.SubElement(item, "link").text = one.link
        ET.SubElement(item, "guid", {"isPermaLink": "false"}).text = one.identifier
        ET.SubElement(item, "pubDate").text = format_datetime(one.when)
        ET.SubElement(item, "description").text = one.summary
    return _document(feed)


def _document(root: ET.Element) -> bytes:
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _named(theme: str, language: Language) -> str:
    name = language.gettext("Nouveautés de Sanoscope")
    return f"{name} : {language.gettext(THEMES[theme])}" if theme else name


def address(update: Update, site: str, language: Language) -> str:
    """Return the address of a piece of news."""
    return f"{site}{language.href('/nouveautes')}#{quote(update.told.edition)}"


def chosen_theme(theme: str) -> str:
    """Return a theme that there is, or "" for all.

    Raises:
        CriterionError: ``theme-inconnu``.
    """
    if theme and theme not in THEMES:
        raise CriterionError(
            "theme-inconnu",
            Sentence("Il n'y a pas de thème « %(theme)s ».", theme=theme),
            allowed=THEMES,
            todo=suggest(theme, THEMES),
        )
    return theme
