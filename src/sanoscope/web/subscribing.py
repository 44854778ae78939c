"""Subscriptions by mail: asked by a form, confirmed and ended by the links of mails, each behind a button.

A link alone does nothing: mail scanners follow links, and a page that they open must not confirm or end anything.
Nobody is logged in here and no cookie is trusted, so a post made in a reader's name by another site (CSRF) would have
no more power than one from anywhere: the form only has a mail sent to an address, as often as the pace allows, and what
a link opens needs its token. Posts of other sites are refused all the same, but for the end of a subscription: mail
readers post it themselves (RFC 8058).
"""

import re

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sanoscope.catalogue.load import Catalogue
from sanoscope.errors import CriterionError, NotFoundError
from sanoscope.operate.subscribers import Courier, by_mail, updated
from sanoscope.query.service import Service
from sanoscope.sentence import Sentence
from sanoscope.state.subscriptions import CONFIRM, LEAVE, Subscription, Subscriptions
from sanoscope.web import language as languages
from sanoscope.web.following import of_any, subject_page, subject_title
from sanoscope.web.language import marked
from sanoscope.web.mails import writer
from sanoscope.web.pace import Pace
from sanoscope.web.posted import Posted, posting
from sanoscope.web.site import THEMES, page

LONGEST = 254
"""Characters of an address (RFC 5321, §4.5.3.1, erratum 1690)."""

LARGEST = 8 * 1024
"""Bytes of a form."""

PRIVATE = {"X-Robots-Tag": "noindex", "Cache-Control": "no-store"}
"""Of the pages of accounts, and of those whose address holds a token: told to nobody, kept by nobody.

Other sites are not told their address either (`web.app.HEADERS`). `no-referrer` would say less still, and would have
browsers hide where their forms are posted from, without which no post is taken in a session.
"""

_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@"
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}"
)


def subscribing_pages(service: Service) -> APIRouter:
    """Return the pages of subscriptions on a service."""
    routes = APIRouter(default_response_class=HTMLResponse)
    box, courier = Subscriptions(service.workspace), Courier(service.workspace, writer(service))
    pace = Pace(
        service.workspace.settings.abonnements_par_heure,
        "trop-d-abonnements",
        marked("Trop d'abonnements demandés depuis votre adresse : au plus %(n)s par heure."),
        marked("Réessayez dans %(minutes)s min ; d'ici là, suivez les nouveautés par RSS."),
    )

    @routes.get("/abonnement")
    def form(request: Request, sujet: str = "") -> HTMLResponse:
        return _form(request, service, _subject(sujet, service.catalogue))

    @routes.post("/abonnement")
    def ask(request: Request, posted: Posted = Depends(posting(LARGEST))) -> Response:  # noqa: B008
        if not by_mail(service.workspace.settings):
            raise NotFoundError(
                "courriel-absent",
                Sentence("Ce site n'envoie pas de courriels."),
                todo=Sentence("Suivez les nouveautés par RSS, ou le calendrier par iCalendar."),
            )
        pace.check(request)
        subject = _subject(posted.text("sujet"), service.catalogue)
        try:
            address = checked_address(posted.text("courriel"))
        except CriterionError as error:
            return _form(request, service, subject, posted.text("courriel"), error)
        spoken = languages.of(request)
        mail = box.ask(address, subject, spoken.code)
        if mail:
            courier.take(mail)
        return RedirectResponse(spoken.href("/abonnement/envoye"), 303)

    @routes.get("/abonnement/envoye")
    def asked(request: Request) -> HTMLResponse:
        return page(request, "abonnement-envoye.html")

    @routes.get("/abonnement/confirmer")
    def before_confirming(request: Request, jeton: str = "") -> HTMLResponse:
        return _about(request, service, "abonnement-confirmer.html", _found(box.known(jeton, CONFIRM)), jeton)

    @routes.post("/abonnement/confirmer")
    def confirm(request: Request, posted: Posted = Depends(posting(LARGEST))) -> HTMLResponse:  # noqa: B008
        found = _found(box.confirm(posted.text("jeton"), updated(service.workspace, service.catalogue)))
        return _about(request, service, "abonnement-confirme.html", found)

    @routes.get("/abonnement/fin")
    def before_leaving(request: Request, jeton: str = "") -> HTMLResponse:
        return _about(request, service, "abonnement-finir.html", _found(box.known(jeton, LEAVE)), jeton)

    @routes.post("/abonnement/fin")
    def leave(request: Request, jeton: str = "", tout: str = "") -> HTMLResponse:
        box.forget(jeton, everywhere=tout == "oui")
        return page(request, "abonnement-fini.html", headers=PRIVATE)  # the same twice, and whatever the token

    return routes


def checked_address(text: str) -> str:
    """Return a mail address, in small letters.

    Raises:
        CriterionError: ``courriel-invalide``.
    """
    address = text.strip().lower()
    if len(address) > LONGEST or not _ADDRESS.fullmatch(address):
        raise CriterionError(
            "courriel-invalide",
            Sentence("« %(adresse)s » n'est pas une adresse de courriel.", adresse=address[:LONGEST]),
            allowed=["nom@exemple.fr"],
            todo=Sentence("Écrivez-la en entier, sans accents ni espaces."),
            criterion="courriel",
        )
    return address


def _subject(text: str, catalogue: Catalogue) -> str:
    """Return a subject that there is.

    Raises:
        CriterionError: ``sujet-inconnu``.
    """
    if text and text not in THEMES and text not in catalogue.restitutions:
        raise CriterionError(
            "sujet-inconnu",
            Sentence("Il n'y a ni thème ni restitution « %(sujet)s ».", sujet=text),
            todo=Sentence("Choisissez dans la liste."),
            criterion="sujet",
        )
    return text


def _found(subscription: Subscription | None) -> Subscription:
    """Return the subscription of a link.

    Raises:
        NotFoundError: ``lien-perime``.
    """
    if subscription is None:
        raise NotFoundError(
            "lien-perime",
            Sentence("Ce lien ne mène plus à aucun abonnement : il a été fini, ou n'a pas été confirmé en sept jours."),
            todo=Sentence("Demandez-en un nouveau si vous le souhaitez."),
        )
    return subscription


def _form(
    request: Request, service: Service, subject: str, typed: str = "", error: CriterionError | None = None
) -> HTMLResponse:
    offre = of_any(service, subject)
    return page(request, "abonnement.html", 400 if error else 200, offre=offre, courriel=typed, erreur=error)


def _about(request: Request, service: Service, name: str, found: Subscription, token: str = "") -> HTMLResponse:
    """Return a page about a subscription; it does not say the address, which whoever has the link knows."""
    return page(
        request,
        name,
        headers=PRIVATE,
        sujet=subject_title(found.subject, service.catalogue, languages.of(request)),
        adresse_du_sujet=subject_page(found.subject, service.catalogue),
        jeton=token,
    )
