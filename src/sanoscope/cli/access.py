"""``sanoscope access``: accounts, rights, keys of the API, and the journal of what is done with them."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sanoscope.access.reader import ROLES
from sanoscope.access.scope import DOMAINS, PROFILES, Grant, made, perimeter
from sanoscope.cli.common import WorkspaceOption, out, saying, workspace_of
from sanoscope.errors import SanoscopeError

if TYPE_CHECKING:
    from sanoscope.access.accounts import Accounts
    from sanoscope.access.journal import Journal
    from sanoscope.access.requests import Requests

access_app = typer.Typer(
    help="Qui peut voir plus : comptes, droits, clés de l'API ; et le journal.", no_args_is_help=True
)

RoleOption = Annotated[str, typer.Option("--role", help="organisation ou site : ce qu'il administre ; rien sinon.")]

YEAR = 365
"""Days that a right holds, where no end is given."""

DomainsOption = Annotated[str, typer.Option("--domaines", help=f"Parmi {', '.join(DOMAINS)}, par des virgules.")]


@access_app.command("accounts")
def accounts(workspace: WorkspaceOption = None) -> None:
    """Liste les comptes, leurs droits d'aujourd'hui et leurs clés."""
    with saying():
        known, today = _accounts(workspace), datetime.now(UTC).date()
        keys = known.keys()
        for account in known.known():
            closed = f", fermé le {account.closed[:10]}" if account.closed else ""
            role = f", {ROLES[account.role]}" if account.role else ""
            _say(f"{account.name} ({account.organisation}{role}), ouvert le {account.opened[:10]}{closed}")
            for right in known.rights(account.organisation):
                if right.holds(today):
                    _say(f"  droit {right.identifier} : {_grant(right.grant)}, jusqu'au {right.end}")
            for key in keys:
                if key.account == account.identifier:
                    gone = f", révoquée le {key.revoked[:10]}" if key.revoked else ""
                    full = ", version complète" if key.complete else ""
                    _say(f"  clé {key.identifier} : {key.name}, jusqu'au {key.expires}{full}{gone}")


@access_app.command("open")
def open_account(
    name: Annotated[str, typer.Argument(metavar="NOM", help="Le nom du compte.")],
    organisation: Annotated[str, typer.Option("--organisation", help="Celle qui porte ses droits.")],
    address: Annotated[str, typer.Option("--courriel", help="Où il reçoit un lien s'il oublie son mot de passe.")] = "",
    role: RoleOption = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Ouvre un compte. « access invite » lui donne de quoi se connecter, « access key » une clé de l'API."""
    with saying():
        made = _accounts(workspace).open(name, organisation, address=address.strip().lower(), role=role)
        _say(f"Compte « {made.name} » ouvert ; il a les droits de « {made.organisation} ».")


@access_app.command("invite")
def invite(
    name: Annotated[str, typer.Argument(metavar="NOM", help="Le nom du compte.")], workspace: WorkspaceOption = None
) -> None:
    """Fait le lien par lequel un compte choisit son mot de passe et son second facteur, ou les remet tous deux."""
    from sanoscope.access.passwords import JOIN, VALID, Passwords

    with saying():
        place = workspace_of(workspace)
        link = Passwords(place).invite(_accounts(workspace).find(name))
        _say(f"Lien de « {name} » : il sert une fois, en {VALID[JOIN].days} jours, et remplace les précédents.")
        _say(f"{place.settings.adresse}/connexion/rejoindre?jeton={link}")


@access_app.command("role")
def trust(
    name: Annotated[str, typer.Argument(metavar="NOM", help="Le nom du compte.")],
    role: Annotated[str, typer.Argument(metavar="ROLE", help="organisation, site, ou « aucun ».")],
    workspace: WorkspaceOption = None,
) -> None:
    """Dit ce qu'un compte administre : les comptes de son organisation, ou tout le site."""
    with saying():
        wanted = "" if role == "aucun" else role
        _accounts(workspace).trust(name, wanted)
        _say(f"« {name} » : {ROLES[wanted]}.")


