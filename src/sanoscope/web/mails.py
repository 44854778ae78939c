"""The mails to subscribers, in the language of the page on which they were asked: plain text, links, no picture."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import quote

from sanoscope.operate.subscribers import Write
from sanoscope.query.service import Service
from sanoscope.query.updates import Update, updates
from sanoscope.state.subscriptions import Links, Mail
from sanoscope.web import compared
from sanoscope.web.feeds import coverage, summary, title
from sanoscope.web.following import subject_page, subject_title
from sanoscope.web.language import Language, language
from sanoscope.workspace import Settings

CONFIRM, LEAVE = "/abonnement/confirmer", "/abonnement/fin"
"""Paths of the links of mails; each takes ``?jeton=``."""

POLICY = SMTP.clone(max_line_length=998)
"""A link in a header is not to be cut or encoded: lines as long as mail allows (RFC 5322, §2.1.1)."""


def writer(service: Service) -> Write:
    """Return what makes the message of a mail; its links are at the public address of the settings."""
    return lambda mail, links: _Written(service, mail, links).message()


class _Written:
    """A mail being written."""

    def __init__(self, service: Service, mail: Mail, links: Links) -> None:
        self.service, self.mail, self.links = service, mail, links
        self.to = mail.subscription
        self.language: Language = language(self.to.language)
        self.name = subject_title(self.to.subject, service.catalogue, self.language)

    def message(self) -> EmailMessage:
        """Return the message, whole (RFC 5322), its unsubscription in one click (RFC 8058)."""
        gettext, settings = self.language.gettext, self.service.workspace.settings
        subject, body = self._edition() if self.mail.edition else self._first()
        leaving = self._link(LEAVE, self.links.leave)
        end = gettext("Pour ne plus recevoir ces courriels et faire effacer votre adresse :")
        message = EmailMessage(policy=SMTP)
        message.set_content("\n\n".join([*filter(None, body), f"-- \n{end}\n{leaving}"]) + "\n", cte="quoted-printable")
        message.policy = POLICY  # of the headers: the lines of the body, which goes through any server, are short
        message["Content-Language"] = self.language.code
        message["Subject"] = subject
        message["From"] = settings.courriel_de
        local, _, domain = self.to.address.rpartition("@")
        message["To"] = Address(username=local, domain=domain)
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = self._identifier()
        message["Auto-Submitted"] = "auto-generated"
        message["List-Unsubscribe"] = f"<{leaving}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return message

    def _first(self) -> tuple[str, list[str]]:
        """Return the title and the paragraphs of the mail to confirm, or of the one that says that it is done."""
        gettext = self.language.gettext
        if self.to.confirmed:
            text = gettext("Vous recevez déjà un courriel à chaque mise à jour de « %(nom)s ».", nom=self.name)
            return gettext("Déjà abonné : %(nom)s", nom=self.name), [text]
        asked = gettext(
            "Vous avez demandé un courriel à chaque mise à jour de « %(nom)s » sur Sanoscope.", nom=self.name
        )
        then = gettext("Pour confirmer, ouvrez cette page et appuyez sur son bouton :")
        else_ = gettext(
            "Sans confirmation d'ici au %(jour)s, votre adresse est effacée ; rien à faire si ce n'était pas vous.",
            jour=self.language.date(self.to.until),
        )
        link = self._link(CONFIRM, self.links.confirm)
        return gettext("Confirmez votre abonnement : %(nom)s", nom=self.name), [asked, f"{then}\n{link}", else_]

    def _edition(self) -> tuple[str, list[str]]:
        """Return the title and the paragraphs of what an edition brings, as the news says it."""
        gettext, to = self.language.gettext, self.to
        update = self._update()
        several = to.subject not in self.service.catalogue.restitutions
        page = self._link(subject_page(to.subject, self.service.catalogue))
        told = [
            gettext("« %(nom)s » est à jour : %(adresse)s", nom=self.name, adresse=page),
            title(update, self.language),
            summary(update, to.subject, self.language) if several else coverage(update, self.language),
            gettext(
                "Ce qu'apporte l'édition : %(adresse)s", adresse=self._link(f"/nouveautes#{quote(self.mail.edition)}")
            ),
        ]
        before = compared.earlier(self.service.editions()).get(self.mail.edition)
        if before:
            changed = self._link(compared.address(before, self.mail.edition, "" if several else to.subject))
            told.append(gettext("Ce qui a changé depuis l'édition %(nom)s : %(adresse)s", nom=before, adresse=changed))
        subject = gettext("Mise à jour : %(nom)s (édition %(edition)s)", nom=self.name, edition=self.mail.edition)
        return subject, told

    def _update(self) -> Update:
        """Return what the edition updates: of it, what has new figures."""
        for update in updates(self.service):
            if update.told.edition == self.mail.edition:
                new = tuple(r for r in update.restitutions if update.told.manifest.renouvelle(r))
                return replace(update, restitutions=new)
        raise ValueError("an edition withdrawn or removed a moment ago")

    def _link(self, path: str, token: str = "") -> str:
        address = self.service.workspace.settings.adresse + self.language.href(path)
        return f"{address}?jeton={token}" if token else address

    def _identifier(self) -> str:
        """Return what names the mail for ever: sent twice, it is one for who receives it."""
        own = f"{self.to.identifier}:{self.mail.edition or self.links.leave}"
        _, _, domain = parseaddr(self.service.workspace.settings.courriel_de)[1].rpartition("@")
        return f"<{hashlib.sha256(own.encode()).hexdigest()[:32]}@{domain or 'sanoscope.invalid'}>"


def invitation(settings: Settings, address: str, name: str, link: str, spoken: Language) -> EmailMessage:
    """Return the message that brings the link of an account."""
    gettext = spoken.gettext
    message = EmailMessage(policy=POLICY)
    message["Content-Language"] = spoken.code
    message["Subject"] = gettext("Votre compte")
    message["From"], message["To"] = settings.courriel_de, address
    message["Auto-Submitted"] = "auto-generated"
    lines = [
        gettext("Un compte est à vous sur Sanoscope, sous le nom « %(nom)s ».", nom=name),
        gettext(
            "Ouvrez cette page dans les sept jours pour choisir comment vous vous connectez ; elle sert une fois :"
        ),
        link,
        gettext("Ne donnez ce lien à personne."),
    ]
    message.set_content("\n\n".join(lines) + "\n", cte="quoted-printable")
    return message
