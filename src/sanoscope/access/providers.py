"""The providers of identities that a workspace admits: ``fournisseurs.toml``, one table a provider.

Their secrets are in none of its keys: each is in the environment, or in a file that its owner alone reads.
"""

import json
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sanoscope.errors import SanoscopeError, suggest
from sanoscope.workspace import Workspace

FILE = "fournisseurs.toml"
"""Where they are, in the workspace; without it there are none."""

KEYS: Mapping[str, Any] = {
    "titre": "Se connecter avec l'ARS",
    "emetteur": "https://identite.exemple.fr/realms/stats",
    "decouverte": "https://identite.exemple.fr/realms/stats/.well-known/openid-configuration",
    "client": "sanoscope",
    "portees": "openid",
    "acr": ["eidas1", "eidas2"],
    "secret_fichier": "/etc/sanoscope/ars.secret",
}
"""The keys of a table, each with a value that it may have."""

DISCOVERY = "/.well-known/openid-configuration"
"""Where a provider says of itself what it is, after its issuer, unless ``decouverte`` has it elsewhere."""

REQUIRED = ("titre", "emetteur", "client")
LONGEST_SECRET = 4096
"""Characters of a secret."""

TAKEN = ("rejoindre", "mot-de-passe", "oubli")
"""Names that no provider may have: ``/connexion/NOM`` is another page."""

_NAME = re.compile(r"[a-z0-9-]{1,40}")
_FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "titre": (re.compile(r"[^\x00-\x1f\x7f]{1,80}"), "1 à 80 caractères"),
    "client": (re.compile(r"[\x20-\x7e]{1,255}"), "l'identifiant que le fournisseur a donné"),
    "portees": (
        re.compile(r"(?:[\x21\x23-\x5b\x5d-\x7e]+ )*openid(?: [\x21\x23-\x5b\x5d-\x7e]+)*"),
        "openid et d'autres",
    ),
    "acr": (re.compile(r"[\x21-\x7e]{1,200}"), 'des niveaux, par exemple ["eidas1", "eidas2"]'),
    "secret_fichier": (re.compile(r"[^\x00]+"), "le chemin d'un fichier"),
}
"""What texts must be like, and how that is said."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of identities.

    Attributes:
        name: names it in addresses and in the state.
        title: what its button says.
        issuer: its URL, as it writes it itself.
        discovery: URL of the document that says where it is asked what.
        client: who this site is to it.
        secret: what proves it.
        scopes: what is asked, separated by spaces; ``openid`` is among them.
        acr: levels that are asked and admitted; none for any.
    """

    name: str
    title: str
    issuer: str
    discovery: str
    client: str
    secret: str = field(repr=False)
    scopes: str = "openid"
    acr: tuple[str, ...] = ()


def providers(workspace: Workspace) -> Mapping[str, Provider]:
    """Return the providers of a workspace by name, in the order of the file; none where there is no file.

    Raises:
        SanoscopeError: ``reglages-illisibles``, ``reglage-inconnu``, ``reglage-invalide``, ``secret-a-part``,
            ``secret-absent``, ``secret-lisible``.
    """
    path = workspace.root / FILE
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SanoscopeError(
            "reglages-illisibles",
            f"{path} ne se lit pas comme du TOML en UTF-8 ({type(error).__name__}).",
            todo="Corrigez-le ou supprimez-le.",
        ) from None  # its message may have a line of the file
    found = {name: _provider(path, name, table) for name, table in tables.items()}
    issuers = [(one.issuer, one.client) for one in found.values()]
    if len(set(issuers)) < len(issuers):
        raise _wrong(path, "Deux fournisseurs ont le même émetteur et le même client.", "Gardez-en un.")
    return found


def variable(name: str) -> str:
    """Return the environment variable that may hold the secret of a provider.

    >>> variable("pro-sante-connect")
    'SANOSCOPE_FOURNISSEUR_PRO_SANTE_CONNECT_SECRET'
    """
    return f"SANOSCOPE_FOURNISSEUR_{name.upper().replace('-', '_')}_SECRET"


