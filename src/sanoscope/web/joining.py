"""What the links of accounts open: joining, with a password and a second factor; choosing another password."""

from email.message import EmailMessage
from email.policy import SMTP

import segno
from fastapi import APIRouter, BackgroundTasks, Depends, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from sanoscope import logs
from sanoscope.access.accounts import Account
from sanoscope.access.passwords import JOIN, RENEW, SHORTEST, Passwords, address_of, new_secret
from sanoscope.access.sessions import Sessions
from sanoscope.errors import CriterionError, NotFoundError, SanoscopeError
from sanoscope.operate.mail import server
from sanoscope.operate.subscribers import by_mail
from sanoscope.query.service import Service
from sanoscope.sentence import Sentence
from sanoscope.web import language as languages
from sanoscope.web.language import Language, marked
from sanoscope.web.pace import Pace
from sanoscope.web.posted import Posted, posting
from sanoscope.web.providing import Providers
from sanoscope.web.signed import HOME, check_twice, let_in
from sanoscope.web.site import page
from sanoscope.web.subscribing import LARGEST, PRIVATE, checked_address
from sanoscope.workspace import Settings

MADE = posting(LARGEST)


def joining_pages(service: Service, refusals: Pace, known: Providers) -> APIRouter:
    """Return the pages of links on a service; ``refusals``: how often an account's codes may be refused."""
    routes = APIRouter(default_response_class=HTMLResponse)
    settings = service.workspace.settings
    passwords, sessions = Passwords(service.workspace), Sessions(service.workspace)
    asked = Pace(
        settings.essais_par_heure,
        "trop-d-essais",
        marked("Trop de demandes : au plus %(n)s par heure."),
        marked("Réessayez dans %(minutes)s min."),
    )

    @routes.get("/connexion/rejoindre")
    def joining(request: Request, jeton: str = "") -> HTMLResponse:
        return _joining(request, known, passwords.holder(jeton, JOIN), jeton, new_secret())

    @routes.post("/connexion/rejoindre")
    def join(request: Request, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        link, secret = posted.text("jeton"), posted.text("secret")
        holder = passwords.holder(link, JOIN)
        try:
            check_twice(posted)
            account = passwords.join(link, posted.text("mot_de_passe"), secret, posted.text("code"))
        except CriterionError as error:
            return _joining(request, known, holder, link, secret, error)
        return _let_in(request, account)

    @routes.get("/connexion/mot-de-passe")
    def renewing(request: Request, jeton: str = "") -> HTMLResponse:
        return _renewing(request, passwords.holder(jeton, RENEW), jeton)

    @routes.post("/connexion/mot-de-passe")
    def renew(request: Request, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        link = posted.text("jeton")
        holder = passwords.holder(link, RENEW)
        whose = (f"compte:{holder.name}",)
        refusals.admit(*whose)
        try:
            check_twice(posted)
            account = passwords.renew(link, posted.text("mot_de_passe"), posted.text("code"))
        except CriterionError as error:
            if error.code == "code-faux":
                refusals.count(*whose)
            return _renewing(request, holder, link, error)
        return _let_in(request, account)

    @routes.get("/connexion/oubli")
    def forgotten(request: Request) -> HTMLResponse:
        return page(request, "oubli.html", courriel="", erreur=None, envoi=by_mail(settings), headers=PRIVATE)

    @routes.post("/connexion/oubli")
    def send(request: Request, later: BackgroundTasks, posted: Posted = Depends(MADE)) -> Response:  # noqa: B008
        if not by_mail(settings):
            raise NotFoundError(
                "courriel-absent",
                Sentence("Ce site n'envoie pas de courriels."),
                todo=Sentence("Demandez un lien à qui administre les comptes de votre organisation."),
            )
        asked.check(request)
        typed = posted.text("courriel")
        try:
            address = checked_address(typed)
        except CriterionError as error:
            headers = dict(PRIVATE)
            return page(request, "oubli.html", 400, courriel=typed, erreur=error, envoi=True, headers=headers)
        later.add_task(_remind, service, passwords, asked, address, languages.of(request))
        return page(request, "oubli-envoye.html", headers=PRIVATE)

    def _let_in(request: Request, account: Account) -> Response:
        return let_in(request, sessions, account.identifier, languages.of(request).href(HOME))

    return routes


def _joining(
    request: Request, known: Providers, account: Account, link: str, secret: str, error: CriterionError | None = None
) -> HTMLResponse:
    return page(
        request,
        "rejoindre.html",
        400 if error else 200,
        compte=account,
        jeton=link,
        secret=secret,
        code_qr=drawn(address_of(secret, account)),
        plus_court=SHORTEST,
        erreur=error,
        fournisseurs=tuple(known.known.values()),
        headers=PRIVATE,
    )


def _renewing(request: Request, account: Account, link: str, error: CriterionError | None = None) -> HTMLResponse:
    found = {"compte": account, "jeton": link, "plus_court": SHORTEST, "erreur": error}
    return page(request, "mot-de-passe.html", 400 if error else 200, headers=PRIVATE, **found)


def drawn(text: str) -> Markup:
    """Return a QR code as SVG for a page: no style in it, black on white in any display."""
    code = segno.make(text, error="m")
    return Markup(code.svg_inline(scale=4, light="#fff", dark="#000", svgclass="qr", lineclass=None))


def _remind(service: Service, passwords: Passwords, pace: Pace, address: str, spoken: Language) -> None:
    """Send the link to choose another password, if one account has this address; the answer has gone already."""
    try:
        pace.admit(address)
        account = passwords.of_address(address)
        if account is None:
            return
        pace.count(address)
        link = passwords.invite(account, RENEW, by=account.name)
        message = _reminder(service.workspace.settings, account, link, spoken)
        with server(service.workspace.settings) as opened:
            opened.send_message(message)
    except (OSError, ValueError, SanoscopeError) as error:
        logs.say("courriels", "alerte", laisses=1, erreur=type(error).__name__)


def _reminder(settings: Settings, account: Account, link: str, spoken: Language) -> EmailMessage:
    gettext = spoken.gettext
    there = f"{settings.adresse}{spoken.href('/connexion/mot-de-passe')}?jeton={link}"
    message = EmailMessage(policy=SMTP.clone(max_line_length=998))
    message["Subject"] = gettext("Choisir un autre mot de passe")
    message["From"], message["To"] = settings.courriel_de, account.address
    message["Auto-Submitted"] = "auto-generated"
    told = [
        gettext("Vous avez demandé à choisir un autre mot de passe sur Sanoscope. Ouvrez cette page dans l'heure :"),
        there,
        gettext("Si ce n'était pas vous, il n'y a rien à faire : le mot de passe ne change pas."),
    ]
    message.set_content("\n\n".join(told) + "\n", cte="quoted-printable")
    return message
