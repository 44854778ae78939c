"""A workspace: the directory that holds settings, reference tables, store, quarantine and editions."""

import fcntl
import json
import os
import re
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from sanoscope.errors import NotFoundError, SanoscopeError, suggest

SETTINGS_FILE = "sanoscope.toml"
LOCK = ".verrou"
UNFINISHED = ".en-cours-"
"""Beginning of the names of what is being written; only `alone` removes what is left of them."""

LEVELS = {"detail": 10, "info": 20, "alerte": 30, "erreur": 40}
"""What a log may be kept to, by its name in the settings: levels of `logging`."""

FORMATS = ("auto", "json", "texte")
"""How a log may be written."""

LICENCES = ("", "etalab-2.0", "CC-BY-4.0", "CC-BY-SA-4.0", "ODbL-1.0")
"""What the figures may be published under, by SPDX identifier; "" for what is not said."""

DEFAULT_SETTINGS = """\
# Réglages de cet espace de travail Sanoscope. Chacun est facultatif : la valeur écrite est celle par défaut.

[masquage]
# Un effectif de personnes compris entre 1 et ce seuil moins un n'est jamais montré (demande de la CNIL : 11).
seuil = 11
# Montrer une estimation (« ≈ 1 230 ») là où le chiffre exact trahirait un petit effectif ; sinon « s. » (secret).
approche = true

[moteur]
# Mémoire que DuckDB peut employer, et nombre de processeurs.
memoire = "4GB"
processus = 2

[etat]
# Où est ce que les lecteurs laissent (paniers, abonnements). Vide : state.db, dans cet espace de travail ; ou
# « postgresql://UTILISATEUR@HOTE/BASE ». La variable SANOSCOPE_ETAT_URL l'emporte : le mot de passe y est mieux qu'ici.
url = ""

[service]
# Adresse et port de « sanoscope serve ».
hote = "127.0.0.1"
port = 8000
# Durée d'une question, en secondes, et mémoire que DuckDB peut employer pour répondre d'un champ d'une édition.
duree_question = 30
memoire_question = "2GB"
# Requêtes au travail à la fois, par processus ; requêtes qui attendent leur tour, et combien de secondes au plus.
requetes = 16
requetes_en_attente = 64
attente = 10
# Réseaux d'où se lisent les mesures (/metrics), séparés par des virgules ; vide : de nulle part.
metriques = "127.0.0.0/8, ::1/128"
# Adresse publique du site, pour les liens des courriels : "https://stats.exemple.fr". Vide : pas d'abonnement.
adresse = ""
# Paniers que l'on peut enregistrer depuis une même adresse, par heure ; abonnements que l'on peut y demander.
paniers_par_heure = 30
abonnements_par_heure = 10
# Extractions qu'un même lecteur peut demander par heure ; extractions qui peuvent attendre leur tour ou se faire.
extractions_par_heure = 20
extractions_en_attente = 50
# Extractions qui se font à la fois, tous processus confondus ; mégaoctets que tous leurs fichiers peuvent prendre.
extractions_a_la_fois = 1
extractions_mo = 2048
# Connexions et clés de l'API refusées que l'on admet d'une même adresse, ou pour un même compte, par heure.
essais_par_heure = 20
# Une session finit après tant de minutes sans servir, et après tant d'heures de toute façon.
session_inactive = 30
session_duree = 12
# À qui signaler une faille, dit par /.well-known/security.txt : "mailto:…" ou "https://…". Vide : il n'y est pas.
securite_contact = ""
# Ce que les catalogues (DCAT-AP) et les citations disent : qui publie les chiffres, comment le joindre ("mailto:…" ou
# "https://…"), et la licence de réutilisation de ses chiffres : "etalab-2.0" (Licence Ouverte), "CC-BY-4.0",
# "CC-BY-SA-4.0", "ODbL-1.0", ou vide si elle n'est pas dite. Une source publiée garde la sienne.
editeur = "Sanoscope"
contact = ""
licence = "etalab-2.0"

[journal]
# Ce que le journal dit : "detail", "info", "alerte" ou "erreur", et ce qui est plus grave.
niveau = "info"
# Comment il l'écrit sur la sortie d'erreur : "json", "texte", ou "auto" (texte sur un terminal, JSON ailleurs).
format = "auto"

[reception]
# Taille, en octets, des blocs lus d'un fichier : la mémoire prise ne dépend que d'elle.
bloc = 16777216
# Une archive dont un membre dépasse ce facteur de décompression est refusée (bombe de décompression).
facteur_decompression = 200

[rafraichissement]
# Dossier où les fichiers sont déposés, relu par « sanoscope refresh » ; ou une adresse : s3://…, sftp://…
depot = ""
# Éditions publiées que l'on garde, outre celle qui est servie.
garder = 4
# Jours pendant lesquels une édition publiée, ou construite, est gardée de toute façon.
jours = 370
# Courriels, aux abonnés et du compte rendu : le serveur (HOTE ou HOTE:PORT), "", "starttls" ou "tls", l'expéditeur.
# SANOSCOPE_COURRIEL_UTILISATEUR et SANOSCOPE_COURRIEL_MOT_DE_PASSE sont pour un serveur qui les demande.
courriel_serveur = ""
courriel_chiffrement = ""
courriel_de = ""
# À qui va le compte rendu : adresses séparées par des virgules.
courriel_pour = ""
# Adresse à laquelle le compte rendu est envoyé en JSON (POST).
webhook = ""
"""

