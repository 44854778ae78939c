"""The result of a question (step 3), on its own page: table, pictures, files, links, what must be known of it.

The same table without the site around it may be framed by other sites (``/restitutions/SLUG/integrer``).
"""

from dataclasses import replace
from datetime import date
from urllib.parse import quote

import orjson
from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from sanoscope.access.scope import OPEN
from sanoscope.api.reader import reader, site_of
from sanoscope.api.replies import OWN, again, status_of
from sanoscope.api.routes import closed
from sanoscope.catalogue.restitution import Restitution
from sanoscope.errors import SanoscopeError
from sanoscope.present import citation
from sanoscope.present.exports import FORMATS
from sanoscope.present.html import Heading, headings
from sanoscope.query.compare import possible
from sanoscope.query.criteria import Query
from sanoscope.query.origin import name_of, signed
from sanoscope.query.permission import COMPLETE
from sanoscope.query.service import Service
from sanoscope.query.table import Table
from sanoscope.web import language as languages
from sanoscope.web.compared import address as compared
from sanoscope.web.grounds import grounds
from sanoscope.web.kept import Kept
from sanoscope.web.language import marked
from sanoscope.web.looking import Look, looking
from sanoscope.web.pictures import Image, images
from sanoscope.web.site import page, root
from sanoscope.web.structured import of_answer
from sanoscope.web.tableau import table_html

COMPARED = {
    "": marked("Sans comparaison"),
    "n-1": marked("Année précédente"),
    "region": marked("Région"),
    "france": marked("France"),
}
"""Names of the comparisons, in the order of the switch."""

FRAMED = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors *"
)
"""Policy of the one page that other sites may frame; it sends nothing and keeps nothing."""


