"""The cookie of who is signed in, and what his requests must be: from our own pages, kept by nobody.

The cookie holds a session's token; scripts cannot read it, other sites' posts do not carry it (``SameSite=Lax``), and
where the site is HTTPS it goes by HTTPS to this host alone (``__Host-``).
"""

from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from sanoscope.access.reader import Reader
from sanoscope.access.sessions import Sessions
from sanoscope.api.posted import check_origin
from sanoscope.api.reader import reader
from sanoscope.errors import CriterionError, ForbiddenError, SignInError
from sanoscope.sentence import Sentence
from sanoscope.web.posted import Posted
from sanoscope.workspace import Settings

SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing."""

HOME = "/compte"


def cookie(settings: Settings, what: str = "session") -> str:
    """Return the name of a cookie of this site."""
    return f"__Host-{what}" if encrypted(settings) else what


def encrypted(settings: Settings) -> bool:
    """Tell whether the site is read by HTTPS."""
    return settings.adresse.startswith("https://")


def put(answer: Response, settings: Settings, token: str, what: str = "session", *, seconds: int | None = None) -> None:
    """Give a browser a cookie of this site, until it is closed where no time is given."""
    answer.set_cookie(
        cookie(settings, what), token, max_age=seconds, httponly=True, samesite="lax", secure=encrypted(settings)
    )


def drop(answer: Response, settings: Settings, what: str = "session") -> None:
    """Have a browser forget a cookie of this site."""
    answer.delete_cookie(cookie(settings, what), httponly=True, samesite="lax", secure=encrypted(settings))


def token(request: Request, settings: Settings, what: str = "session") -> str:
    """Return what a cookie of this site holds, "" for none."""
    return request.cookies.get(cookie(settings, what), "")


def let_in(
    request: Request, sessions: Sessions, account: str, back: str, *, provider: str = "", id_token: str = ""
) -> Response:
    """Open a session of an account instead of the one that a browser has, and send it back where it was.

    Args:
        request, sessions: who asks; where sessions are.
        account: by identifier.
        back: an address of this site, in the language of the reader.
        provider, id_token: as of `Sessions.open`.

    Raises:
        SanoscopeError: those of `Sessions.open`.
    """
    settings = sessions.workspace.settings
    opened = sessions.open(account, provider=provider, id_token=id_token, instead=token(request, settings))
    answer = RedirectResponse(back, 303, headers={"X-Robots-Tag": "noindex", "Cache-Control": "no-store"})
    put(answer, settings, opened)
    return answer


def check_ours(request: Request) -> None:
    """Do nothing if what changes something in a session comes from one of our own pages.

    Raises:
        RefusedError: ``envoi-etranger``.
    """
    if request.method not in SAFE:
        check_origin(request, strict=True)


def signed_in(request: Request) -> Reader:
    """Return who is signed in.

    Raises:
        SignInError: ``connexion-requise``: nobody is, or a key is shown, which opens no page of an account.
    """
    who = reader(request)
    if not who.session:
        raise SignInError(
            "connexion-requise",
            Sentence("Cette page est pour qui est connecté."),
            todo=Sentence("Connectez-vous ; une session finit quand elle ne sert plus."),
        )
    return who


def administrator(request: Request, *, of_site: bool = False) -> Reader:
    """Return who is signed in and administers his organisation at least; ``of_site``: the site.

    Raises:
        SignInError: ``connexion-requise``.
        ForbiddenError: ``reserve-aux-administrateurs``.
    """
    who = signed_in(request)
    if not who.role or (of_site and who.role != "site"):
        raise ForbiddenError(
            "reserve-aux-administrateurs",
            Sentence("Cette page est pour qui administre les comptes."),
            todo=Sentence("Demandez-le à qui administre ceux de votre organisation."),
        )
    return who


def way_in(request: Request) -> str:
    """Return the address to sign in and come back to the page that is read, without its language."""
    path, query = request.scope["path"], request.url.query
    back = quote(path.lstrip("/") + (f"?{query}" if query else ""), safe="/")
    return "/connexion" if path.startswith("/connexion") else f"/connexion?vers=/{back}"


def check_twice(posted: Posted) -> None:
    """Do nothing if a new password was typed the same twice.

    Raises:
        CriterionError: ``mots-de-passe-differents``.
    """
    if posted.text("mot_de_passe") != posted.text("encore"):
        raise CriterionError(
            "mots-de-passe-differents",
            Sentence("Les deux mots de passe ne sont pas les mêmes."),
            criterion="encore",
        )