FORMS = {
    "adresse": (
        re.compile(r"|https?://[^\s/?#]+(/[^\s?#]*[^\s/?#])?"),
        ("https://HOTE", "https://HOTE/CHEMIN, sans / à la fin"),
    ),
    "securite_contact": (re.compile(r"|mailto:[^\s@]+@[^\s@]+|https://\S+"), ("mailto:NOM@HOTE", "https://HOTE/PAGE")),
    "contact": (re.compile(r"|mailto:[^\s@]+@[^\s@]+|https://\S+"), ("mailto:NOM@HOTE", "https://HOTE/PAGE")),
    "courriel_chiffrement": (re.compile(r"|starttls|tls"), ("starttls", "tls")),
}
"""What some texts must be like, and how that is said."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of sanoscope.toml, checked.

    Attributes:
        seuil: smallest count of people that may be shown (persons).
        approche: whether an estimate is shown where an exact figure would give a small count away.
        memoire: DuckDB's memory limit, e.g. ``"4GB"``.
        processus: threads and processes to use.
        url: where the state is; "" for ``state.db``.
        hote: address to serve on.
        port: TCP port to serve on.
        duree_question: how long a question may take (seconds).
        memoire_question: DuckDB's memory limit to answer from one field of an edition, e.g. ``"2GB"``.
        requetes: most requests at work at once in a process; ``requetes_en_attente``: most that wait for their turn.
        attente: how long a request waits for its turn (seconds).
        metriques: networks that may read ``/metrics``, separated by commas; "" for none.
        niveau: least level that is logged; a key of `LEVELS`.
        format: how the log is written: ``json``, ``texte`` or ``auto``.
        adresse: public address of the site, without a last slash, for the links of mails; "" for none.
        paniers_par_heure, abonnements_par_heure: most baskets saved, and subscriptions asked, from one address in an
            hour; ``essais_par_heure``: most refusals of who signs in or shows a key, by address and by account.
        extractions_par_heure: most extractions asked by one reader in an hour; ``extractions_en_attente``: most that
            wait or are at work; ``extractions_a_la_fois``: most at work at once.
        extractions_mo: room that all their files may take (MB, 10⁶ bytes).
        session_inactive, session_duree: when a session ends, unused (minutes), and in any case (hours).
        securite_contact: whom a weakness is told, as a ``mailto:`` or ``https:`` address; "" for nobody.
        editeur, contact: who publishes the figures, and a ``mailto:`` or ``https:`` address to reach it, "" for none;
            ``licence``: what they may be used for, one of `LICENCES`.
        bloc: size of the blocks in which files are read (bytes).
        facteur_decompression: largest accepted ratio of decompressed to compressed size.
        depot: drop folder, or its URL; "" for none.
        garder: published editions kept besides the one that is served.
        jours: how long an edition is kept in any case (days).
        courriel_serveur, courriel_de: SMTP server and sender of mails; "" for none.
        courriel_chiffrement: how the server is spoken to: "" for in clear, ``starttls`` or ``tls``.
        courriel_pour: to whom the report goes by mail; "" for none.
        webhook: where the report is posted; "" for nowhere.
    """

    seuil: int = 11
    approche: bool = True
    memoire: str = "4GB"
    processus: int = 2
    url: str = ""
    hote: str = "127.0.0.1"
    port: int = 8000
    duree_question: int = 30
    memoire_question: str = "2GB"
    requetes: int = 16
    requetes_en_attente: int = 64
    attente: int = 10
    metriques: str = "127.0.0.0/8, ::1/128"
    niveau: str = "info"
    format: str = "auto"
    adresse: str = ""
    paniers_par_heure: int = 30
    abonnements_par_heure: int = 10
    extractions_par_heure: int = 20
    extractions_en_attente: int = 50
    extractions_a_la_fois: int = 1
    extractions_mo: int = 2048
    essais_par_heure: int = 20
    session_inactive: int = 30
    session_duree: int = 12
    securite_contact: str = ""
    editeur: str = "Sanoscope"
    contact: str = ""
    licence: str = "etalab-2.0"
    bloc: int = 16 * 1024 * 1024
    facteur_decompression: int = 200
    depot: str = ""
    garder: int = 4
    jours: int = 370
    courriel_serveur: str = ""
    courriel_chiffrement: str = ""
    courriel_de: str = ""
    courriel_pour: str = ""
    webhook: str = ""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A directory laid out as DESIGN §8 says. Paths only: each room reads and writes its own part."""

    root: Path
    settings: Settings

    @property
    def reference(self) -> Path:
        """Plain reference tables (CSV)."""
        return self.root / "reference"

    @property
    def store(self) -> Path:
        """Typed Parquet by field, year, establishment and transmission."""
        return self.root / "store"

    @property
    def quarantine(self) -> Path:
        """Refused lines and files, with reasons."""
        return self.root / "quarantine"

    @property
    def editions(self) -> Path:
        """One directory an edition, and the pointer ``current``."""
        return self.root / "editions"

    @property
    def operations(self) -> Path:
        """What refreshing leaves: its journal, its reports, what it knows of the drop folder."""
        return self.root / "rafraichissement"

    @property
    def extractions(self) -> Path:
        """The files of large extractions, as long as they are kept: nothing else depends on them."""
        return self.root / "extractions"

    @property
    def calendar(self) -> Path:
        """Updates that the operator announces (CSV); no figure depends on it."""
        return self.root / "calendrier.csv"

    @property
    def state(self) -> Path:
        """What readers leave here (SQLite), where the settings do not have it elsewhere."""
        return self.root / "state.db"


@contextmanager
def alone(directory: Path, work: str) -> Iterator[None]:
    """Hold a directory of a workspace for one piece of work at a time.

    Args:
        directory: ``store`` or ``editions``; what a killed piece of work left there (``.en-cours-*``) is removed.
        work: what it is called in the error, e.g. « réception ».

    Raises:
        SanoscopeError: ``deja-en-cours``: another process holds it.
    """
    made(directory)
    with (directory / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"Une autre {work} est en cours dans cet espace de travail."
            raise SanoscopeError("deja-en-cours", message, todo="Attendez sa fin, puis relancez.") from error
        for left in directory.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield


def put(path: Path, text: str) -> None:
    """Write a file that is on the disk, whole, before it takes its name, and has it on the disk once it returns."""
    made(path.parent)
    unfinished = path.with_name(f"{path.name}.en-cours")
    unfinished.write_text(text, encoding="utf-8")
    appear(unfinished, path)


def appear(work: Path, target: Path) -> None:
    """Give a finished file or directory its name, so that a power cut leaves it whole under it, or not there.

    Args:
        work: it, under the name it was written with; all of it is on the disk before it is renamed.
        target: its name, on the disk once this returns. A file of this name goes; its directory is made if needed.

    Raises:
        OSError: ``target`` is a directory that is not empty.
    """
    made(target.parent)
    settle(work)
    work.replace(target)
    sync(target.parent)


def share(file: Path, target: Path) -> None:
    """Give a file that nobody writes to any more a second name, so that it takes no more room; else copy it."""
    try:
        os.link(file, target)
    except FileNotFoundError:
        raise
    except OSError:  # two disks, or one without links
        shutil.copy2(file, target)


def settle(path: Path) -> None:
    """Wait until a file, or a directory with all that it holds, is on the disk."""
    if path.is_symlink():
        return
    for inside in path.iterdir() if path.is_dir() else ():
        settle(inside)
    sync(path)


def sync(path: Path) -> None:
    """Wait until the bytes of a file, or the names in a directory, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def made(directory: Path) -> Path:
    """Return a directory that is there, with its parents, their names on the disk."""
    if not directory.is_dir():
        above = made(directory.parent)
        directory.mkdir(exist_ok=True)
        sync(above)
    return directory