class Results:
    """The pages of answers, their tables and pictures kept as HTML: an answer does not change.

    Args:
        service: who answers.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._tables: Kept[Markup] = Kept(60)
        self._images: Kept[list[Image]] = Kept(500)

    def table(self, request: Request, query: Query, table: Table, look: Look, *, embedded: bool = False) -> Markup:
        """Return the table of an answer as HTML, as it is looked at.

        Raises:
            CriterionError: there is no such column to sort by.
        """
        spoken = languages.of(request)
        path = f"/restitutions/{query.restitution}" + ("/integrer" if embedded else "")
        key = spoken.code, path, query.canonical, table.edition, table.beside, look
        return self._tables.get(key, lambda: table_html(spoken, query, table, look, path, embedded=embedded))

    def images(self, request: Request, query: Query, table: Table, look: Look) -> list[Image]:
        """Return the pictures of an answer, as they are looked at.

        Raises:
            CriterionError: there is no such chart or map.
            NotFoundError: the outlines of the map changed since the link was made.
        """
        restitution, edition = (
            self._service.catalogue.restitution(query.restitution),
            self._service.edition(table.edition),
        )
        spoken, loaded = languages.of(request), grounds(self._service.workspace)
        if table.mark:  # which says when: nobody asks for it twice
            return images(restitution, query, table, edition, spoken, look, loaded)
        told = table.edition, table.beside
        key = spoken.code, query.restitution, query.canonical, told, look, tuple(g.genre for g in loaded)
        return self._images.get(key, lambda: images(restitution, query, table, edition, spoken, look, loaded))

    def page(self, request: Request, query: Query, table: Table, drawn: Markup, pictures: list[Image]) -> HTMLResponse:
        """Return the page of an answer, from its table and its pictures."""
        slug, private = query.restitution, closed(self._service, query)
        restitution = self._service.catalogue.restitution(slug)
        settings = self._service.workspace.settings
        table = signed(table, settings, site_of(request, settings))
        edition = self._service.answering(restitution, table.edition)
        pinned = query.canonical if query.edition else f"{query.canonical}&edition={table.edition}"
        site, spoken = root(request), languages.of(request)
        fixed = f"{site}{spoken.href(f'/restitutions/{slug}')}?{pinned}"
        offered = ("", *possible(query, restitution, edition))
        shown = page(
            request,
            "resultat.html",
            restitution=restitution,
            query=query,
            table=table,
            jour=_day(table),
            drawn=drawn,
            definitions=self._definitions(restitution, table),
            images=pictures,
            comparisons=[(name, COMPARED[name], _compared(query, name)) for name in offered],
            already=restitution.precedente,
            formats=FORMATS.values(),
            pinned=pinned,
            site=site,
            fixed=fixed,
            frame=framed(f"{site}{spoken.href(f'/restitutions/{slug}/integrer')}?{pinned}", spoken.say(table.title)),
            newer=self._newer(query, table),
            sentence=spoken.say(citation.sentence(table, fixed, date.today())),
            bibtex=citation.bibtex(table, fixed, date.today(), spoken.say),
            csl=orjson.dumps(citation.csl(table, fixed, date.today(), spoken.say), option=orjson.OPT_INDENT_2).decode(),
            structured="" if private else of_answer(table, restitution, spoken),
            oembed="" if private else quote(f"{site}{spoken.href(f'/restitutions/{slug}')}?{query.canonical}", safe=""),
            identifiant=name_of(table),
            versions=self._versions(request, query, restitution),
        )
        if private:
            shown.headers["Cache-Control"] = OWN
        return shown

    def _definitions(self, restitution: Restitution, table: Table) -> list[Heading]:
        """Return the definitions of the measures of a table: of its columns, or of the rows of a profile."""
        if restitution.genre != "profil":
            return [h for h in headings(table) if h.name in restitution.colonnes]
        shown = {text for label in table.labels for text in label.values}
        known = self._service.catalogue.mesures(restitution).values()
        return [Heading(one.libelle, one.definition) for one in known if one.libelle in shown]

    def _versions(self, request: Request, query: Query, restitution: Restitution) -> list[tuple[str, str]]:
        """Return the versions that the reader may have of an answer: names and criteria; none where there is one."""
        scope = reader(request).scope
        if restitution.acces == "securise" or not (
            self._service.complete and scope.may_read(restitution, complete=True)
        ):
            return []
        named = {"": marked("Version publiée"), COMPLETE: marked("Version complète")}
        return [(said, replace(query, version=version).canonical) for version, said in named.items()]

    def _newer(self, query: Query, table: Table) -> tuple[str, str, str] | None:
        """Return the edition that answers now, if the question is pinned to an older one: its name, two addresses.

        They are those of the same question there, and of the comparison of both editions.
        """
        if not query.edition:
            return None
        restitution = self._service.catalogue.restitution(query.restitution)
        now, pinned = (self._service.answering(restitution, name).manifest for name in ("", table.edition))
        if now.cree_le <= pinned.cree_le:
            return None
        there = f"/restitutions/{query.restitution}?{replace(query, edition='').canonical}"
        return now.nom, there, compared(pinned.nom, now.nom, query.restitution)

    def embedded(self, request: Request, slug: str) -> HTMLResponse:
        """Return the table alone, for the frames of other sites; an error too is told within the frame."""
        try:
            given, look = looking(request.query_params.multi_items())
            query, table = self._service.ask(slug, given, OPEN)
            drawn = self.table(request, query, table, look, embedded=True)
        except SanoscopeError as error:
            answer = page(request, "integrer.html", status_of(error), error=error, table=None)
            answer.headers.update(again(error))
        else:
            answer = page(request, "integrer.html", error=None, table=table, query=query, drawn=drawn, jour=_day(table))
        answer.headers["Content-Security-Policy"] = FRAMED
        return answer


def _compared(query: Query, kind: str) -> str:
    """Return the canonical query string of the same question with a comparison."""
    return replace(query, comparer=kind).canonical


def framed(address: str, title: str, *, width: str = "100%", height: int = 600) -> str:
    """Return the HTML that places an answer in another site, in a frame of a width and a height (pixels)."""
    size = f'width="{escape(width)}" height="{height}"'
    return f'<iframe src="{escape(address)}" title="{escape(title)}" {size} loading="lazy"></iframe>'


def _day(table: Table) -> date:
    return date.fromisoformat(table.made)