def secure(url: object) -> bool:
    """Tell whether a URL is one that secrets may be sent to: https, or http on this very machine."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        host = parts.hostname if parts else None
        if parts is None or host is None or parts.username is not None or parts.fragment:
            return False
        _ = parts.port  # raises where it is none
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _here(host))


def _here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _provider(path: Path, name: str, table: object) -> Provider:
    if name in TAKEN:
        raise _wrong(path, f"« {name} » est déjà une adresse de la connexion.", "Donnez-lui un autre nom.")
    if not _NAME.fullmatch(name) or not isinstance(table, dict):
        raise _wrong(path, f"« {name} » n'est pas le nom d'une table.", "Par exemple : [ars-bretagne]")
    _check(path, name, table)
    return Provider(
        name=name,
        title=table["titre"],
        issuer=table["emetteur"],
        discovery=table.get("decouverte") or f"{table['emetteur'].rstrip('/')}{DISCOVERY}",
        client=table["client"],
        secret=_secret(path, name, table.get("secret_fichier")),
        scopes=table.get("portees", "openid"),
        acr=tuple(table.get("acr", ())),
    )


def _check(path: Path, name: str, table: Mapping[str, Any]) -> None:
    """Refuse a table that has a key that it may not have, a value that its key may not have, or not all of them."""
    if "secret" in table:
        raise SanoscopeError(
            "secret-a-part",
            f"{path} : [{name}] a une clé « secret » : un secret n'est pas écrit dans ce fichier.",
            todo=f"Mettez-le dans la variable {variable(name)}, ou dans un fichier que nomme « secret_fichier ». "
            "Changez-le chez le fournisseur : il a été écrit ici.",
        )
    for key, value in table.items():
        if key not in KEYS:
            raise SanoscopeError(
                "reglage-inconnu", f"{path} : réglage inconnu « {name}.{key} ».", allowed=KEYS, todo=suggest(key, KEYS)
            )
        wanted = type(KEYS[key])
        if type(value) is not wanted or (wanted is list and not all(type(one) is str for one in value)):
            example = f"Par exemple : {key} = {json.dumps(KEYS[key], ensure_ascii=False)}"
            raise _wrong(path, f"{name}.{key} n'est pas du type attendu.", example)
        form, words = _FORMS.get(key, (None, ""))
        if form and not all(form.fullmatch(one) for one in (value if wanted is list else [value])):
            raise _wrong(path, f"{name}.{key} vaut {value!r}.", f"Est attendu : {words}.")
    for key in REQUIRED:
        if key not in table:
            raise _wrong(path, f"{name}.{key} manque.", f"Par exemple : {key} = {json.dumps(KEYS[key])}")
    for key in ("emetteur", "decouverte"):
        url = table.get(key, table["emetteur"])
        if secure(url) and not urlsplit(url).query:
            continue
        raise _wrong(
            path,
            f"{name}.{key} vaut {url!r}.",
            "Est attendue une adresse https, sans ? ni #, telle que le fournisseur l'écrit "
            "(http : sur cette machine seulement).",
        )


def _secret(path: Path, name: str, file: str | None) -> str:
    """Return the secret of a provider: that of the environment, else that of its file."""
    found = os.environ.get(variable(name), "")
    if not found and file:
        found = _read(path, name, path.parent / file)
    if not found or len(found) > LONGEST_SECRET or not (found.isascii() and found.isprintable()):
        raise SanoscopeError(
            "secret-absent",
            f"{path} : le secret de « {name} » manque, ou n'est pas une ligne de texte.",
            todo=f"Mettez-le dans la variable {variable(name)}, ou dans un fichier que nomme « secret_fichier ».",
        )
    return found


def _read(path: Path, name: str, file: Path) -> str:
    """Return what is in a file that its owner alone reads."""
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            if not stat.S_ISREG(mode) or mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise SanoscopeError(
                    "secret-lisible",
                    f"{path} : le secret de « {name} » est dans « {file} », que d'autres que son propriétaire lisent.",
                    todo=f"chmod 600 {file}",
                )
            return opened.read(LONGEST_SECRET + 2).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SanoscopeError(
            "secret-absent",
            f"{path} : le secret de « {name} » ne se lit pas dans « {file} » ({type(error).__name__}).",
            todo="Écrivez-y le secret seul, en une ligne, et donnez-le à qui lance le service.",
        ) from None


def _wrong(path: Path, message: str, todo: str) -> SanoscopeError:
    return SanoscopeError("reglage-invalide", f"{path} : {message}", todo=todo)