def create(directory: Path) -> Workspace:
    """Make a workspace in directory (created if needed); an existing one is left as it is.

    Raises:
        SanoscopeError: the path exists and is not a directory.
    """
    if directory.exists() and not directory.is_dir():
        raise SanoscopeError(
            "espace-impossible", f"« {directory} » existe et n'est pas un dossier.", todo="Choisissez un autre nom."
        )
    directory.mkdir(parents=True, exist_ok=True)
    settings = directory / SETTINGS_FILE
    if not settings.exists():
        put(settings, DEFAULT_SETTINGS)
    for name in ("reference", "store", "quarantine", "editions"):
        made(directory / name)
    return load(directory)


def find(start: Path | None = None) -> Workspace:
    """Return the workspace of start (default: the current directory) or of its nearest ancestor.

    Raises:
        NotFoundError: none of them holds ``sanoscope.toml``.
    """
    here = (start or Path.cwd()).resolve()
    for directory in (here, *here.parents):
        if (directory / SETTINGS_FILE).is_file():
            return load(directory)
    raise NotFoundError(
        "espace-introuvable",
        f"Aucun espace de travail dans « {here} » ni au-dessus (un dossier qui contient {SETTINGS_FILE}).",
        todo="Créez-en un avec « sanoscope init DOSSIER », ou donnez le sien par --workspace DOSSIER.",
    )