@access_app.command("close")
def close(
    name: Annotated[str, typer.Argument(metavar="NOM", help="Le nom du compte.")], workspace: WorkspaceOption = None
) -> None:
    """Ferme un compte : ses clés ne valent plus."""
    with saying():
        _accounts(workspace).close(name)
        _say(f"Compte « {name} » fermé.")


@access_app.command("give")
def give(
    organisation: Annotated[str, typer.Argument(metavar="ORGANISATION", help="L'organisation à qui l'accorder.")],
    profile: Annotated[str, typer.Option("--profil", help=f"Parmi {', '.join(PROFILES)}.")],
    reason: Annotated[str, typer.Option("--motif", help="Pourquoi : le journal le garde.")],
    where: Annotated[
        str, typer.Option("--perimetre", help="france, region:53, departement:29,35, ght:NOM, etablissement:FINESS.")
    ],
    domains: DomainsOption,
    start: Annotated[str, typer.Option("--du", help="AAAA-MM-JJ ; aujourd'hui par défaut.")] = "",
    end: Annotated[str, typer.Option("--au", help="AAAA-MM-JJ compris ; un an par défaut.")] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Accorde un droit à une organisation : un profil, un périmètre, des domaines, un temps."""
    with saying():
        first = _day(start) if start else datetime.now(UTC).date()
        last = _day(end) if end else first + timedelta(days=YEAR)
        grant = made(profile, perimeter(where), _domains(domains))
        given = _accounts(workspace).give(organisation, grant, first, last, reason)
        _say(f"Droit {given.identifier} accordé à « {given.organisation} » : {_grant(grant)}, du {first} au {last}.")


@access_app.command("withdraw")
def withdraw(
    identifier: Annotated[str, typer.Argument(metavar="DROIT", help="Son identifiant.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Retire un droit, tout de suite."""
    with saying():
        _accounts(workspace).withdraw(identifier)
        _say(f"Droit {identifier} retiré.")


@access_app.command("key")
def key(
    account: Annotated[str, typer.Argument(metavar="COMPTE", help="Le nom du compte.")],
    name: Annotated[str, typer.Option("--nom", help="À quoi elle sert.")],
    days: Annotated[int, typer.Option("--jours", help="Jours qu'elle vaut.")] = 90,
    domains: DomainsOption = "",
    complete: Annotated[bool, typer.Option("--complete", help="Elle peut demander la version complète.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Fait une clé de l'API, de tous les domaines du compte ou de moins ; son texte n'est dit qu'une fois."""
    with saying():
        made, text = _accounts(workspace).make_key(
            account, name, days=days, domains=_domains(domains) or DOMAINS, complete=complete
        )
        _say(f"Clé {made.identifier} faite, jusqu'au {made.expires}. Gardez-la, elle ne sera pas redite :")
        _say(text)


@access_app.command("revoke")
def revoke(
    identifier: Annotated[str, typer.Argument(metavar="CLÉ", help="Son identifiant, non son texte.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Révoque une clé, tout de suite."""
    with saying():
        _accounts(workspace).revoke(identifier)
        _say(f"Clé {identifier} révoquée.")


@access_app.command("requests")
def requests(
    every: Annotated[bool, typer.Option("--toutes", help="Celles qui sont décidées aussi.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Liste les demandes de droits qui attendent."""
    with saying():
        known = _requests(workspace)
        from sanoscope.access.requests import STATES

        found = known.of() if every else known.waiting()
        for one in found:
            _say(f"{one.identifier} : {one.name} ({one.organisation}), le {one.asked[:10]}, {STATES[one.state]}")
            _say(f"  {_grant(one.grant)}, du {one.start} au {one.end} : {one.reason}")
            if one.decided:
                _say(f"  le {one.decided[:10]}, par {one.decider}{f' : {one.answer}' if one.answer else ''}")
        if not found:
            _say("Aucune demande." if every else "Aucune demande n'attend.")


RequestArgument = Annotated[str, typer.Argument(metavar="DEMANDE", help="Son identifiant.")]


@access_app.command("approve")
def approve(
    identifier: RequestArgument,
    answer: Annotated[str, typer.Option("--reponse", help="À qui l'a demandé.")] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Accorde le droit d'une demande, tel qu'il est demandé."""
    with saying():
        from sanoscope.access.requests import OPERATING

        right = _requests(workspace).approve(identifier, OPERATING, answer=answer)
        given = f"{_grant(right.grant)}, du {right.start} au {right.end}"
        _say(f"Droit {right.identifier} accordé à « {right.organisation} » : {given}.")


@access_app.command("refuse")
def refuse(
    identifier: RequestArgument,
    answer: Annotated[str, typer.Option("--reponse", help="Pourquoi : qui l'a demandé le lira.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Refuse une demande de droit, et dit pourquoi."""
    with saying():
        from sanoscope.access.requests import OPERATING

        _requests(workspace).refuse(identifier, OPERATING, answer)
        _say(f"Demande {identifier} refusée.")


@access_app.command("why")
def why(
    name: Annotated[str, typer.Argument(metavar="NOM", help="Le nom du compte.")],
    address: Annotated[str, typer.Argument(metavar="ADRESSE", help="D'une restitution ou d'une fiche de ce site.")],
    complete: Annotated[bool, typer.Option("--complet", help="Ce que dirait le service lancé avec --complet.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Dit si un compte a une réponse à une adresse, et pourquoi, droit par droit."""
    from sanoscope.catalogue.load import catalogue
    from sanoscope.query.service import Service
    from sanoscope.web.reasons import why as reasons

    with saying():
        place = workspace_of(workspace)
        known, service = _accounts(workspace), Service(place, catalogue(), complete=complete)
        account = known.find(name)
        told = reasons(service, account, known.rights(account.organisation), address, sites=[place.settings.adresse])
        if told.refused:
            _say(f"Non : {told.refused}")
        elif told.wrong:
            _say(f"La question ne va pas : {told.wrong}")
        else:
            _say("Oui, comme à tous." if told.free else "Oui.")
        if told.needed and not told.free:
            _say(f"Il faut un droit qui a : {' ; '.join(told.needed)}.")
        for right, lacks in () if told.free else told.rights:
            _say(
                f"  droit {right.identifier} : {_grant(right.grant)} : {' ; '.join(lacks) or 'il ouvre cette adresse'}"
            )


@access_app.command("journal")
def journal(
    export: Annotated[
        bool, typer.Option("--export", help="Écrit les lignes sur la sortie, en JSON, une par ligne.")
    ] = False,
    keep: Annotated[
        int, typer.Option("--garder", min=0, help="Retire les lignes de plus de N jours ; 0 : aucune.")
    ] = 0,
    workspace: WorkspaceOption = None,
) -> None:
    """Vérifie le journal, ligne à ligne, et dit son dernier sceau : notez-le ailleurs."""
    with saying():
        kept = _journal(workspace)
        if keep:
            gone = kept.forget(datetime.now(UTC) - timedelta(days=keep))
            _say(f"{gone} lignes de plus de {keep} jours retirées.")
        lines, seal = kept.verify()
        if not export:
            _say(f"Journal intact : {lines} lignes. Dernier sceau : {seal}")
            return
        for line in kept.lines():
            typer.echo(json.dumps(line.document(), ensure_ascii=False))


def _accounts(workspace: Path | None) -> "Accounts":
    from sanoscope.access.accounts import Accounts

    return Accounts(workspace_of(workspace))


def _requests(workspace: Path | None) -> "Requests":
    from sanoscope.access.requests import Requests

    return Requests(workspace_of(workspace))


def _journal(workspace: Path | None) -> "Journal":
    from sanoscope.access.journal import Journal

    return Journal(workspace_of(workspace))


def _domains(text: str) -> tuple[str, ...]:
    wanted = tuple(part.strip() for part in text.split(",") if part.strip())
    for name in wanted:
        if name not in DOMAINS:
            raise SanoscopeError("droit-invalide", f"« {name} » n'est pas un domaine.", allowed=[*DOMAINS])
    return wanted


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SanoscopeError("droit-invalide", f"« {text} » n'est pas un jour.", todo="Écrivez AAAA-MM-JJ.") from error


def _grant(grant: Grant) -> str:
    return f"{PROFILES[grant.profile]}, {grant.perimeter}, {', '.join(DOMAINS[name] for name in sorted(grant.domains))}"


def _say(text: str) -> None:
    out.print(text, highlight=False, markup=False)
