"""What is new, as a page and as feeds: RSS 2.0 and Atom (RFC 4287), one entry an edition."""

from email.utils import format_datetime
from urllib.parse import quote
from xml.etree import ElementTree as ET

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from sanoscope.errors import CriterionError, suggest
from sanoscope.query.service import Service
from sanoscope.sentence import Sentence
from sanoscope.web import language as languages
from sanoscope.web.language import Language
from sanoscope.web.menu import fields
from sanoscope.web.site import THEMES, page, root
from sanoscope.web.updates import Update, updates

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
        news, champs = [(u, u.of(theme)) for u in known], fields(service.catalogue)
        return page(request, "nouveautes.html", theme=theme, nouveautes=news, champs=champs)

    @routes.get("/nouveautes.atom")
    def atom_feed(request: Request, theme: str = "") -> Response:
        known = updates(service, chosen_theme(theme))[:KEPT]
        body = atom(known, theme=theme, site=root(request), language=languages.of(request))
        return Response(body, media_type="application/atom+xml; charset=utf-8")

    @routes.get("/nouveautes.rss")
    def rss_feed(request: Request, theme: str = "") -> Response:
        known = updates(service, chosen_theme(theme))[:KEPT]
        body = rss(known, theme=theme, site=root(request), language=languages.of(request))
        return Response(body, media_type="application/rss+xml; charset=utf-8")

    return routes


def identifier(update: Update) -> str:
    """Return what names an update for ever: the edition and the fingerprint of what it published."""
    return f"urn:sanoscope:edition:{quote(update.told.edition)}:{update.told.print}"


def title(update: Update, language: Language) -> str:
    """Return the title of an entry."""
    years = ", ".join(str(year) for year, _ in update.told.years)
    return language.gettext("Édition %(nom)s : années %(annees)s.", nom=update.told.edition, annees=years)


def summary(update: Update, theme: str, language: Language) -> str:
    """Return what an update brought: the years that are not whole, then its restitutions by name."""
    partial = [
        language.gettext("%(annee)s va jusqu'à %(mois)s.", annee=year, mois=language.month(month))
        for year, month in update.told.partial
    ]
    names = ", ".join(language.gettext(restitution.titre) for restitution in update.of(theme))
    return " ".join([*partial, language.gettext("Mises à jour : %(noms)s.", noms=names)])


def atom(news: list[Update], *, theme: str, site: str, language: Language) -> bytes:
    """Return an Atom feed.

    Args:
        news: its entries, the latest first.
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
    add(feed, "updated", news[0].told.when.isoformat() if news else "1970-01-01T00:00:00Z")
    add(add(feed, "author"), "name", "Sanoscope")
    add(feed, "link", rel="self", href=f"{site}{language.href('/nouveautes.atom')}{query}")
    add(feed, "link", rel="alternate", type="text/html", href=f"{site}{language.href('/nouveautes')}{query}")
    for update in news:
        entry = add(feed, "entry")
        add(entry, "title", title(update, language))
        add(entry, "id", identifier(update))
        add(entry, "updated", update.told.when.isoformat())
        add(entry, "link", rel="alternate", type="text/html", href=address(update, site, language))
        add(entry, "summary", summary(update, theme, language))
    return _document(feed)


def rss(news: list[Update], *, theme: str, site: str, language: Language) -> bytes:
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
    for update in news:
        item = ET.SubElement(channel, "item")
        ET.SubElement(item, "title").text = title(update, language)
        ET.SubElement(item, "link").text = address(update, site, language)
        ET.SubElement(item, "guid", {"isPermaLink": "false"}).text = identifier(update)
        ET.SubElement(item, "pubDate").text = format_datetime(update.told.when)
        ET.SubElement(item, "description").text = summary(update, theme, language)
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