def load(directory: Path) -> Workspace:
    """Return the workspace held by directory.

    Raises:
        NotFoundError: directory has no ``sanoscope.toml``.
        SanoscopeError: a setting is unknown or of the wrong type.
    """
    path = directory / SETTINGS_FILE
    if not path.is_file():
        raise NotFoundError(
            "espace-introuvable",
            f"« {directory} » n'est pas un espace de travail : {SETTINGS_FILE} y manque.",
            todo=f"Créez-le avec « sanoscope init {directory} ».",
        )
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SanoscopeError(
            "reglages-illisibles", f"{path} n'est pas du TOML en UTF-8 : {error}.", todo="Corrigez-le ou supprimez-le."
        ) from error
    return Workspace(root=directory.resolve(), settings=_checked(tables, path))


def _checked(tables: dict[str, Any], path: Path) -> Settings:
    expected = tomllib.loads(DEFAULT_SETTINGS)
    values: dict[str, Any] = {}
    for section, entries in tables.items():
        if section not in expected or not isinstance(entries, dict):
            raise _unknown(f"[{section}]", [f"[{name}]" for name in expected], path)
        for name, value in entries.items():
            if name not in expected[section]:
                raise _unknown(name, list(expected[section]), path)
            wanted = type(expected[section][name])
            if type(value) is not wanted:
                raise SanoscopeError(
                    "reglage-invalide",
                    f"{path} : {section}.{name} vaut {value!r}, il doit être de type {wanted.__name__}.",
                    todo=f"Par exemple : {name} = {json.dumps(expected[section][name])}",
                )
            if wanted is int and value < 1:
                raise SanoscopeError("reglage-invalide", f"{path} : {section}.{name} vaut {value}, il doit être ≥ 1.")
            _check_text(path, section, name, value)
            values[name] = value
    return Settings(**values)


def _check_text(path: Path, section: str, name: str, value: Any) -> None:
    """Refuse a text that its setting does not admit."""
    allowed = {"niveau": tuple(LEVELS), "format": FORMATS, "licence": LICENCES}.get(name, ())
    if allowed and value not in allowed:
        raise SanoscopeError(
            "reglage-invalide", f"{path} : {section}.{name} vaut {value!r}, qui n'est pas admis.", allowed=allowed
        )
    form, forms = FORMS.get(name, (None, ()))
    if form and not form.fullmatch(value):
        raise SanoscopeError(
            "reglage-invalide",
            f"{path} : {section}.{name} vaut {value!r}, qui n'est pas de la forme attendue.",
            allowed=('""', *forms),
        )
    if name == "metriques":
        try:
            networks(value)
        except ValueError as error:
            raise SanoscopeError(
                "reglage-invalide",
                f"{path} : {section}.{name} vaut {value!r}, qui n'est pas une suite de réseaux.",
                todo='Par exemple : metriques = "127.0.0.0/8, 10.0.0.0/24"',
            ) from error


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks of a setting, separated by commas.

    Raises:
        ValueError: one of them is none.
    """
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def _unknown(name: str, allowed: list[str], path: Path) -> SanoscopeError:
    return SanoscopeError(
        "reglage-inconnu", f"{path} : réglage inconnu « {name} ».", allowed=allowed, todo=suggest(name, allowed)
    )
