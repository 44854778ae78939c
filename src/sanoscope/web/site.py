"""What every page is made with: the templates, the language of the address, the reader's display."""

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sanoscope import __version__
from sanoscope.api.reader import reader
from sanoscope.api.replies import again, problem, status_of
from sanoscope.edition.edition import Edition
from sanoscope.edition.publication import served
from sanoscope.errors import SanoscopeError
from sanoscope.present.pictures.frame import Picture
from sanoscope.present.pictures.render import to_svg
from sanoscope.query.service import Service
from sanoscope.sentence import Name
from sanoscope.web import language as languages
from sanoscope.web.display import DISPLAYS, display
from sanoscope.web.language import NAMES, SOURCE, marked
from sanoscope.web.signed import way_in

THEMES = {
    "indicateurs-synthetiques": marked("Indicateurs synthétiques"),
    "activite": marked("Activité"),
    "couts-finances": marked("Coûts et finances"),
    "qualite": marked("Qualité"),
    "rh": marked("Ressources humaines"),
}


def root(request: Request) -> str:
    """Return the address of the site, without a last slash."""
    return str(request.base_url).rstrip("/")


def page(
    request: Request, name: str, status: int = 200, *, headers: Mapping[str, str] | None = None, **context: object
) -> HTMLResponse:
    """Return a page from its template, in the language of the request's address.

    Beside its context, a template may use ``_()`` and ``{% trans %}`` for sentences written in it, the filter
    ``translated`` for French texts that come from elsewhere (the catalogue, Python), ``href(path)`` for addresses of
    the site, ``langue`` (a `Language`: numbers, dates), ``ici`` (this page's path and query, without language),
    ``lecteur`` (who asks, a `Reader`), ``se_connecter`` (where to sign in and come back here), ``themes``,
    ``en_francais`` (`` lang="fr"`` on what stays French in an English page), ``langue_de(text)`` (the same where it is
    a `Name`), and the filter ``said`` (as ``translated``, with ``lang="fr"`` around the names in it).
    """
    spoken = languages.of(request)
    query = f"?{request.url.query}" if request.url.query else ""
    common = {  # « //ailleurs.fr » is a path here, another site in a link
        "ici": "/" + quote(request.scope["path"].lstrip("/")) + query,
        "adresse": root(request),
        "affichage": display(request),
        "lecteur": reader(request),
        "se_connecter": spoken.href(way_in(request)),
    }
    html = environment(spoken.code).get_template(name).render(**common, **context)
    return HTMLResponse(html, status, headers={"Content-Language": spoken.code, "Vary": "Cookie", **(headers or {})})


def error_page(request: Request, error: SanoscopeError, status: int = 0) -> HTMLResponse:
    """Return the page of an error: what was wrong, what is allowed, what to do.

    Its status is the one that goes with the error where none is given.
    """
    answer = page(request, "erreur.html", status or status_of(error), error=error)
    answer.headers.update(again(error))
    return answer


def is_api(path: str) -> bool:
    """Tell whether an address answers programs, refusals included."""
    return path.startswith(("/api/", "/sante", "/catalogue", "/id/", "/oembed"))


def refusal(request: Request, error: SanoscopeError, status: int = 0) -> Response:
    """Return an error as its address answers: a page, or problem+json; its status as in `error_page`."""
    return problem(error, status) if is_api(request.url.path) else error_page(request, error, status)


def published_edition(service: Service) -> Edition | None:
    """Return the edition that is served; None where none is published yet."""
    return service.edition() if served(service.workspace.editions) else None


@cache
def environment(code: str) -> Environment:
    """Return the templates in a language."""
    spoken = languages.language(code)
    french = Markup("") if spoken.code == SOURCE else Markup(' lang="fr"')
    made = Environment(
        loader=PackageLoader("sanoscope.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(spoken.translations, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(translated=spoken.say, said=spoken.html, svg64=_svg64)
    made.globals.update(
        version=__version__,
        themes=THEMES,
        langue=spoken,
        langues={name: languages.language(name) for name in NAMES},
        noms_des_langues=NAMES,
        href=spoken.href,
        affichages=DISPLAYS,
        langue_de=lambda text: french if isinstance(text, Name) else Markup(""),
        en_francais=french,
    )
    return made


def _svg64(picture: Picture) -> str:
    """Return a picture as SVG in base 64, for a page that holds it."""
    return b64encode(to_svg(picture)).decode("ascii")
