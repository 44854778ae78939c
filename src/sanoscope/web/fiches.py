"""The fiches: their list, the form that chooses a subject, the page and the PDF of each.

``/fiches``, ``/fiches/SLUG?region=53&annee=2023``, ``/fiches/SLUG.pdf?…``, ``/fiches/SLUG/formulaire``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup

from sanoscope.api.reader import reader
from sanoscope.api.replies import OWN, cache_control
from sanoscope.catalogue.fiche import Fiche
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.errors import CriterionError, ForbiddenError
from sanoscope.present.fiche import Key, excerpt, keys, left_out, meanings, notes, picture
from sanoscope.present.html import Heading, Row, headings, rows
from sanoscope.present.pdf import to_pdf
from sanoscope.present.pictures.frame import Picture
from sanoscope.present.pictures.values import NothingToDrawError
from sanoscope.query.criteria import Query
from sanoscope.query.fiches import Part, Sheet, compose, edition_of, offered, years
from sanoscope.query.openness import openness
from sanoscope.query.service import Service
from sanoscope.query.table import Table
from sanoscope.search.find import Search
from sanoscope.web import language as languages
from sanoscope.web.form import Form, FormField, Option
from sanoscope.web.fragments import suggested
from sanoscope.web.grounds import grounds
from sanoscope.web.kept import Kept
from sanoscope.web.language import Language, marked
from sanoscope.web.looking import Look
from sanoscope.web.pictures import Image, images
from sanoscope.web.site import environment, page, root
from sanoscope.web.tableau import in_language, style
from sanoscope.web.wishes import Pairs, criteria, joined

KEPT = 60
"""PDF files kept (50 to 200 kilobytes each)."""

CHOOSE = marked("Choisissez dans la liste")


@dataclass(frozen=True, slots=True)
class Shown:
    """A block as its page shows it: of key figures ``keys``, of a table its cells, of a picture ``image``.

    Attributes:
        part: the block; ``address`` of its full answer, "" where there is none.
        headings, rows, texts: of a table, with how many of its columns are texts.
        left: rows of the answer that the table leaves out; ``total`` those it has.
        image: the picture, ``reason`` why there is none.
        drawn: the picture itself, where the page stands alone.
        missing: comparisons that could not be made, each with why.
    """

    part: Part
    address: str = ""
    keys: tuple[Key, ...] = ()
    headings: tuple[Heading, ...] = ()
    rows: tuple[Row, ...] = ()
    texts: int = 0
    left: int = 0
    total: int = 0
    reason: str = ""
    image: Image | None = None
    drawn: Picture | None = None
    missing: tuple[str, ...] = ()


def fiche_pages(service: Service, search: Search) -> APIRouter:
    """Return the pages of fiches on a service."""
    routes = APIRouter(default_response_class=HTMLResponse)
    kept: Kept[bytes] = Kept(KEPT)

    @routes.get("/fiches")
    def fiche_list(request: Request) -> HTMLResponse:
        return page(request, "fiches.html", fiches=offered(service))

    @routes.get("/fiches/{slug}.pdf")
    def pdf(slug: str, request: Request) -> Response:
        fiche = service.catalogue.fiche(slug)
        sheet = compose(
            service, slug, wished(service, fiche, request.query_params.multi_items()), reader(request).scope
        )
        spoken = languages.of(request)
        site = root(request)
        link = f"{site}{spoken.href(f'/fiches/{slug}')}?{sheet.pinned}"
        key = spoken.code, slug, sheet.canonical, tuple(sheet.editions), link
        body = kept.get(key, lambda: to_pdf(sheet, service.edition, link, spoken.say, style(spoken), spoken.code))
        name = quote(f"{slug}_{sheet.subject.code or 'france'}_{sheet.annee}.pdf".replace(":", "-"))
        headers = {
            "Content-Disposition": f"inline; filename*=UTF-8''{name}",
            **cache_control(sheet.edition, own=fiche.acces != "libre"),
        }
        return Response(body, media_type="application/pdf", headers=headers)

    @routes.get("/fiches/{slug}")
    def fiche_page(slug: str, request: Request) -> Response:
        fiche = service.catalogue.fiche(slug)
        every = request.query_params.multi_items()
        if not every and fiche.sujet != "france":
            return form_page(request, service, fiche, {})
        try:
            sheet = compose(service, slug, wished(service, fiche, every), reader(request).scope)
        except ForbiddenError:
            raise
        except CriterionError as error:
            return form_page(request, service, fiche, dict(joined(every)), error)
        if urlencode(every, quote_via=quote, safe=":,/") != sheet.canonical:
            there = languages.of(request).href(f"/fiches/{slug}")
            return RedirectResponse(f"{there}?{sheet.canonical}", 303)
        return _sheet_page(request, service, sheet)

    @routes.get("/fiches/{slug}/formulaire")
    def form(slug: str, request: Request) -> HTMLResponse:
        fiche = service.catalogue.fiche(slug)
        return form_page(request, service, fiche, dict(joined(request.query_params.multi_items())))

    @routes.get("/fiches/{slug}/suggestions")
    def suggestions(slug: str, request: Request, champ: str = "activite", niveau_activite: str = "") -> HTMLResponse:
        service.catalogue.fiche(slug)
        return suggested(request, search, slug, champ, niveau_activite)

    return routes


def wished(service: Service, fiche: Fiche, items: Iterable[tuple[str, str]]) -> Pairs:
    """Return the criteria that a form or an address gives: words turned into codes, fields of the form alone left out.

    Raises:
        CriterionError: words stand for no establishment or activity, or for several.
        NotFoundError: the edition named is not published.
    """
    sent = list(items)
    given = dict(joined(sent))
    depth = given.pop("niveau_activite", "")
    others = [(name, value) for name, value in sent if name not in ("niveau_activite", fiche.sujet) and value.strip()]
    if not given.get(fiche.sujet) or fiche.sujet not in ("etablissement", "activite"):
        return [(name, value) for name, value in sent if name != "niveau_activite" and value.strip()]
    asked: Pairs = [(fiche.sujet, given[fiche.sujet])]
    asked += [("portee", "etablissement")] if fiche.sujet == "etablissement" else [("niveau_activite", depth)]
    edition = edition_of(service, fiche, given.get("edition", ""))
    return [*criteria(asked, _restitution(service, fiche), edition), *others]


def form_page(
    request: Request, service: Service, fiche: Fiche, given: dict[str, str], error: CriterionError | None = None
) -> HTMLResponse:
    """Return the form of a fiche: of what, and of which year.

    Args:
        request, service, fiche: for whom, from what, of what.
        given: by name of field.
        error: why the fiche was refused.
    """
    edition = edition_of(service, fiche, given.get("edition", ""))
    fields = _fields(service, fiche, edition, given, languages.of(request))
    wrong = error.criterion if error and error.criterion in fields else ""
    return page(
        request,
        "fiche-formulaire.html",
        400 if error else 200,
        fiche=fiche,
        fields=fields,
        edition=edition,
        caches={"edition": given["edition"]} if given.get("edition") else {},
        error=error,
        fautif=wrong,
        voisines=[other for other in offered(service) if other.slug != fiche.slug],
    )


def _restitution(service: Service, fiche: Fiche) -> Restitution:
    """Return the restitution whose form asks what a fiche needs, with the levels of the fiche."""
    first = service.catalogue.restitution(fiche.blocs[0].restitution)
    asked = first.criteres.model_copy(update={"annee": "une", "activite": fiche.niveaux})
    return first.model_copy(update={"criteres": asked})


def _fields(
    service: Service, fiche: Fiche, edition: Edition, given: dict[str, str], spoken: Language
) -> dict[str, FormField]:
    """Return the fields of a fiche's form, those of its first restitution's form as far as they name its subject."""
    restitution = _restitution(service, fiche)
    seen = edition.answering(restitution) if edition.manifest.repond(restitution) else edition
    filled = {"annee": str(years(edition)[1]), **given}
    form = Form(
        restitution, service.catalogue.champ(restitution), edition, openness(service, restitution, seen), filled, spoken
    )
    every = form.fields()
    found = {"annee": every["annee"]}
    match fiche.sujet:
        case "region":
            found["region"] = _regions(form, filled.get("region", ""))
        case "ght":
            known = [option for option in every["ght"].groups[""] if option.value not in ("", "?")]
            found["ght"] = _list(every["ght"], known, spoken)
        case "activite":
            found |= {name: every[name] for name in ("niveau_activite", "activite")}
        case "etablissement":
            found["etablissement"] = every["etablissement"]
    return found


def _regions(form: Form, chosen: str) -> FormField:
    zones = form.zone("region")
    codes = [replace(o, value=o.value.removeprefix("region:")) for o in zones.groups[""] if o.value]
    named = replace(zones, name="region", title=form.language.gettext(marked("Région")))
    return _list(named, [replace(option, chosen=option.value == chosen) for option in codes], form.language)


def _list(of: FormField, options: list[Option], spoken: Language) -> FormField:
    first = Option("", spoken.gettext(CHOOSE), not any(option.chosen for option in options))
    return replace(of, groups={"": [first, *options]})


def standalone(service: Service, sheet: Sheet) -> bytes:
    """Return a fiche as a page of its own, in French: its style and its pictures within, no link."""
    french = languages.language(languages.SOURCE)
    static = files("sanoscope.web").joinpath("static")
    styles = [static.joinpath(f"{name}.css").read_text(encoding="utf-8") for name in ("sanoscope", "fiche")]
    blocks = [_shown(service, part, french, alone=True) for part in sheet.parts]
    template = environment(french.code).get_template("fiche-seule.html")
    return template.render(**_context(sheet, blocks), style=Markup("\n".join(styles)), seule=True).encode()


def _sheet_page(request: Request, service: Service, sheet: Sheet) -> HTMLResponse:
    spoken, site = languages.of(request), root(request)
    path = f"/fiches/{sheet.fiche.slug}"
    made = page(
        request,
        "fiche.html",
        **_context(sheet, [_shown(service, part, spoken) for part in sheet.parts]),
        seule=False,
        fixed=f"{site}{spoken.href(path)}?{sheet.pinned}",
        permanent=f"{site}{spoken.href(path)}?{sheet.canonical}",
        donnees=f"{site}/api/v1{path}?{sheet.canonical}",
    )
    if sheet.fiche.acces != "libre":
        made.headers["Cache-Control"] = OWN
    return made


def _context(sheet: Sheet, blocks: list[Shown]) -> dict[str, Any]:
    return {
        "sheet": sheet,
        "fiche": sheet.fiche,
        "blocs": blocks,
        "legend": meanings(sheet),
        "notes": notes(sheet),
        "jours": {name: date.fromisoformat(table.made) for name, table in sheet.editions.items()},
        "question": sheet.canonical,
    }


def _shown(service: Service, part: Part, spoken: Language, *, alone: bool = False) -> Shown:
    """Return a block as its page shows it; alone, with no link and its picture within."""
    if part.table is None or part.query is None:
        return Shown(part)
    address = "" if alone else spoken.href(f"/restitutions/{part.restitution.slug}") + f"?{part.query.canonical}"
    shown = Shown(part, address, total=part.table.kinds.count("detail"), left=left_out(part))
    match part.bloc.affichage:
        case "cles":
            missing = tuple(c.refused.message for c in part.comparisons if c.refused)
            return replace(shown, keys=tuple(keys(part, style(spoken))), missing=missing)
        case "table":
            table = in_language(excerpt(part), spoken)
            cells = tuple(rows(table, style(spoken)))
            return replace(shown, headings=tuple(headings(table)), rows=cells, texts=len(table.labels))
    if not alone:
        image = _image(service, part, part.query, part.table, spoken)
        return replace(shown, image=image, reason=image.reason)
    try:
        return replace(shown, drawn=picture(part, service.edition))
    except NothingToDrawError as nothing:
        return replace(shown, reason=nothing.message)


def _image(service: Service, part: Part, query: Query, table: Table, spoken: Language) -> Image:
    kind, genre = part.bloc.affichage, part.bloc.genre
    look = Look(graphique=genre) if kind == "graphique" else Look(carte=genre)
    edition, loaded = service.edition(table.edition), grounds(service.workspace)
    every = images(part.restitution, query, table, edition, spoken, look, loaded)
    return next(image for image in every if image.kind == kind)
